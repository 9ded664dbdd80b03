//! `POST /api/login/sms/code`: has a code sent to a phone. Of any number of requests at the same time one makes a code and a
//! message; whether somebody has the number, the answer does not say.

mod wiring;

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use shared::{
    domain::code::Purpose,
    http::{ApiError, ClientAddress, JsonBody, Problem, codes::CodeRequest},
    ports::{codes::Codes, system::System},
};

pub use wiring::{Config, SmsCode};

/// What the handler uses.
#[derive(Clone)]
pub struct CodeRequests {
    codes: Arc<dyn Codes>,
    system: Arc<dyn System>,
}

/// Get a code by message
///
/// The code is good for 10 minutes and three tries. The next one can be asked for a minute later.
#[utoipa::path(post, path = "/api/login/sms/code", tag = "User and Authentication", operation_id = "SendLoginCode",
    request_body = CodeRequest,
    responses(
        (status = 202, description = "The code is on its way"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn send_code(
    State(state): State<CodeRequests>,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<CodeRequest>,
) -> Result<StatusCode, ApiError> {
    let phone = request.parse()?;
    state.codes.send(Purpose::Login, &phone, address, state.system.now()).await?;
    Ok(StatusCode::ACCEPTED)
}
