//! Which sites' pages may call the API (CORS). The functions answer preflights themselves, so that every face of the
//! platform answers alike.

use std::{str::FromStr, time::Duration};

use axum::{
    extract::Request,
    response::{IntoResponse as _, Response},
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ORIGIN, VARY,
    },
};
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::{AllowHeaders, AllowOrigin, CorsLayer};

/// How long browsers may remember a preflight's answer; they cap it at two hours themselves.
const MAX_AGE: Duration = Duration::from_secs(7_200);

/// Origins whose pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// Any, without cookies: so a page can do no more than anyone with `curl`.
    Any,
    /// Only these. They may send and get cookies: that a login is under way is kept in one.
    Only(Vec<HeaderValue>),
}

impl FromStr for AllowedOrigins {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let origin = |text: &str| {
            let text = text.trim();
            let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
            let known = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
            let well_formed = host.is_some_and(|host| !host.is_empty() && host.chars().all(known));
            let value = well_formed.then(|| HeaderValue::from_str(text).ok()).flatten();
            value.ok_or_else(|| "has something that is no origin".to_owned())
        };
        text.split(',').map(origin).collect::<Result<_, _>>().map(Self::Only)
    }
}

/// The headers that pages may read, besides those which they always may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, idempotency-replayed, ratelimit, ratelimit-policy, retry-after, x-access-token, x-request-id",
);

impl AllowedOrigins {
    /// Answers a browser that asks whether a page may send `request`.
    pub(super) async fn preflight(&self, request: Request) -> Response {
        let origins = match self {
            Self::Any => AllowOrigin::any(),
            Self::Only(origins) => AllowOrigin::list(origins.iter().cloned()),
        };
        let layer = CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(AllowHeaders::mirror_request())
            .allow_credentials(matches!(self, Self::Only(_)))
            .max_age(MAX_AGE);
        // The layer answers by itself and never asks what is beneath it.
        let beneath =
            service_fn(|_| async { Ok::<_, std::convert::Infallible>(StatusCode::NO_CONTENT.into_response()) });
        layer.layer(beneath).oneshot(request).await.into_response()
    }

    /// Says in the headers of an answer whether a page of `origin` may read it. That is a few headers, which the layer would copy several
    /// times for each request.
    pub(super) fn mark(&self, origin: Option<HeaderValue>, headers: &mut HeaderMap) {
        match self {
            Self::Any => {
                headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            }
            Self::Only(origins) => {
                headers.append(VARY, HeaderValue::from_name(ORIGIN));
                if let Some(origin) = origin.filter(|origin| origins.contains(origin)) {
                    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                    headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
                }
            }
        }
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_parsed_and_what_is_none_is_named() {
        assert_eq!("*".parse(), Ok(AllowedOrigins::Any));
        let two = "https://a.example, http://127.0.0.1:4200".parse();
        assert!(matches!(two, Ok(AllowedOrigins::Only(origins)) if origins.len() == 2));
        for bad in ["", "a.example", "https://a.example/", "https://a.example,"] {
            assert!(bad.parse::<AllowedOrigins>().is_err(), "{bad}");
        }
    }
}
