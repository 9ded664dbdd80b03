//! `POST /api/login/sms`: logs in whoever read the code that was sent to a phone, and signs them up if nobody has the number.
//! A code is good once, whatever comes of it.

mod wiring;

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use shared::{
    accounts::Logins,
    domain::{
        UserId,
        agent::Agent,
        code::{CodeVerdict, Purpose},
        user::{PhoneNumber, Role, User, Username},
    },
    http::{ApiError, ClientAgent, JsonBody, Problem, codes::PhoneAndCode, views::LoginAnswer},
    ports::{
        codes::Codes,
        sessions::SessionStarts,
        users::{PhoneOwners, Registrations, SaveUserError, Unique},
    },
};

pub use wiring::{Config, SmsLogin};

/// Names that are tried: two that were drawn are the same once in a lifetime of the platform, if ever.
const NAMES: usize = 3;

/// What the handler uses.
#[derive(Clone)]
pub struct CodeLogins {
    codes: Arc<dyn Codes>,
    owners: Arc<dyn PhoneOwners>,
    registrations: Arc<dyn Registrations>,
    sessions: Arc<dyn SessionStarts>,
    logins: Logins,
}

/// Log in, or sign up, by the code that was sent to a phone
#[utoipa::path(post, path = "/api/login/sms", tag = "User and Authentication", operation_id = "LoginByCode",
    request_body = PhoneAndCode,
    responses(
        (status = 200, description = "Logged in", body = LoginAnswer),
        (status = 201, description = "Signed up, under a name that may be changed", body = LoginAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn log_in_by_code(
    State(state): State<CodeLogins>,
    ClientAgent(agent): ClientAgent,
    JsonBody(request): JsonBody<PhoneAndCode>,
) -> Result<(StatusCode, Json<LoginAnswer>), ApiError> {
    let (phone, code) = request.parse()?;
    let verdict = state.codes.verify(Purpose::Login, &phone, &code, state.logins.system.now()).await?;
    if verdict != CodeVerdict::Right {
        return Err(ApiError::CodeInvalid);
    }
    match state.owners.by_phone(&phone).await? {
        Some(user) => state.log_in(user, agent).await,
        None => state.sign_up(phone, agent).await,
    }
}

impl CodeLogins {
    async fn log_in(&self, user: User, agent: Agent) -> Result<(StatusCode, Json<LoginAnswer>), ApiError> {
        let (session, refresh) = self.logins.begin(&user, agent);
        self.sessions.start(&session).await?;
        self.logins.remember(&session).await;
        Ok((StatusCode::OK, Json(self.logins.answer(user, &refresh)?)))
    }

    /// Signs up whoever has `phone`; should they have bound it to an account in this very moment, logs them in there.
    async fn sign_up(&self, phone: PhoneNumber, agent: Agent) -> Result<(StatusCode, Json<LoginAnswer>), ApiError> {
        for _ in 0..NAMES {
            let user = self.stranger(&phone);
            let (session, refresh) = self.logins.begin(&user, agent.clone());
            match self.registrations.register(&user, None, &session).await {
                Ok(()) => {
                    self.logins.remember(&session).await;
                    return Ok((StatusCode::CREATED, Json(self.logins.answer(user, &refresh)?)));
                }
                Err(SaveUserError::Taken(taken)) if taken.contains(&Unique::Phone) => {
                    let owner = self.owners.by_phone(&phone).await?;
                    return self.log_in(owner.ok_or(ApiError::Contended("phone"))?, agent).await;
                }
                Err(SaveUserError::Taken(_)) => {}
                Err(SaveUserError::Changed) => return Err(ApiError::Contended("user")),
                Err(SaveUserError::Store(error)) => return Err(error.into()),
            }
        }
        Err(ApiError::Contended("username"))
    }

    /// A new user with a name that nobody has chosen.
    fn stranger(&self, phone: &PhoneNumber) -> User {
        let system = &self.logins.system;
        let now = system.now();
        User {
            id: UserId::new(now, system.random()),
            username: Username::generated(system.random()),
            email: None,
            phone: Some(phone.clone()),
            role: Role::default(),
            bio: None,
            image: None,
            created_at: now,
            version: 1,
            epoch: 0,
        }
    }
}
