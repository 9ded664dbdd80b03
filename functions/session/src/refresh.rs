//! Handler: the next access token and the next refresh token.

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{
    domain::{
        Field, Violation,
        session::{Identity, RefreshToken, Renewal},
    },
    http::{ApiError, ClientAgent, JsonBody, Problem, views::LoginAnswer},
};
use utoipa::ToSchema;

use crate::Sessions;

/// `{"refreshToken": …}`
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RefreshRequest {
    /// What the login or the last refresh answered.
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

/// Get new tokens
///
/// The refresh token is good once: use the one of the answer from then on. If the answer was lost, the same token gets the same one again
/// for 30 seconds. A token that was replaced longer ago ends the session: somebody has a copy of it.
#[utoipa::path(post, path = "/api/sessions/refresh", tag = "User and Authentication", operation_id = "RefreshSession",
    request_body = RefreshRequest,
    responses(
        (status = 200, body = LoginAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
pub(crate) async fn refresh(
    State(sessions): State<Sessions>,
    ClientAgent(agent): ClientAgent,
    JsonBody(request): JsonBody<RefreshRequest>,
) -> Result<Json<LoginAnswer>, ApiError> {
    let token = request.parse()?;
    let (logins, now) = (&sessions.logins, sessions.logins.system.now());
    let known = sessions.session_users.with_rights(token.user_id).await?;
    let (user, rights) = known.ok_or(ApiError::RefreshTokenInvalid)?;
    match sessions.renewals.renew(&token, &agent.browser, &rights, logins.salt(), now).await? {
        Renewal::Renewed(successor) => Ok(Json(logins.answer(user, &successor)?)),
        Renewal::Reused => {
            let session = Identity { user_id: token.user_id, session_id: token.session_id };
            logins.bury_reused(session).await?;
            Err(ApiError::RefreshTokenInvalid)
        }
        Renewal::Refused => Err(ApiError::RefreshTokenInvalid),
    }
}
