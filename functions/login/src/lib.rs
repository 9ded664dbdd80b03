//! `POST /api/users/login`: logs a user in by e-mail address, username or phone number, and password. Unknown name, wrong password,
//! too many tries: same answer, same work.

mod wiring;

use std::sync::Arc;

use axum::{Json, extract::State};
use futures_util::{
    TryFutureExt as _,
    future::{join, try_join},
};
use serde::Deserialize;
use shared::{
    accounts::Logins,
    domain::{
        Field, UserId, Violation, Violations,
        lockout::Subject,
        login::LoginName,
        password::{Password, PasswordHash},
    },
    http::{ApiError, ClientAddress, ClientAgent, JsonBody, Object, Problem, views::LoginAnswer},
    ports::{StoreError, passwords::Verdict, sessions::SessionStarts, users::Credentials},
    proofs::Proofs,
};
use utoipa::ToSchema;

pub use wiring::Login;

/// What the handler uses.
#[derive(Clone)]
pub struct PasswordLogins {
    credentials: Arc<dyn Credentials>,
    proofs: Proofs,
    sessions: Arc<dyn SessionStarts>,
    logins: Logins,
}

/// `{"user": …}`
#[derive(Deserialize, ToSchema)]
struct LoginRequest {
    #[schema(value_type = LoginUser)]
    user: Object<LoginUser>,
}

/// Who wants to log in: one of the three names, and the password. Clients may send more of what they know of the user: of several
/// names the first counts.
#[derive(Deserialize, ToSchema)]
struct LoginUser {
    /// The address, regardless of case.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false)]
    email: Field<String>,
    /// Instead of the address: the name, regardless of case.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false)]
    username: Field<String>,
    /// Instead of the address: the phone number, with `+` and its country's code.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false)]
    phone: Field<String>,
    /// The password.
    #[serde(default)]
    #[schema(value_type = String, required = true, format = Password)]
    password: Field<String>,
}

/// Reads what was typed as a name of one kind.
type Kind = fn(&str) -> LoginName;

impl LoginUser {
    /// What was typed; a name that cannot be anybody's is nobody's.
    fn parse(self) -> Result<(LoginName, Password), Violations> {
        let mut violations = Violations::default();
        let mut text = |field, value: Field<String>| {
            let filled =
                value.required().and_then(|text| if text.is_empty() { Err(Violation::BLANK) } else { Ok(text) });
            violations.check(field, filled)
        };
        let password = text("password", self.password);
        let names: [(_, _, Kind); 3] = [
            ("email", self.email, LoginName::email),
            ("username", self.username, LoginName::username),
            ("phone", self.phone, LoginName::phone),
        ];
        let given = names.into_iter().find(|(_, value, _)| *value != Field::Absent);
        let (field, value, kind) = given.unwrap_or(("email", Field::Absent, LoginName::email));
        let name = text(field, value).map(|text| kind(&text));
        violations.finish(name.zip(password.map(Password::claim)))
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
    ClientAgent(agent): ClientAgent,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<LoginRequest>,
) -> Result<Json<LoginAnswer>, ApiError> {
    let (name, password) = request.user.0.parse()?;
    let holder = state.credentials.holder(&name).map_err(ApiError::from);
    let (from_address, holder) = try_join(state.proofs.count_from(address), holder).await?;
    let account = holder.map_or_else(|| Subject::Nobody(name.claim()), Subject::Account);
    let (counted, known) = try_join(state.proofs.count(&account), state.credentials.account(holder)).await?;
    let hash = known.as_ref().and_then(|(_, hash)| hash.as_ref());
    let verdict = state.proofs.verify(counted.as_ref(), password.clone(), hash).await?;
    let Some((user, Some(hash))) = known.filter(|_| verdict != Verdict::Wrong) else {
        return Err(ApiError::CredentialsInvalid);
    };
    if verdict == Verdict::RightButOutdated {
        state.rehash(user.id, password, &hash).await?;
    }
    let (session, refresh) = state.logins.begin(&user, agent);
    let forgotten = state.proofs.succeeded(counted.iter().chain(&from_address));
    let (started, ()) = join(state.sessions.start(&session), forgotten).await;
    started?;
    state.logins.remember(&session).await;
    Ok(Json(state.logins.answer(user, &refresh)?))
}

impl PasswordLogins {
    /// Replaces a hash of a kind that is no longer made.
    async fn rehash(&self, user: UserId, password: Password, old: &PasswordHash) -> Result<(), StoreError> {
        let new = self.proofs.passwords.hash(password).await?;
        self.credentials.rehash(user, old, &new).await
    }
}
