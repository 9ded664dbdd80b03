//! BlogHub on one machine: the same functions as on Lambda, over embedded services that speak the same wire protocols.
//!
//! [`services`] starts the backing services in a data folder, [`platform`] mounts the functions over them, [`template`] reads
//! what `template.yaml` says of tables and routes.

mod addresses;
mod backends;
pub mod child;
pub mod commands;
mod common_answers;
pub mod data;
mod documents;
mod dynamodb;
mod error;
pub mod functions;
mod ledger;
mod log;
pub mod platform;
mod redis_server;
mod search;
pub mod services;
mod sources;
mod sqs;
pub mod template;

pub use documents::{configuration, openapi};
pub use error::StartError;
