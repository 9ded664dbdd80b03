//! The ports on real services. Only a function's `main` and the local host name what is in here.

pub mod calls;
pub mod dynamodb;
pub mod host;
pub mod jwt;
pub mod passwords;
pub mod redis;
mod ring_jwt;
pub mod system;
mod tls;
