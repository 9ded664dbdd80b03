//! Rate limits as clients see them: the headers `RateLimit` and `RateLimit-Policy` of the IETF's draft
//! (draft-ietf-httpapi-ratelimit-headers-10), one item for each dimension.

use std::time::Duration;

use axum::response::Response;
use http::{HeaderName, HeaderValue};

use crate::domain::limit::{Allowance, Quotas};

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// Whether calls are limited, and to what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RateLimits {
    /// Everyone may call as often as they like.
    Off,
    /// Up to these quotas.
    On(Quotas),
}

/// How long to wait, if a call was beyond one of its quotas.
pub(super) fn refused(allowances: &[Allowance]) -> Option<Duration> {
    allowances.iter().filter(|allowance| !allowance.allowed).map(|allowance| allowance.reset).max()
}

/// Tells the client how much is left.
pub(super) fn tell(allowances: &[Allowance], response: &mut Response) {
    if allowances.is_empty() {
        return;
    }
    let (mut left, mut policy) = (String::with_capacity(64), String::with_capacity(64));
    for Allowance { quota, dimension, remaining, reset, .. } in allowances {
        item(&mut left, dimension.name(), [("r", u64::from(*remaining)), ("t", seconds(*reset))]);
        item(&mut policy, dimension.name(), [("q", u64::from(quota.calls)), ("w", quota.window.as_secs())]);
    }
    let header = |list| HeaderValue::try_from(list).expect("names and numbers are visible ASCII");
    response.headers_mut().insert(RATE_LIMIT, header(left));
    response.headers_mut().insert(POLICY, header(policy));
}

/// One more item of a list, with its parameters.
fn item(list: &mut String, name: &str, parameters: [(&str, u64); 2]) {
    list.push_str(if list.is_empty() { "\"" } else { ", \"" });
    list.push_str(name);
    list.push('"');
    for (parameter, number) in parameters {
        list.push(';');
        list.push_str(parameter);
        list.push('=');
        list.push_str(itoa::Buffer::new().format(number));
    }
}

/// Whole seconds, so that whoever waits for them has waited long enough.
pub(super) fn seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}
