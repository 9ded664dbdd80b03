//! What stands in `Authorization`.

use http::{header::AUTHORIZATION, request::Parts};

use crate::{
    domain::{
        Timestamp,
        agent::Agent,
        session::{Access, Identity},
    },
    http::{ApiError, agent::agent_of},
    ports::tokens::TokenVerifier,
};

/// What a request says of who it is from.
#[derive(Debug, Clone)]
pub(in crate::http) enum Presented {
    /// Nothing.
    Nothing,
    /// The name of a scheme without a token.
    EmptyToken,
    /// Something that is no token of ours.
    BadToken,
    /// A token that we issued and that has not expired, and the kind of client that brings it.
    Token(String, Access, Agent),
}

impl Presented {
    /// What stands in `Authorization: Token …` or `Bearer …`.
    pub(in crate::http) fn by(parts: &Parts, tokens: &dyn TokenVerifier, now: Timestamp) -> Self {
        let Some(value) = parts.headers.get(AUTHORIZATION) else { return Self::Nothing };
        let Ok(value) = value.to_str().map(str::trim) else { return Self::BadToken };
        if value.is_empty() {
            return Self::Nothing;
        }
        let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
        let known = ["token", "bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
        match token.trim() {
            "" if known => Self::EmptyToken,
            token if known => match tokens.verify(token, now) {
                Some(access) => Self::Token(token.to_owned(), access, agent_of(&parts.headers)),
                None => Self::BadToken,
            },
            _ => Self::BadToken,
        }
    }

    /// Whom the token names.
    pub(in crate::http) fn identity(&self) -> Option<Identity> {
        match self {
            Self::Token(_, access, _) => Some(access.identity),
            Self::Nothing | Self::EmptyToken | Self::BadToken => None,
        }
    }

    /// Whether what came along, if anything did, may be somebody's.
    pub(in crate::http) fn is_acceptable(&self) -> bool {
        matches!(self, Self::Nothing | Self::Token(..))
    }

    /// The token, if one came along that is good for its form.
    pub(super) fn token(&self) -> Result<Option<(&str, &Access, &Agent)>, ApiError> {
        match self {
            Self::Nothing => Ok(None),
            Self::EmptyToken => Err(ApiError::TokenMissing),
            Self::BadToken => Err(ApiError::TokenInvalid),
            Self::Token(token, access, agent) => Ok(Some((token, access, agent))),
        }
    }
}
