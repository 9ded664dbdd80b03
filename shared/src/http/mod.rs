//! What every HTTP function does alike: parsing, who is asking, errors, log lines, headers.

pub mod auth;
pub mod cors;
pub mod idempotency;
mod json;
mod layers;
mod path;
mod problem;
mod query;
pub mod views;

pub use json::{JsonBody, MAX_BODY_BYTES, Object};
pub use layers::Shell;
pub use path::PathParam;
pub use problem::{ApiError, Problem};
pub use query::Query;
