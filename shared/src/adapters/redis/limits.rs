//! Rate limits: one script and one key for each caller and class, which counts and decides at once.

use std::{fmt::Write as _, time::Duration};

use redis::Value;

use super::wave::{Ask, read, script};
use crate::{
    domain::{RequestId, Timestamp, limit::Allowance},
    ports::{StoreError, arrivals::Count},
};

script! {
    /// Answers for each of some calls whether there was a token, how many are left and when there are more.
    TOKEN_BUCKET = "token_bucket.lua"
}
script! {
    /// Answers the same of one call in a window.
    SLIDING_WINDOW = "sliding_window.lua"
}

/// A change of the quota begins a new count: what is kept fits the quota that it was kept under.
fn key(Count { caller, class, quota }: &Count) -> String {
    let mut key = String::with_capacity(96);
    write!(key, "limit:{{{caller}}}:").expect("a string takes whatever is written");
    let (mut calls, mut seconds) = (itoa::Buffer::new(), itoa::Buffer::new());
    key.extend([class.name(), ":", calls.format(quota.calls), "/", seconds.format(quota.window.as_secs())]);
    key
}

fn window(count: &Count) -> u64 {
    u64::try_from(count.quota.window.as_millis()).unwrap_or(u64::MAX)
}

/// Takes `calls` tokens of the bucket of `count`; the answer has an [`allowance`] for each.
pub(super) fn take(count: &Count, calls: usize, now: Timestamp) -> Ask {
    Ask::script(&TOKEN_BUCKET, &[key(count)], (now.as_millis(), count.quota.calls, window(count), calls))
}

/// Notes the call `id` in the window of `count`; the answer is its [`allowance`].
pub(super) fn note(count: &Count, id: RequestId, now: Timestamp) -> Ask {
    let args = (now.as_millis(), count.quota.calls, window(count), id.to_string());
    Ask::script(&SLIDING_WINDOW, &[key(count)], args)
}

/// What a script answered of one call.
pub(super) fn allowance(count: &Count, answer: &Value) -> Result<Allowance, StoreError> {
    let (allowed, remaining, reset): (u8, u32, u64) = read(answer)?;
    Ok(Allowance {
        quota: count.quota,
        dimension: count.caller.dimension(),
        allowed: allowed == 1,
        remaining,
        reset: Duration::from_millis(reset),
    })
}
