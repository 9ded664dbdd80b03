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
    let list = |item: fn(&Allowance) -> String| {
        HeaderValue::from_str(&allowances.iter().map(item).collect::<Vec<_>>().join(", "))
            .expect("names and numbers are visible ASCII")
    };
    let left = list(|a| format!("\"{}\";r={};t={}", a.dimension.name(), a.remaining, seconds(a.reset)));
    let policy = list(|a| format!("\"{}\";q={};w={}", a.dimension.name(), a.quota.calls, a.quota.window.as_secs()));
    response.headers_mut().insert(RATE_LIMIT, left);
    response.headers_mut().insert(POLICY, policy);
}

/// Whole seconds, so that whoever waits for them has waited long enough.
pub(super) fn seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX)
}
