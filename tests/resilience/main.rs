//! Breakers and retries: their rules as properties, and real clients before services that are away or stuck.

mod breaker;
mod clients;
mod retry;
mod shared_breaker;
