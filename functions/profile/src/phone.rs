//! One's own phone number. Who has it may log in by it and reset the password: it is bound by a code, after a recent login.

use axum::{Json, extract::State, http::StatusCode};
use shared::{
    domain::{
        code::{CodeVerdict, Purpose},
        user::User,
    },
    http::{
        ApiError, ClientAddress, JsonBody, Problem,
        auth::Viewer,
        codes::{CodeRequest, PhoneAndCode},
        views::{UserAnswer, UserView},
    },
};

use crate::Profiles;

/// Ask for a code to bind a phone number
#[utoipa::path(post, path = "/api/user/phone/code", tag = "User and Authentication", operation_id = "SendPhoneCode",
    request_body = CodeRequest,
    responses(
        (status = 202, description = "It is sent"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn send_phone_code(
    State(state): State<Profiles>,
    viewer: Viewer,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<CodeRequest>,
) -> Result<StatusCode, ApiError> {
    viewer.require_recent_login()?;
    let phone = request.parse()?;
    state.codes.send(Purpose::Phone, &phone, address, state.system.now()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Bind a phone number
///
/// It takes the place of the one before, and all other sessions end.
#[utoipa::path(put, path = "/api/user/phone", tag = "User and Authentication", operation_id = "UpdatePhone",
    request_body = PhoneAndCode,
    responses(
        (status = 200, body = UserAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn update_phone(
    State(state): State<Profiles>,
    viewer: Viewer,
    JsonBody(request): JsonBody<PhoneAndCode>,
) -> Result<Json<UserAnswer>, ApiError> {
    viewer.require_recent_login()?;
    let (phone, code) = request.parse()?;
    match state.codes.verify(Purpose::Phone, &phone, &code, state.system.now()).await? {
        CodeVerdict::Right => {}
        CodeVerdict::Wrong { .. } | CodeVerdict::NoCode => return Err(ApiError::CodeInvalid),
    }
    let bound = |old: User| User { phone: Some(phone.clone()), version: old.version + 1, ..old };
    let user = state.change(&viewer, bound, None).await?;
    Ok(Json(UserAnswer { user: UserView::new(user, viewer.token) }))
}
