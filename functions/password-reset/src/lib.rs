//! `POST /api/password/reset/code` sends a code, `POST /api/password/reset` takes it and a new password, and ends all sessions. Nobody
//! learns whose number it is, or whether it is anybody's.

mod wiring;

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use futures_util::try_join;
use serde::Deserialize;
use shared::{
    domain::{
        Field, UserId, Violations,
        code::{Code, CodeVerdict, Purpose},
        password::{CommonPasswords, Password, PasswordHash},
        session::Rights,
        user::PhoneNumber,
    },
    http::{
        ApiError, ClientAddress, JsonBody, Problem,
        codes::{CodeRequest, phone_and_code},
    },
    ports::{
        StoreError,
        codes::Codes,
        lockouts::Lockouts,
        passwords::PasswordHasher,
        sessions::SessionCache,
        system::System,
        users::{PasswordChanges, PhoneOwners},
    },
};
use utoipa::ToSchema;

pub use wiring::{Config, PasswordReset};

/// How often a password is stored anew because what holds for its user's sessions changed in between.
const TRIES: usize = 8;

/// What the handlers use.
#[derive(Clone)]
pub struct Resets {
    codes: Arc<dyn Codes>,
    owners: Arc<dyn PhoneOwners>,
    changes: Arc<dyn PasswordChanges>,
    passwords: Arc<dyn PasswordHasher>,
    lockouts: Arc<dyn Lockouts>,
    sessions: Arc<dyn SessionCache>,
    system: Arc<dyn System>,
    common_passwords: CommonPasswords,
}

/// The code that came, and what the password shall be.
#[derive(Deserialize, ToSchema)]
struct ResetRequest {
    /// With `+` and its country's code.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    phone: Field<String>,
    /// Six digits.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    code: Field<String>,
    /// 8 to 128 characters, none of the most common.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password, min_length = 8, max_length = 128)]
    password: Field<String>,
}

impl ResetRequest {
    fn parse(self, common: CommonPasswords) -> Result<(PhoneNumber, Code, Password), Violations> {
        let mut violations = Violations::default();
        let both = phone_and_code(self.phone, self.code, &mut violations);
        let password = self.password.required().and_then(|text| Password::choose(text, common));
        let password = violations.check("password", password);
        let all = both.zip(password);
        violations.finish(all.map(|((phone, code), password)| (phone, code, password)))
    }
}

/// Ask for a code to reset a password
///
/// The answer is the same whether or not the number is anybody's.
#[utoipa::path(post, path = "/api/password/reset/code", tag = "User and Authentication",
    operation_id = "SendPasswordResetCode", request_body = CodeRequest,
    responses(
        (status = 202, description = "If it can be sent, it is"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 429, body = Problem, content_type = "application/problem+json")))]
async fn send_code(
    State(state): State<Resets>,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<CodeRequest>,
) -> Result<StatusCode, ApiError> {
    let phone = request.parse()?;
    // Sent to numbers that are nobody's too: whatever else is done for one is not done for the other.
    state.codes.send(Purpose::Reset, &phone, address, state.system.now()).await?;
    Ok(StatusCode::ACCEPTED)
}

/// Reset a password
///
/// All sessions end, and an account that is locked is open again.
#[utoipa::path(post, path = "/api/password/reset", tag = "User and Authentication", operation_id = "ResetPassword",
    request_body = ResetRequest,
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn reset(State(state): State<Resets>, JsonBody(request): JsonBody<ResetRequest>) -> Result<StatusCode, ApiError> {
    let (phone, code, password) = request.parse(state.common_passwords)?;
    match state.codes.verify(Purpose::Reset, &phone, &code, state.system.now()).await? {
        CodeVerdict::Right => {}
        CodeVerdict::Wrong { .. } | CodeVerdict::NoCode => return Err(ApiError::CodeInvalid),
    }
    let hash = state.passwords.hash(password).await?;
    // A code for nobody's number is as wrong as any.
    let (user, rights) = state.store(&phone, &hash).await?.ok_or(ApiError::CodeInvalid)?;
    try_join!(state.sessions.announce(user, &rights), state.lockouts.clear(user))?;
    Ok(StatusCode::NO_CONTENT)
}

impl Resets {
    /// Stores the new password and ends all sessions; whose they were, and what holds for them now. `None` if the number is nobody's.
    async fn store(&self, phone: &PhoneNumber, hash: &PasswordHash) -> Result<Option<(UserId, Rights)>, ApiError> {
        for _ in 0..TRIES {
            let Some(user) = self.owners.by_phone(phone).await? else { return Ok(None) };
            let rights = Rights::ending_all(&user, None);
            if self.changes.change_password(user.id, hash, &rights).await? {
                return Ok(Some((user.id, rights)));
            }
        }
        Err(StoreError::Contended { service: "the table of users" }.into())
    }
}
