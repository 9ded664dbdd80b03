//! Browsers that are at a provider and on their way back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{Answer, Result, Target, providers::PAGE};

/// The cookie that keeps a login that is under way, and that without which a one-time code is of no use.
const FLOW: &str = "bloghub_login";
const BINDING: &str = "bloghub_login_code";

/// A browser that has been sent to a provider.
pub(super) struct Leaving {
    pub(super) way: &'static str,
    url: String,
    /// What the browser keeps meanwhile.
    pub(super) cookie: String,
}

/// A login that has ended well at the provider: the front end's page has a code.
pub(super) struct Landed {
    pub(super) code: String,
    /// What the browser keeps.
    pub(super) cookie: String,
}

impl Leaving {
    /// Somebody begins to log in.
    pub(super) async fn to_log_in(target: &Target, way: &'static str) -> Result<Self> {
        let answer = target.client().ask(Method::GET, &format!("/api/login/{way}"), None, &Value::Null).await?;
        Self::of(way, &answer)
    }

    /// Whose token it is begins to add an identity.
    pub(super) async fn to_link(target: &Target, way: &'static str, token: &str) -> Result<Self> {
        let path = format!("/api/user/identities/{way}");
        let answer = target.client().ask(Method::POST, &path, Some(token), &Value::Null).await?;
        Self::of(way, &answer)
    }

    fn of(way: &'static str, answer: &Answer) -> Result<Self> {
        let url = answer.body["authorizationUrl"].as_str().map(str::to_owned);
        let cookie = answer.cookie(FLOW).map(str::to_owned);
        let (url, cookie) = url.zip(cookie).ok_or_else(|| format!("no way to {way}: {answer:?}"))?;
        Ok(Self { way, url, cookie })
    }

    /// The way back of `who`, with a code that the provider has not given before: it does not keep what is used from being used again.
    pub(super) fn back(&self, target: &Target, who: &str) -> String {
        target.providers().consent(self.way, &self.url, who)
    }

    /// Goes back as a browser does that has done nothing wrong.
    pub(super) async fn land(&self, target: &Target, who: &str) -> Result<Landed> {
        let answer = back(target, &self.cookie, &self.back(target, who)).await?;
        landed(&answer).ok_or_else(|| format!("no login by {}: {answer:?}", self.way).into())
    }
}

/// What a browser is answered that comes back with this cookie.
pub(super) async fn back(target: &Target, cookie: &str, path: &str) -> Result<Answer> {
    target.client().bringing(cookie).ask(Method::GET, path, None, &Value::Null).await
}

/// The parameter `name` of the front end's page.
fn parameter<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
    let query = answer.location.strip_prefix(PAGE)?.strip_prefix('?')?;
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn landed(answer: &Answer) -> Option<Landed> {
    let (code, cookie) = parameter(answer, "code").zip(answer.cookie(BINDING))?;
    Some(Landed { code: code.to_owned(), cookie: cookie.to_owned() })
}

/// Whether somebody is logged in or an identity added: whatever is not refused.
pub(super) fn succeeded(answer: &Answer) -> bool {
    answer.status < 300 || (answer.status < 400 && parameter(answer, "error").is_none())
}

/// Turns a code into a login.
pub(super) async fn exchange(target: &Target, cookie: &str, code: &str) -> Result<Answer> {
    let body = json!({ "code": code });
    target.client().bringing(cookie).ask(Method::POST, "/api/login/exchange", None, &body).await
}
