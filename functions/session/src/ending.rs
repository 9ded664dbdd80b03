//! Handlers: where one is logged in, and logging out of one session, of all others, of all. The table is written first, then every
//! instance is told through the cache. Where that fails the answer is 503 and the client repeats, so that nobody goes on trusting
//! what they remember.

use axum::{
    Json,
    extract::{FromRequestParts, State},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use shared::{
    domain::{
        SessionId, UserId,
        policy::Action,
        session::{Identity, Rights},
    },
    http::{
        ApiError, PathParam, Problem,
        auth::{SessionEnded, TokenHolder, Viewer},
        views::SessionsAnswer,
    },
};

use crate::Sessions;

/// What is one person's stays with them.
const PRIVATE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));

/// My sessions
///
/// Where I am logged in: the newest 100, the newest login first.
#[utoipa::path(get, path = "/api/sessions", tag = "User and Authentication", operation_id = "GetSessions",
    responses(
        (status = 200, body = SessionsAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn list_sessions(
    State(sessions): State<Sessions>,
    viewer: Viewer,
) -> Result<impl IntoResponse, ApiError> {
    let Identity { user_id, session_id } = viewer.identity;
    viewer.may(Action::Manage, "session", &[user_id])?;
    let (_, rights) = sessions.session_users.with_rights(user_id).await?.ok_or(ApiError::TokenInvalid)?;
    let list = sessions.renewals.list(user_id, &rights, sessions.logins.system.now()).await?;
    Ok(([PRIVATE], Json(SessionsAnswer::new(list, session_id))))
}

/// Log out of one session
///
/// Ends one of my sessions, on every instance at once. Again, it changes nothing.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "User and Authentication", operation_id = "EndSession",
    params(("id" = String, Path, description = "Which")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn end_session(
    State(sessions): State<Sessions>,
    viewer: Viewer,
    PathParam(id): PathParam,
) -> Result<impl IntoResponse, ApiError> {
    let user_id = viewer.identity.user_id;
    viewer.may(Action::Manage, "session", &[user_id])?;
    let session_id: SessionId = id.parse().map_err(|_| ApiError::NotFound("session"))?;
    // Only one's own are found: a session lies with its user.
    let session = Identity { user_id, session_id };
    if !sessions.renewals.end(session, sessions.logins.system.now()).await? {
        return Err(ApiError::NotFound("session"));
    }
    sessions.logins.cache.bury(session).await?;
    Ok(((session == viewer.identity).then_some(SessionEnded), StatusCode::NO_CONTENT))
}

/// Log out
///
/// Ends the session that the access token belongs to, on every instance at once. Again, it changes nothing.
#[utoipa::path(post, path = "/api/sessions/logout", tag = "User and Authentication", operation_id = "LogOut",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn log_out(
    State(sessions): State<Sessions>,
    TokenHolder(holder): TokenHolder,
) -> Result<StatusCode, ApiError> {
    sessions.renewals.end(holder, sessions.logins.system.now()).await?;
    sessions.logins.cache.bury(holder).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Log out everywhere else
///
/// Ends all of my sessions but this one, on every instance at once.
#[utoipa::path(post, path = "/api/sessions/logout-others", tag = "User and Authentication", operation_id = "LogOutOthers",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn log_out_others(State(sessions): State<Sessions>, viewer: Viewer) -> Result<StatusCode, ApiError> {
    let Identity { user_id, session_id } = viewer.identity;
    viewer.may(Action::Manage, "session", &[user_id])?;
    sessions.end_all(user_id, Some(session_id)).await
}

/// Log out everywhere
///
/// Ends all of my sessions, on every instance at once. Again, it changes nothing.
#[utoipa::path(post, path = "/api/sessions/logout-all", tag = "User and Authentication", operation_id = "LogOutEverywhere",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn log_out_everywhere(
    State(sessions): State<Sessions>,
    LoggedOut(user): LoggedOut,
) -> Result<impl IntoResponse, ApiError> {
    Ok((SessionEnded, sessions.end_all(user, None).await?))
}

/// Whoever is logged in, or was until all of their sessions were ended, and repeats that.
pub(crate) struct LoggedOut(UserId);

impl FromRequestParts<Sessions> for LoggedOut {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, sessions: &Sessions) -> Result<Self, ApiError> {
        match Viewer::from_request_parts(parts, sessions).await {
            Ok(viewer) => Ok(Self(viewer.identity.user_id)),
            Err(ApiError::TokenInvalid) => {
                let TokenHolder(holder) = TokenHolder::from_request_parts(parts, sessions).await?;
                // Not with a token of a session that was ended by itself: whoever was logged out is out.
                let repeats = sessions.states.ended_with_all(holder, sessions.logins.system.now()).await?;
                if repeats { Ok(Self(holder.user_id)) } else { Err(ApiError::TokenInvalid) }
            }
            Err(error) => Err(error),
        }
    }
}

impl Sessions {
    async fn end_all(&self, user: UserId, keep: Option<SessionId>) -> Result<StatusCode, ApiError> {
        let rights = self.ends.end_all(user, keep).await?.ok_or(ApiError::TokenInvalid)?;
        self.announce(user, &rights).await?;
        Ok(StatusCode::NO_CONTENT)
    }

    /// Tells every instance what holds for all sessions of the user now.
    pub(crate) async fn announce(&self, user: UserId, rights: &Rights) -> Result<(), ApiError> {
        Ok(self.logins.cache.announce(user, rights).await?)
    }
}
