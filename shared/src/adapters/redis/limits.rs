//! Rate limits: one script and one key for each caller and class, which counts and decides at once.

use std::{fmt::Write as _, time::Duration};

use redis::Value;

use super::wave::{Ask, Script, read, script};
use crate::{
    domain::{
        RequestId, Timestamp,
        limit::{Allowance, Counting},
    },
    ports::{StoreError, arrivals::Count},
};

script! {
    /// Answers whether there was a token, how many are left and when there are more.
    TOKEN_BUCKET = "token_bucket.lua"
}
script! {
    /// Answers the same of a window.
    SLIDING_WINDOW = "sliding_window.lua"
}

/// The script that counts `count`. `id` is the call's name in a window.
pub(super) fn ask(count: &Count, id: RequestId, now: Timestamp) -> Ask {
    let Count { caller, class, quota } = count;
    let script: &Script = match class.counting() {
        Counting::TokenBucket => &TOKEN_BUCKET,
        Counting::SlidingWindow => &SLIDING_WINDOW,
    };
    // A change of the quota begins a new count: what is kept fits the quota that it was kept under.
    let mut key = String::with_capacity(96);
    write!(key, "limit:{{{caller}}}:").expect("a string takes whatever is written");
    let (mut calls, mut seconds) = (itoa::Buffer::new(), itoa::Buffer::new());
    key.extend([class.name(), ":", calls.format(quota.calls), "/", seconds.format(quota.window.as_secs())]);
    let window = u64::try_from(quota.window.as_millis()).unwrap_or(u64::MAX);
    Ask::script(script, &[key], (now.as_millis(), quota.calls, window, id.to_string()))
}

/// What the script answered.
pub(super) fn allowance(count: &Count, answer: Value) -> Result<Allowance, StoreError> {
    let (allowed, remaining, reset): (u8, u32, u64) = read(answer)?;
    Ok(Allowance {
        quota: count.quota,
        dimension: count.caller.dimension(),
        allowed: allowed == 1,
        remaining,
        reset: Duration::from_millis(reset),
    })
}
