//! Who is asking. The entrance has verified the token and asked the cache for its session; where that knows nothing, the tables are
//! asked here, once a handler wants to know.

mod presented;

use std::{
    convert::Infallible,
    sync::{Arc, OnceLock},
};

use axum::{
    extract::FromRequestParts,
    response::{IntoResponseParts, Response, ResponseParts},
};
use http::{StatusCode, request::Parts};

pub(super) use self::presented::Presented;
use super::{ApiError, entrance::Entrance};
use crate::{
    domain::{
        Timestamp, UserId,
        policy::{Action, Refusal},
        session::{Access, Identity, LiveSession, SessionState},
        user::Role,
    },
    ports::{sessions::SessionStates, tokens::TokenSigner},
    telemetry::chain,
};

/// What a function needs whose handlers ask who is there.
#[derive(Clone)]
pub struct KnownSessions {
    /// Knows all sessions.
    pub states: Arc<dyn SessionStates>,
    /// Signs the tokens that take the place of ageing ones.
    pub signer: Arc<dyn TokenSigner>,
}

/// Goes along with an answer that has ended the session of whoever asked: nothing takes the place of its token.
#[derive(Debug, Clone, Copy)]
pub struct SessionEnded;

impl IntoResponseParts for SessionEnded {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// Whether answers of this status bring the next token along, if the one that came is good and ages. What is refused for other
/// reasons than the token does not make the token worse. 401 and 429 tell the client to stop, and after a fault nobody knows
/// whether the session still lives: it may have been the session's end that failed half-way.
pub fn renews(status: StatusCode) -> bool {
    let stops = [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS].contains(&status);
    status.is_success() || status.is_client_error() && !stops
}

/// What the entrance learnt of who is asking.
#[derive(Clone)]
pub(super) struct Admission(Arc<Learnt>);

struct Learnt {
    entrance: Arc<Entrance>,
    presented: Presented,
    now: Timestamp,
    /// What the cache knows of the token's session.
    session: Option<SessionState>,
    /// Whether the cache is away.
    away: bool,
    /// The token that takes the place of one that ages.
    renewed: OnceLock<String>,
}

impl Admission {
    pub(super) fn new(
        entrance: Arc<Entrance>,
        presented: Presented,
        session: Option<SessionState>,
        away: bool,
        now: Timestamp,
    ) -> Self {
        Self(Arc::new(Learnt { entrance, presented, now, session, away, renewed: OnceLock::new() }))
    }

    fn of(parts: &Parts) -> Result<Self, ApiError> {
        let learnt = parts.extensions.get().cloned();
        learnt.ok_or_else(|| ApiError::Internal("a handler asks who is there, and its function has no entrance".into()))
    }

    /// The token that goes along with the answer, if whoever asked was found to need one.
    pub(super) fn renewed(&self, answer: &Response) -> Option<&str> {
        let goes_along = renews(answer.status()) && answer.extensions().get::<SessionEnded>().is_none();
        self.0.renewed.get().filter(|_| goes_along).map(String::as_str)
    }

    /// Whoever holds a token of a live session that this kind of client began.
    async fn viewer(&self) -> Result<Option<Viewer>, ApiError> {
        let Some((token, access, agent)) = self.0.presented.token()? else { return Ok(None) };
        let identity = access.identity;
        if identity.ends_at() <= self.0.now {
            return Err(ApiError::TokenInvalid);
        }
        match self.state(identity).await? {
            SessionState::Live(LiveSession { browser, role, .. }) if browser == agent.browser => {
                let token = self.renew(access).unwrap_or(token).to_owned();
                Ok(Some(Viewer { identity, role, token, now: self.0.now }))
            }
            SessionState::Live(_) | SessionState::Ended => Err(ApiError::TokenInvalid),
        }
    }

    /// A new token of the same session, if this one ages.
    fn renew(&self, access: &Access) -> Option<&str> {
        let Learnt { entrance, now, renewed, .. } = &*self.0;
        let sessions = entrance.sessions.as_ref().filter(|_| access.is_ageing(*now))?;
        if renewed.get().is_none() {
            match sessions.signer.sign(access.identity, *now) {
                Ok(token) => drop(renewed.set(token)),
                // The one that came is good still.
                Err(error) => tracing::error!(error = chain(&error), "a token is not renewed"),
            }
        }
        renewed.get().map(String::as_str)
    }

    /// From the cache; where that knows nothing or is away, from the tables.
    async fn state(&self, identity: Identity) -> Result<SessionState, ApiError> {
        let Learnt { entrance, session, away, now, .. } = &*self.0;
        if let Some(state) = session {
            return Ok(state.clone());
        }
        let sessions = entrance.sessions.as_ref();
        let sessions = sessions.ok_or_else(|| ApiError::Internal("the function may not read sessions".into()))?;
        let state = sessions.states.state(identity, *now).await?;
        if !away && let Err(error) = entrance.cache.remember(identity, &state, *now).await {
            tracing::warn!(error = chain(&error), "the session is not remembered");
        }
        Ok(state)
    }
}

/// Whoever asks, logged in.
///
/// # Errors
/// 401 without a token, with a bad one, with one of an ended session or of another kind of client; 503 if nobody knows.
#[derive(Clone)]
pub struct Viewer {
    /// The user and the session.
    pub identity: Identity,
    /// What the user may do.
    pub role: Role,
    /// The token as it came, or the one that takes its place.
    pub token: String,
    now: Timestamp,
}

impl Viewer {
    /// Asks the [policy](crate::domain::policy) whether they may do this to what `owners` own. `thing` is what a refusal names.
    ///
    /// # Errors
    /// 403: it is somebody else's, or takes another role.
    pub fn may(&self, action: Action, thing: &'static str, owners: &[UserId]) -> Result<(), ApiError> {
        action.allows(self.identity.user_id, self.role, owners).map_err(|refusal| match refusal {
            Refusal::NotTheirs => ApiError::Forbidden(thing),
            Refusal::Takes(role) => ApiError::RoleRequired(role),
        })
    }

    /// When they logged in.
    pub fn logged_in_at(&self) -> Timestamp {
        self.identity.session_id.made_at()
    }

    /// Whether they proved who they are less than [ten minutes](crate::domain::session::RECENT) ago.
    pub fn is_recent(&self) -> bool {
        self.identity.is_recent(self.now)
    }

    /// Lets on only who [is recent](Self::is_recent).
    ///
    /// # Errors
    /// 403: they have to log in again first.
    pub fn require_recent_login(&self) -> Result<(), ApiError> {
        if self.is_recent() { Ok(()) } else { Err(ApiError::LoginTooOld) }
    }
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
/// 401 with a bad token, with one of an ended session or of another kind of client.
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
        let (_, access, _) = admission.0.presented.token()?.ok_or(ApiError::TokenMissing)?;
        Ok(Self(access.identity))
    }
}

#[cfg(test)]
mod tests;
