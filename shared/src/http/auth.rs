//! Who is asking. The entrance has verified the token and asked the cache for its session; where that knows nothing, the table is
//! asked here, once a handler wants to know.

use std::{sync::Arc, time::Duration};

use axum::extract::FromRequestParts;
use http::{header::AUTHORIZATION, request::Parts};

use super::{ApiError, entrance::Entrance};
use crate::{
    accounts,
    domain::{
        Timestamp,
        session::{Identity, SessionState},
    },
    ports::tokens::TokenVerifier,
    telemetry::chain,
};

/// How long it is remembered that there is no such session any more.
const REMEMBER_ENDED: Duration = Duration::from_secs(60);

/// What a request says of who it is from.
#[derive(Debug, Clone)]
pub(super) enum Presented {
    /// Nothing.
    Nothing,
    /// The name of a scheme without a token.
    EmptyToken,
    /// Something that is no token of ours.
    BadToken,
    /// A token that we issued and that has not expired.
    Token(String, Identity),
}

impl Presented {
    /// What stands in `Authorization: Token …` or `Bearer …`.
    pub(super) fn by(parts: &Parts, tokens: &dyn TokenVerifier, now: Timestamp) -> Self {
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
                Some(access) => Self::Token(token.to_owned(), access.identity),
                None => Self::BadToken,
            },
            _ => Self::BadToken,
        }
    }

    /// Whom the token names.
    pub(super) fn identity(&self) -> Option<Identity> {
        match self {
            Self::Token(_, identity) => Some(*identity),
            Self::Nothing | Self::EmptyToken | Self::BadToken => None,
        }
    }

    /// The token, if one came along that is good for its form.
    fn token(&self) -> Result<Option<(&str, Identity)>, ApiError> {
        match self {
            Self::Nothing => Ok(None),
            Self::EmptyToken => Err(ApiError::TokenMissing),
            Self::BadToken => Err(ApiError::TokenInvalid),
            Self::Token(token, identity) => Ok(Some((token, *identity))),
        }
    }
}

/// What the entrance learnt of who is asking.
#[derive(Clone)]
pub(super) struct Admission(Arc<Learnt>);

struct Learnt {
    entrance: Entrance,
    presented: Presented,
    /// What the cache knows of the token's session.
    session: Option<SessionState>,
    /// Whether the cache is away.
    away: bool,
}

impl Admission {
    pub(super) fn new(entrance: Entrance, presented: Presented, session: Option<SessionState>, away: bool) -> Self {
        Self(Arc::new(Learnt { entrance, presented, session, away }))
    }

    fn of(parts: &Parts) -> Result<Self, ApiError> {
        let learnt = parts.extensions.get().cloned();
        learnt.ok_or_else(|| ApiError::Internal("a handler asks who is there, and its function has no entrance".into()))
    }

    /// Whoever holds a token of a live session.
    async fn viewer(&self) -> Result<Option<Viewer>, ApiError> {
        let Some((token, identity)) = self.0.presented.token()? else { return Ok(None) };
        match self.state(identity).await? {
            SessionState::Live => Ok(Some(Viewer { identity, token: token.to_owned() })),
            SessionState::Ended => Err(ApiError::TokenInvalid),
        }
    }

    /// From the cache; where that knows nothing or is away, from the table.
    async fn state(&self, identity: Identity) -> Result<SessionState, ApiError> {
        let Learnt { entrance, session, away, .. } = &*self.0;
        if let Some(state) = session {
            return Ok(*state);
        }
        let sessions = entrance.sessions.as_ref();
        let sessions = sessions.ok_or_else(|| ApiError::Internal("the function may not read sessions".into()))?;
        let state = sessions.state(identity, entrance.system.now()).await?;
        if !away {
            let ttl = if state == SessionState::Live { accounts::REMEMBER } else { REMEMBER_ENDED };
            if let Err(error) = entrance.cache.remember(identity.session_id, state, ttl).await {
                tracing::warn!(error = chain(&error), "the session is not remembered");
            }
        }
        Ok(state)
    }
}

/// Whoever asks, logged in.
///
/// # Errors
/// 401 without a token, with a bad one, or with one of an ended session; 503 if nobody knows.
#[derive(Clone)]
pub struct Viewer {
    /// The user and the session.
    pub identity: Identity,
    /// The token as it came.
    pub token: String,
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let viewer = Admission::of(parts)?.viewer().await?.ok_or(ApiError::TokenMissing)?;
        // For what comes after and depends on who asks, such as an idempotency key.
        parts.extensions.insert(viewer.identity);
        Ok(viewer)
    }
}

/// Whoever asks, if they are logged in. Where nobody knows whether they are, they are treated as if they were not.
///
/// # Errors
/// 401 with a bad token or with one of an ended session.
#[derive(Clone)]
pub struct MaybeViewer(pub Option<Identity>);

impl<S: Sync> FromRequestParts<S> for MaybeViewer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match Admission::of(parts)?.viewer().await {
            Ok(viewer) => Ok(Self(viewer.map(|viewer| viewer.identity))),
            Err(ApiError::Unavailable(error)) => {
                tracing::warn!(error = chain(&error), "nobody knows the session: read as a stranger");
                Ok(Self(None))
            }
            Err(error) => Err(error),
        }
    }
}

/// Whoever's token it is, whether or not its session is still live: enough to end that session.
///
/// # Errors
/// 401 without a token or with a bad one.
#[derive(Clone)]
pub struct TokenHolder(pub Identity);

impl<S: Sync> FromRequestParts<S> for TokenHolder {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let admission = Admission::of(parts)?;
        let (_, identity) = admission.0.presented.token()?.ok_or(ApiError::TokenMissing)?;
        Ok(Self(identity))
    }
}
