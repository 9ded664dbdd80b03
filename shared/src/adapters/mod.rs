//! The ports on real services. Only wiring and the local host name what is in here; functions see ports.

pub mod aws;
mod breaker;
pub mod calls;
pub mod dynamodb;
pub mod host;
mod http1;
pub mod http_client;
pub mod jwt;
pub mod no_cache;
pub mod passwords;
pub mod redis;
pub mod remembered_tokens;
mod ring_jwt;
pub mod search;
pub mod sms;
pub mod sqs;
pub mod system;
mod tls;
mod web;
