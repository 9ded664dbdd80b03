//! `POST /api/users/login`: logs a user in by e-mail address and password. Unknown address, wrong password: same answer, same
//! work.

mod wiring;

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{
    accounts::Logins,
    domain::{
        Field, UserId, Violation, Violations,
        password::{Password, PasswordHash},
        user::EmailAddress,
    },
    http::{ApiError, JsonBody, Object, Problem, views::LoginAnswer},
    ports::{
        StoreError,
        passwords::{PasswordHasher, Verdict},
        sessions::SessionStarts,
        users::Credentials,
    },
};
use utoipa::ToSchema;

pub use wiring::Login;

/// What the handler uses.
#[derive(Clone)]
pub struct PasswordLogins {
    credentials: Arc<dyn Credentials>,
    passwords: Arc<dyn PasswordHasher>,
    sessions: Arc<dyn SessionStarts>,
    logins: Logins,
}

/// `{"user": …}`
#[derive(Deserialize, ToSchema)]
struct LoginRequest {
    #[schema(value_type = LoginUser)]
    user: Object<LoginUser>,
}

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
struct LoginUser {
    /// The address, regardless of case.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    email: Field<String>,
    /// The password.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password)]
    password: Field<String>,
}

impl LoginUser {
    /// What was typed; an address that is none is nobody's.
    fn parse(self) -> Result<(Option<EmailAddress>, Password), Violations> {
        let mut violations = Violations::default();
        let mut text = |field, value: Field<String>| {
            let filled =
                value.required().and_then(|text| if text.is_empty() { Err(Violation::BLANK) } else { Ok(text) });
            violations.check(field, filled)
        };
        let typed = text("email", self.email).zip(text("password", self.password));
        let (email, password) = violations.finish(typed)?;
        Ok((EmailAddress::parse(&email).ok(), Password::claim(password)))
    }
}

/// Log in
#[utoipa::path(post, path = "/api/users/login", tag = "User and Authentication", operation_id = "Login",
    request_body = LoginRequest,
    responses(
        (status = 200, body = LoginAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn log_in(
    State(state): State<PasswordLogins>,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Json<LoginAnswer>, ApiError> {
    let (email, password) = request.user.0.parse()?;
    let known = match email {
        Some(email) => state.credentials.by_email(&email).await?,
        None => None,
    };
    let hash = known.as_ref().and_then(|(_, hash)| hash.clone());
    let verdict = state.passwords.verify(password.clone(), hash).await?;
    let Some((user, Some(hash))) = known.filter(|_| verdict != Verdict::Wrong) else {
        return Err(ApiError::CredentialsInvalid);
    };
    if verdict == Verdict::RightButOutdated {
        state.rehash(user.id, password, &hash).await?;
    }
    let (session, refresh) = state.logins.begin(user.id);
    state.sessions.start(&session).await?;
    state.logins.remember(&session).await;
    Ok(Json(state.logins.answer(user, &refresh)?))
}

impl PasswordLogins {
    /// Replaces a hash of a kind that is no longer made.
    async fn rehash(&self, user: UserId, password: Password, old: &PasswordHash) -> Result<(), StoreError> {
        let new = self.passwords.hash(password).await?;
        self.credentials.rehash(user, old, &new).await
    }
}
