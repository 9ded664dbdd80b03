//! `POST /api/login/exchange` turns the one-time code that a front end got into a login, once, in the browser that it was made for;
//! `GET /api/user/identities` and `DELETE /api/user/identities/{id}` show and remove one's identities, never the last way to log in and
//! only after a recent login.

mod wiring;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use serde::Deserialize;
use shared::{
    accounts::Logins,
    domain::{
        Field, Violation,
        flow::{LoginGrant, SecretHash},
        identity::IdentityId,
    },
    http::{
        ApiError, ClientAgent, JsonBody, PathParam, Problem,
        auth::Viewer,
        cookies::cookie,
        landing::BINDING_COOKIE,
        views::{IdentitiesAnswer, LoginAnswer},
    },
    ports::{
        flows::LoginCodes,
        identities::{LinkedIdentities, NotUnlinked},
        sessions::SessionStarts,
        users::Users,
    },
};
use utoipa::ToSchema;

pub use wiring::{Config, Identity};

/// What the handlers use.
#[derive(Clone)]
pub struct OwnIdentities {
    linked: Arc<dyn LinkedIdentities>,
    codes: Arc<dyn LoginCodes>,
    users: Arc<dyn Users>,
    sessions: Arc<dyn SessionStarts>,
    logins: Logins,
}

/// `{"code": …}`
#[derive(Deserialize, ToSchema)]
struct ExchangeRequest {
    /// What the front end's page was called with.
    #[serde(default)]
    #[schema(value_type = String, required = true)]
    code: Field<String>,
}

/// Turn a one-time code into a login
///
/// A code is good for a minute and for one try, and only with the cookie that came with it.
#[utoipa::path(post, path = "/api/login/exchange", tag = "User and Authentication", operation_id = "ExchangeLoginCode",
    request_body = ExchangeRequest,
    responses(
        (status = 200, body = LoginAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn exchange(
    State(state): State<OwnIdentities>,
    ClientAgent(agent): ClientAgent,
    headers: HeaderMap,
    JsonBody(request): JsonBody<ExchangeRequest>,
) -> Result<Json<LoginAnswer>, ApiError> {
    let code = request.code.required().map_err(|blank| ApiError::invalid("code", blank))?;
    if code.is_empty() {
        return Err(ApiError::invalid("code", Violation::BLANK));
    }
    let now = state.logins.system.now();
    let grant = state.codes.redeem(&SecretHash::of(&code), now).await?.ok_or(ApiError::LoginCodeInvalid)?;
    let LoginGrant { user_id, binding, .. } = grant;
    // Digests of random secrets: how long their comparison takes tells nothing of use.
    if cookie(&headers, BINDING_COOKIE).map(SecretHash::of) != Some(binding) {
        return Err(ApiError::LoginCodeInvalid);
    }
    let user = state.users.by_id(user_id).await?.ok_or(ApiError::LoginCodeInvalid)?;
    let (session, refresh) = state.logins.begin(&user, agent);
    state.sessions.start(&session).await?;
    state.logins.remember(&session).await;
    Ok(Json(state.logins.answer(user, &refresh)?))
}

/// My identities
#[utoipa::path(get, path = "/api/user/identities", tag = "User and Authentication", operation_id = "GetIdentities",
    responses(
        (status = 200, body = IdentitiesAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn list(State(state): State<OwnIdentities>, viewer: Viewer) -> Result<Json<IdentitiesAnswer>, ApiError> {
    Ok(Json(state.linked.of(viewer.identity.user_id).await?.into()))
}

/// Remove one of my identities
///
/// It takes a login that is younger than 10 minutes. The last way to log in stays: a password, a phone and each identity are one.
#[utoipa::path(delete, path = "/api/user/identities/{id}", tag = "User and Authentication",
    operation_id = "UnlinkIdentity",
    params(("id" = String, Path, description = "Which one")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn unlink(
    State(state): State<OwnIdentities>,
    viewer: Viewer,
    PathParam(id): PathParam,
) -> Result<StatusCode, ApiError> {
    viewer.require_recent_login()?;
    let id = IdentityId::parse(&id).map_err(|_| ApiError::NotFound("identity"))?;
    match state.linked.unlink(viewer.identity.user_id, &id).await {
        Ok(()) => Ok(StatusCode::NO_CONTENT),
        Err(NotUnlinked::Unknown) => Err(ApiError::NotFound("identity")),
        Err(NotUnlinked::LastWay) => Err(ApiError::LastWayIn),
        Err(NotUnlinked::Store(error)) => Err(error.into()),
    }
}
