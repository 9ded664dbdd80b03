//! Who is asking. A token is verified here and its session asked for: one round trip to the cache, or else to the table.

use std::{sync::Arc, time::Duration};

use axum::extract::{FromRef, FromRequestParts};
use http::{header::AUTHORIZATION, request::Parts};

use super::ApiError;
use crate::{
    accounts,
    domain::session::{Identity, SessionState},
    ports::{
        StoreError,
        sessions::{SessionCache, SessionStates},
        system::System,
        tokens::TokenVerifier,
    },
    telemetry::chain,
};

/// How long it is remembered that there is no such session any more.
const REMEMBER_ENDED: Duration = Duration::from_secs(60);

/// Lets in whoever holds a token of a live session.
#[derive(Clone)]
pub struct Gate {
    /// Checks tokens.
    pub tokens: Arc<dyn TokenVerifier>,
    /// Knows most sessions.
    pub cache: Arc<dyn SessionCache>,
    /// Knows all sessions.
    pub sessions: Arc<dyn SessionStates>,
    /// Knows the time.
    pub system: Arc<dyn System>,
}

impl Gate {
    async fn admit(&self, token: &str) -> Result<Identity, ApiError> {
        let identity = self.tokens.verify(token, self.system.now()).ok_or(ApiError::TokenInvalid)?;
        match self.state(identity).await? {
            SessionState::Live => Ok(identity),
            SessionState::Ended => Err(ApiError::TokenInvalid),
        }
    }

    /// From the cache; where that knows nothing or is away, from the table.
    async fn state(&self, identity: Identity) -> Result<SessionState, StoreError> {
        let cache = self.cache.get(identity.session_id).await;
        if let Ok(Some(state)) = cache {
            return Ok(state);
        }
        let state = self.sessions.state(identity, self.system.now()).await?;
        let ttl = if state == SessionState::Live { accounts::REMEMBER } else { REMEMBER_ENDED };
        let remembered = match cache {
            Ok(_) => self.cache.remember(identity.session_id, state, ttl).await,
            Err(away) => Err(away),
        };
        if let Err(error) = remembered {
            tracing::warn!(error = chain(&error), "the session was read from the table");
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

impl<S: Sync> FromRequestParts<S> for Viewer
where
    Gate: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let token = token(parts)?.ok_or(ApiError::TokenMissing)?.to_owned();
        let identity = Gate::from_ref(state).admit(&token).await?;
        // For what comes after and depends on who asks, such as an idempotency key.
        parts.extensions.insert(identity);
        Ok(Self { identity, token })
    }
}

/// Whoever asks, if they are logged in. Where nobody knows whether they are, they are treated as if they were not.
///
/// # Errors
/// 401 with a bad token or with one of an ended session.
#[derive(Clone)]
pub struct MaybeViewer(pub Option<Identity>);

impl<S: Sync> FromRequestParts<S> for MaybeViewer
where
    Gate: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Some(token) = token(parts)? else { return Ok(Self(None)) };
        match Gate::from_ref(state).admit(token).await {
            Ok(identity) => Ok(Self(Some(identity))),
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

impl<S: Sync> FromRequestParts<S> for TokenHolder
where
    Arc<dyn TokenVerifier>: FromRef<S>,
    Arc<dyn System>: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let token = token(parts)?.ok_or(ApiError::TokenMissing)?;
        let now = <Arc<dyn System>>::from_ref(state).now();
        <Arc<dyn TokenVerifier>>::from_ref(state).verify(token, now).map(Self).ok_or(ApiError::TokenInvalid)
    }
}

/// The token of `Authorization: Token …` or `Bearer …`; `None` if the header is absent or empty.
fn token(parts: &Parts) -> Result<Option<&str>, ApiError> {
    let Some(value) = parts.headers.get(AUTHORIZATION) else { return Ok(None) };
    let value = value.to_str().map_err(|_| ApiError::TokenInvalid)?.trim();
    if value.is_empty() {
        return Ok(None);
    }
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    let known = ["token", "bearer"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    match token.trim() {
        "" if known => Err(ApiError::TokenMissing),
        token if known => Ok(Some(token)),
        _ => Err(ApiError::TokenInvalid),
    }
}
