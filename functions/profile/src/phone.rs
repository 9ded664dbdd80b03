//! One's own phone number. Who has it may log in by it and reset the password: it is bound by a code, after a recent login.

use axum::{Json, extract::State, http::StatusCode};
use serde::Deserialize;
use shared::{
    domain::{
        Field, Violations,
        code::{Code, CodeVerdict, Purpose},
        user::{PhoneNumber, User},
    },
    http::{
        ApiError, ClientAddress, JsonBody, Problem,
        auth::Viewer,
        views::{UserAnswer, UserView},
    },
};
use utoipa::ToSchema;

use crate::Profiles;

/// To which number a code is sent.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PhoneCodeRequest {
    /// With `+` and its country's code.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    phone: Field<String>,
}

/// The number, and the code that came.
#[derive(Deserialize, ToSchema)]
pub(crate) struct PhoneRequest {
    /// With `+` and its country's code.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    phone: Field<String>,
    /// Six digits.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    code: Field<String>,
}

impl PhoneRequest {
    fn parse(self) -> Result<(PhoneNumber, Code), Violations> {
        let mut violations = Violations::default();
        let phone = self.phone.required().and_then(|text| PhoneNumber::parse(&text));
        let phone = violations.check("phone", phone);
        let code = violations.check("code", self.code.required().and_then(|text| Code::parse(&text)));
        violations.finish(phone.zip(code))
    }
}

/// Ask for a code to bind a phone number
#[utoipa::path(post, path = "/api/user/phone/code", tag = "User and Authentication", operation_id = "SendPhoneCode",
    request_body = PhoneCodeRequest,
    responses(
        (status = 202, description = "It is sent",
            headers(("X-Access-Token" = String, description = "To be used from now on, if the one that came ages"))),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn send_phone_code(
    State(state): State<Profiles>,
    viewer: Viewer,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<PhoneCodeRequest>,
) -> Result<StatusCode, ApiError> {
    viewer.require_recent_login()?;
    let phone = request.phone.required().and_then(|text| PhoneNumber::parse(&text));
    let phone = phone.map_err(|violation| ApiError::invalid("phone", violation))?;
    state.codes.send(Purpose::Phone, &phone, address, state.system.now()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Bind a phone number
///
/// It takes the place of the one before, and all other sessions end.
#[utoipa::path(put, path = "/api/user/phone", tag = "User and Authentication", operation_id = "UpdatePhone",
    request_body = PhoneRequest,
    responses(
        (status = 200, body = UserAnswer,
            headers(("X-Access-Token" = String, description = "To be used from now on, if the one that came ages"))),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn update_phone(
    State(state): State<Profiles>,
    viewer: Viewer,
    JsonBody(request): JsonBody<PhoneRequest>,
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
