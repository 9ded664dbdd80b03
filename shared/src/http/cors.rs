//! Which sites' pages may call the API (CORS). The functions answer preflights themselves, so that every face of the
//! platform answers alike.

use std::{str::FromStr, time::Duration};

use http::{HeaderName, HeaderValue, Method};
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

impl AllowedOrigins {
    /// The layer that answers preflights and marks answers.
    pub(super) fn layer(&self) -> CorsLayer {
        let origins = match self {
            Self::Any => AllowOrigin::any(),
            Self::Only(origins) => AllowOrigin::list(origins.iter().cloned()),
        };
        let exposed = [
            "etag",
            "idempotency-replayed",
            "ratelimit",
            "ratelimit-policy",
            "retry-after",
            "x-access-token",
            "x-request-id",
        ];
        CorsLayer::new()
            .allow_origin(origins)
            .allow_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers(AllowHeaders::mirror_request())
            .expose_headers(exposed.map(HeaderName::from_static))
            .allow_credentials(matches!(self, Self::Only(_)))
            .max_age(MAX_AGE)
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
