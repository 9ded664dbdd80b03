//! `POST /api/users`: signs someone up and logs them in. Of any number of parallel sign-ups with one name or address exactly
//! one succeeds; a user is stored with all that belongs to them or not at all.

mod wiring;

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use futures_util::future::join;
use serde::Deserialize;
use shared::{
    accounts::Logins,
    cached::CachedNames,
    domain::{
        Field, UserId, Violations,
        password::{CommonPasswords, Password},
        user::{EmailAddress, Role, User, Username},
    },
    http::{ApiError, ClientAgent, JsonBody, Object, Problem, views::LoginAnswer},
    ports::{
        passwords::PasswordHasher,
        users::{Registrations, SaveUserError},
    },
};
use utoipa::ToSchema;

pub use wiring::{Config, Signup};

/// What the handler uses.
#[derive(Clone)]
pub struct Signups {
    registrations: Arc<dyn Registrations>,
    passwords: Arc<dyn PasswordHasher>,
    logins: Logins,
    names: Arc<CachedNames>,
    common_passwords: CommonPasswords,
}

/// `{"user": …}`
#[derive(Deserialize, ToSchema)]
struct NewUserRequest {
    #[schema(value_type = NewUser)]
    user: Object<NewUser>,
}

/// Who wants to sign up.
#[derive(Deserialize, ToSchema)]
struct NewUser {
    /// 1 to 64 characters, unique regardless of case.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 64)]
    username: Field<String>,
    /// Unique regardless of case.
    #[serde(default)]
    #[schema(value_type = String, required = true, max_length = 254)]
    email: Field<String>,
    /// 8 to 128 characters, none of the most common.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password, min_length = 8, max_length = 128)]
    password: Field<String>,
}

struct Registration {
    username: Username,
    email: EmailAddress,
    password: Password,
}

impl NewUser {
    fn parse(self, common: CommonPasswords) -> Result<Registration, Violations> {
        let mut violations = Violations::default();
        let username = self.username.required().and_then(|text| Username::parse(&text));
        let username = violations.check("username", username);
        let email = self.email.required().and_then(|text| EmailAddress::parse(&text));
        let email = violations.check("email", email);
        let password = self.password.required().and_then(|text| Password::choose(text, common));
        let password = violations.check("password", password);
        let all = username.zip(email).zip(password);
        violations.finish(all.map(|((username, email), password)| Registration { username, email, password }))
    }
}

/// Sign up
#[utoipa::path(post, path = "/api/users", tag = "User and Authentication", operation_id = "CreateUser",
    request_body = NewUserRequest,
    responses(
        (status = 201, body = LoginAnswer),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn sign_up(
    State(signups): State<Signups>,
    ClientAgent(agent): ClientAgent,
    JsonBody(request): JsonBody<NewUserRequest>,
) -> Result<(StatusCode, axum::Json<LoginAnswer>), ApiError> {
    let Registration { username, email, password } = request.user.0.parse(signups.common_passwords)?;
    let hash = signups.passwords.hash(password).await?;
    let now = signups.logins.system.now();
    let id = UserId::new(now, signups.logins.system.random());
    let user = User {
        id,
        username,
        email: Some(email),
        phone: None,
        role: Role::default(),
        bio: None,
        image: None,
        created_at: now,
        version: 1,
        epoch: 0,
    };
    let (session, refresh) = signups.logins.begin(&user, agent);
    signups.registrations.register(&user, Some(&hash), &session).await.map_err(refused)?;
    // The session for the next request's sake; the name because somebody may just have looked for it in vain.
    join(signups.logins.remember(&session), signups.names.moved(&user.username)).await;
    Ok((StatusCode::CREATED, axum::Json(signups.logins.answer(user, &refresh)?)))
}

fn refused(error: SaveUserError) -> ApiError {
    match error {
        SaveUserError::Taken(taken) => ApiError::taken(&taken),
        SaveUserError::Changed => ApiError::Contended("user"),
        SaveUserError::Store(error) => error.into(),
    }
}
