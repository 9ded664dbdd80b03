//! What follows from a write: the relay of change streams, and the contract that every consumer of a queue keeps.
//!
//! A consumer joins the contract by one line in [`consumers`].

mod contract;
mod evictions;
mod indexing;
mod messages;
mod relay;
mod sqs;
mod surroundings;

/// Every consumer of a queue.
fn consumers() -> Vec<contract::Case> {
    vec![evictions::case(), indexing::case(), messages::case()]
}
