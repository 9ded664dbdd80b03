//! `GET /api/login/wechat` and its callback log people in by scanning a code with WeChat; `POST /api/user/identities/wechat` adds a
//! WeChat account to one's own. Who has scanned is who logs in: in the same browser, once, within ten minutes.

mod wechat;
mod wiring;

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap, response::Response};
use shared::{
    domain::{agent::Agent, flow::Intent},
    http::{
        ApiError, ClientAgent, Problem, Query,
        auth::Viewer,
        landing::{AuthorizationAnswer, CallbackAnswer, CallbackQuery, Landed, Navigates},
    },
    identities::IdentityLogins,
};

use wechat::WeChat;
pub use wiring::{Config, WeChatLogin};

/// What this way of logging in is called.
const THROUGH: &str = "wechat";

/// What the handlers use.
#[derive(Clone)]
pub struct WeChatLogins {
    /// Absent where no application is configured.
    wechat: Option<Arc<WeChat>>,
    logins: IdentityLogins,
}

/// Log in with WeChat
///
/// Sends a browser to WeChat's page with the code to scan. Whoever does not accept `text/html` is told its address instead. Either
/// gets a cookie that the callback asks for.
#[utoipa::path(get, path = "/api/login/wechat", tag = "User and Authentication", operation_id = "BeginWeChatLogin",
    responses(
        (status = 200, body = AuthorizationAnswer),
        (status = 303),
        (status = 404, body = Problem, content_type = "application/problem+json")))]
async fn begin(State(state): State<WeChatLogins>, Navigates(navigates): Navigates) -> Result<Response, ApiError> {
    state.leave(Intent::LogIn, navigates)
}

/// Come back from WeChat
///
/// Logs in who has scanned, signs them up if nobody knows them, or adds the WeChat account to the account of who began this to that
/// end. Where a front end's page is configured, sends the browser there with a `code` for `POST /api/login/exchange`, with
/// `linked`, or with an `error`.
#[utoipa::path(get, path = "/api/login/wechat/callback", tag = "User and Authentication",
    operation_id = "FinishWeChatLogin",
    params(
        ("code" = Option<String>, Query, description = "What WeChat confirms; absent if the user refused"),
        ("state" = Option<String>, Query, description = "What the login began with")),
    responses(
        (status = 200, body = CallbackAnswer),
        (status = 303),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 502, body = Problem, content_type = "application/problem+json")))]
async fn callback(
    State(state): State<WeChatLogins>,
    ClientAgent(agent): ClientAgent,
    headers: HeaderMap,
    Query(query): Query<CallbackQuery>,
) -> Result<Response, ApiError> {
    let wechat = state.wechat()?;
    Ok(state.logins.site.land(state.finish(wechat, agent, &headers, &query).await))
}

/// Add a WeChat account
///
/// It takes a login that is younger than 10 minutes. Tells the address of WeChat's page with the code to scan. The browser that gets
/// this answer's cookie must be the one that comes back, while the session lasts.
#[utoipa::path(post, path = "/api/user/identities/wechat", tag = "User and Authentication",
    operation_id = "LinkWeChat",
    responses(
        (status = 200, body = AuthorizationAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn link(State(state): State<WeChatLogins>, viewer: Viewer) -> Result<Response, ApiError> {
    viewer.require_recent_login()?;
    state.leave(Intent::Link(viewer.identity), false)
}

impl WeChatLogins {
    fn new(wechat: Option<WeChat>, logins: IdentityLogins) -> Self {
        Self { wechat: wechat.map(Arc::new), logins }
    }

    fn wechat(&self) -> Result<&WeChat, ApiError> {
        self.wechat.as_deref().ok_or(ApiError::NotFound("provider"))
    }

    fn leave(&self, intent: Intent, navigates: bool) -> Result<Response, ApiError> {
        let wechat = self.wechat()?;
        let flow = self.logins.begin(THROUGH, intent);
        let url = wechat.authorization_url(flow.state(), &self.logins.callback_url(THROUGH));
        Ok(self.logins.leave(&flow, url, navigates))
    }

    async fn finish(
        &self,
        wechat: &WeChat,
        agent: Agent,
        headers: &HeaderMap,
        query: &CallbackQuery,
    ) -> Result<Landed, ApiError> {
        let (flow, code) = self.logins.resume(headers, THROUGH, query).await?;
        let proven = wechat.prove(&code).await?;
        self.logins.land(&flow, proven, agent).await
    }
}
