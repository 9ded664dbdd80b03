//! How a browser leaves for a provider and lands again. As JSON, or, where a front end's page is configured, by being sent there with
//! a one-time code: no token ever stands in a URL.

use std::{convert::Infallible, str::FromStr};

use axum::{
    Json,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ACCEPT, LOCATION},
    request::Parts,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    ApiError, Problem,
    cookies::PublicUrl,
    views::{IdentityAnswer, LoginAnswer},
};
use crate::domain::flow;

/// The cookie that keeps a login that is under way.
pub const FLOW_COOKIE: &str = "bloghub_login";
/// The cookie without which a one-time code is of no use.
pub const BINDING_COOKIE: &str = "bloghub_login_code";

/// `{"authorizationUrl": …}`
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizationAnswer {
    /// Where the browser goes to log in.
    pub authorization_url: String,
}

/// Whether whoever asks is a browser that goes where it is sent, rather than a program that wants to know where that is.
pub struct Navigates(pub bool);

impl<S: Sync> FromRequestParts<S> for Navigates {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let accepts = parts.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
        Ok(Self(
            accepts
                .flat_map(|value| value.split(','))
                .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/html"))),
        ))
    }
}

/// The page of a front end where logins by way of a provider end: an `http` or `https` address without `#`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandingPage(String);

impl FromStr for LandingPage {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let known = |c: char| c.is_ascii_graphic() && !"#\"<>\\^`{|}".contains(c);
        match host {
            Some(host) if !host.is_empty() && !host.starts_with('/') && host.chars().all(known) => {
                Ok(Self(text.to_owned()))
            }
            _ => Err("is no address of a page, or has a fragment".to_owned()),
        }
    }
}

impl LandingPage {
    /// The page's address with one more parameter.
    fn with(&self, name: &str, value: &str) -> String {
        let sign = if self.0.contains('?') { '&' } else { '?' };
        let pair = serde_urlencoded::to_string([(name, value)]).expect("two strings have a form");
        format!("{}{sign}{pair}", self.0)
    }
}

/// How a login by way of a provider ended well.
#[derive(Debug)]
pub enum Landed {
    /// Somebody is logged in.
    LoggedIn(Box<LoginAnswer>),
    /// A front end gets somebody's login for this code, from the browser that has `binding`.
    Code {
        /// What stands in the URL.
        code: String,
        /// What the browser keeps.
        binding: String,
    },
    /// An identity was added to somebody's account.
    Linked(IdentityAnswer),
}

/// What a callback answers where no front end's page is configured.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum CallbackAnswer {
    /// Of a login.
    LoggedIn(Box<LoginAnswer>),
    /// Of a link.
    Linked(IdentityAnswer),
}

/// What a provider sends a browser back with. Whatever else it sends is ignored.
#[derive(Clone, Deserialize)]
pub struct CallbackQuery {
    /// What proves to the provider that it confirmed this login.
    pub code: Option<String>,
    /// What we sent along.
    pub state: Option<String>,
    /// Why it did not confirm (RFC 6749, 4.1.2.1).
    pub error: Option<String>,
    /// Which provider it is (RFC 9207).
    pub iss: Option<String>,
}

/// Where logins begin and end, as browsers see it.
#[derive(Debug, Clone)]
pub struct Site {
    /// Where the platform is.
    pub public_url: PublicUrl,
    /// The front end's page, if there is one.
    pub landing_page: Option<LandingPage>,
}

impl Site {
    /// Sends a browser to the provider, with the cookie that `sealed` goes into.
    pub fn leave(&self, sealed: &str, authorization_url: String, navigates: bool) -> Response {
        let mut response = match (navigates, HeaderValue::try_from(&authorization_url)) {
            (true, Ok(location)) => redirect(location),
            _ => Json(AuthorizationAnswer { authorization_url }).into_response(),
        };
        self.public_url.set_cookie(response.headers_mut(), FLOW_COOKIE, sealed, flow::LIFE);
        response
    }

    /// Answers a browser that is back. The login is over, whatever its end: the cookie goes.
    pub fn land(&self, outcome: Result<Landed, ApiError>) -> Response {
        let mut cookies = HeaderMap::new();
        let binding = match &outcome {
            Ok(Landed::Code { binding, .. }) => Some((binding.clone(), flow::CODE_LIFE)),
            _ => None,
        };
        let mut response = match (&self.landing_page, outcome) {
            (Some(page), outcome) => self.show(page, outcome),
            (None, Ok(Landed::LoggedIn(answer))) => Json(CallbackAnswer::LoggedIn(answer)).into_response(),
            (None, Ok(Landed::Linked(answer))) => Json(CallbackAnswer::Linked(answer)).into_response(),
            (None, Ok(Landed::Code { .. })) => ApiError::Internal("a code without a page".into()).into_response(),
            (None, Err(error)) => error.into_response(),
        };
        self.public_url.take_cookie(&mut cookies, FLOW_COOKIE);
        if let Some((binding, life)) = binding {
            self.public_url.set_cookie(&mut cookies, BINDING_COOKIE, &binding, life);
        }
        response.headers_mut().extend(cookies);
        response
    }

    /// Sends the browser to the front end's page.
    fn show(&self, page: &LandingPage, outcome: Result<Landed, ApiError>) -> Response {
        let target = match outcome {
            Ok(Landed::Code { code, .. }) => page.with("code", &code),
            Ok(Landed::Linked(answer)) => page.with("linked", &answer.identity.provider),
            Ok(Landed::LoggedIn(_)) => {
                return ApiError::Internal("a login has no place in a URL".into()).into_response();
            }
            Err(error) => {
                // Rendered, so that it is logged as everywhere.
                let response = error.into_response();
                let code = response.extensions().get::<Problem>().map_or("internal", |problem| problem.code);
                page.with("error", code)
            }
        };
        match HeaderValue::try_from(target) {
            Ok(location) => redirect(location),
            Err(error) => ApiError::Internal(error.into()).into_response(),
        }
    }
}

fn redirect(location: HeaderValue) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(LOCATION, location);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_is_added_to_whatever_address_the_page_has() {
        let with = |page: &str| page.parse::<LandingPage>().unwrap().with("code", "a&b");
        assert_eq!(with("https://blog.example/login"), "https://blog.example/login?code=a%26b");
        assert_eq!(with("https://blog.example/?page=login"), "https://blog.example/?page=login&code=a%26b");
    }

    #[test]
    fn what_is_no_page_is_refused() {
        for bad in ["", "/login", "javascript:alert(1)", "https://", "https://x/#/login", "https://x/\r\ny"] {
            assert!(bad.parse::<LandingPage>().is_err(), "{bad}");
        }
    }
}
