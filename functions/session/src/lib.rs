//! `POST /api/sessions/refresh` gets a new access token for a refresh token; `POST /api/sessions/logout` ends a session
//! everywhere at once.

mod wiring;

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use shared::{
    accounts::Logins,
    domain::{
        Field, Violation,
        session::{RefreshToken, SessionState},
    },
    http::{ApiError, JsonBody, Problem, auth::TokenHolder, views::LoginAnswer},
    ports::{sessions::SessionRenewals, users::Users},
};
use utoipa::ToSchema;

pub use wiring::Session;

/// What the handlers use.
#[derive(Clone)]
pub struct Sessions {
    renewals: Arc<dyn SessionRenewals>,
    users: Arc<dyn Users>,
    logins: Logins,
}

/// `{"refreshToken": …}`
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RefreshRequest {
    /// What the login answered.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    refresh_token: Field<String>,
}

impl RefreshRequest {
    fn parse(self) -> Result<RefreshToken, ApiError> {
        let text = self.refresh_token.required().map_err(|blank| ApiError::invalid("refreshToken", blank))?;
        if text.is_empty() {
            return Err(ApiError::invalid("refreshToken", Violation::BLANK));
        }
        RefreshToken::decode(&text).ok_or(ApiError::RefreshTokenInvalid)
    }
}

/// Get a new access token
#[utoipa::path(post, path = "/api/sessions/refresh", tag = "User and Authentication", operation_id = "RefreshSession",
    request_body = RefreshRequest,
    responses(
        (status = 200, body = LoginAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn refresh(
    State(sessions): State<Sessions>,
    JsonBody(request): JsonBody<RefreshRequest>,
) -> Result<Json<LoginAnswer>, ApiError> {
    let token = request.parse()?;
    if sessions.renewals.renew(&token, sessions.logins.system.now()).await? == SessionState::Ended {
        return Err(ApiError::RefreshTokenInvalid);
    }
    let user = sessions.users.by_id(token.user_id).await?.ok_or(ApiError::RefreshTokenInvalid)?;
    Ok(Json(sessions.logins.answer(user, &token)?))
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
async fn log_out(State(sessions): State<Sessions>, TokenHolder(holder): TokenHolder) -> Result<StatusCode, ApiError> {
    sessions.renewals.end(holder, sessions.logins.system.now()).await?;
    // The client repeats a 503, so that no instance goes on trusting its cache.
    sessions.logins.bury(holder.session_id).await?;
    Ok(StatusCode::NO_CONTENT)
}
