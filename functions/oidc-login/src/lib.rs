//! `GET /api/login/oidc/{provider}` and its callback log people in by way of OpenID Connect; `POST /api/user/identities/oidc/{provider}`
//! adds an identity there to one's own account. Who the provider says it is logs in: in the same browser, once, within ten minutes.

mod provider;
mod wiring;

use std::{collections::BTreeMap, sync::Arc};

use axum::{extract::State, http::HeaderMap, response::Response};
use shared::{
    domain::{
        agent::Agent,
        flow::{Flow, Intent},
    },
    http::{
        ApiError, ClientAgent, PathParam, Problem, Query,
        auth::Viewer,
        landing::{AuthorizationAnswer, CallbackAnswer, CallbackQuery, Landed, Navigates},
    },
    identities::IdentityLogins,
};

use provider::{Login, Provider};
pub use wiring::{Config, OidcLogin};

/// What the handlers use.
#[derive(Clone)]
pub struct OidcLogins {
    providers: Arc<BTreeMap<String, Provider>>,
    logins: IdentityLogins,
}

/// Log in by way of a provider
///
/// Sends a browser to the provider. Whoever does not accept `text/html` is told its address instead. Either gets a cookie that
/// the callback asks for.
#[utoipa::path(get, path = "/api/login/oidc/{provider}", tag = "User and Authentication",
    operation_id = "BeginOidcLogin",
    params(("provider" = String, Path, description = "One of those that are configured")),
    responses(
        (status = 200, body = AuthorizationAnswer),
        (status = 303),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json")))]
async fn begin(
    State(state): State<OidcLogins>,
    PathParam(name): PathParam,
    Navigates(navigates): Navigates,
) -> Result<Response, ApiError> {
    state.leave(&name, Intent::LogIn, navigates).await
}

/// Come back from a provider
///
/// Logs in who the provider says it is, signs them up if nobody knows them, or adds the identity to the account of who began this to
/// that end. Where a front end's page is configured, sends the browser there with a `code` for `POST /api/login/exchange`, with
/// `linked`, or with an `error`.
#[utoipa::path(get, path = "/api/login/oidc/{provider}/callback", tag = "User and Authentication",
    operation_id = "FinishOidcLogin",
    params(
        ("provider" = String, Path, description = "One of those that are configured"),
        ("code" = Option<String>, Query, description = "What the provider confirms"),
        ("state" = Option<String>, Query, description = "What the login began with"),
        ("error" = Option<String>, Query, description = "Why the provider does not confirm"),
        ("iss" = Option<String>, Query, description = "Which provider it is (RFC 9207)")),
    responses(
        (status = 200, body = CallbackAnswer),
        (status = 303),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json")))]
async fn callback(
    State(state): State<OidcLogins>,
    PathParam(name): PathParam,
    ClientAgent(agent): ClientAgent,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Result<Response, ApiError> {
    let provider = state.provider(&name)?;
    Ok(state.logins.site.land(state.finish(provider, &through(&name), agent, &headers, &query).await))
}

/// Add an identity at a provider
///
/// It takes a login that is younger than 10 minutes. Tells the address of the provider. The browser that gets this answer's cookie
/// must be the one that comes back, while the session lasts.
#[utoipa::path(post, path = "/api/user/identities/oidc/{provider}", tag = "User and Authentication",
    operation_id = "LinkOidc",
    params(("provider" = String, Path, description = "One of those that are configured")),
    responses(
        (status = 200, body = AuthorizationAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn link(
    State(state): State<OidcLogins>,
    viewer: Viewer,
    PathParam(name): PathParam,
) -> Result<Response, ApiError> {
    viewer.require_recent_login()?;
    state.leave(&name, Intent::Link(viewer.identity), false).await
}

/// What logging in by way of the provider `name` is called.
fn through(name: &str) -> String {
    format!("oidc/{name}")
}

impl OidcLogins {
    fn provider(&self, name: &str) -> Result<&Provider, ApiError> {
        self.providers.get(name).ok_or(ApiError::NotFound("provider"))
    }

    async fn leave(&self, name: &str, intent: Intent, navigates: bool) -> Result<Response, ApiError> {
        let provider = self.provider(name)?;
        let flow = self.logins.begin(through(name), intent);
        let url = provider.authorization_url(&self.login(&flow)).await?;
        Ok(self.logins.leave(&flow, url, navigates))
    }

    async fn finish(
        &self,
        provider: &Provider,
        through: &str,
        agent: Agent,
        headers: &HeaderMap,
        query: &CallbackQuery,
    ) -> Result<Landed, ApiError> {
        let (flow, code) = self.logins.resume(headers, through, query).await?;
        let proven = provider.prove(&self.login(&flow), code, query.iss.as_deref()).await?;
        self.logins.land(&flow, proven, agent).await
    }

    /// What the provider and we must agree on.
    fn login(&self, flow: &Flow) -> Login {
        Login {
            through: flow.through.clone(),
            state: flow.state().to_owned(),
            nonce: flow.nonce(&self.logins.key),
            verifier: flow.verifier(&self.logins.key),
            callback_url: self.logins.callback_url(&flow.through),
        }
    }
}
