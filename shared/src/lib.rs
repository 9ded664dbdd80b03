//! What BlogHub's functions have in common.
//!
//! Dependencies point inwards: [`domain`] knows nobody, [`ports`] know the domain, [`adapters`] implement ports, functions use
//! ports. [`http`], [`config`] and [`telemetry`] are the shell around a function, [`function`] is what makes one and
//! [`lambda`] runs it.

pub mod accounts;
pub mod adapters;
pub mod batch;
pub mod cache;
pub mod cached;
pub mod codes;
pub mod config;
pub mod domain;
pub mod function;
pub mod hot;
pub mod http;
pub mod identities;
pub mod indexing;
pub mod lambda;
pub mod lease;
pub mod ports;
pub mod proofs;
pub mod queue;
pub mod ranking;
pub mod resilience;
pub mod sms;
pub mod stream;
pub mod telemetry;
pub mod wiring;
pub mod worker;

#[doc(hidden)]
pub use {axum, utoipa, utoipa_axum};
