//! What keeps a service that is away or slow from taking its callers down: breakers and budgeted retries.

pub mod breaker;
pub mod retry;
pub mod shared_breaker;
