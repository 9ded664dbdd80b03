//! Interactions: likes, collections, follows, and counters of what was done.

mod audits;
mod classes;
mod collections;
pub(super) mod counters;
mod departures;
mod follows;
mod items;
mod kept;
mod likes;
mod reactions;
mod tallies;
mod views;

pub(super) use classes::reclassified;
pub(super) use counters::counters_from;
pub use follows::FollowTable;
pub(super) use items::{counters_key, follow_key, follows_partition, moved, said};
pub use kept::KeptTable;
pub(super) use reactions::Reacted;
pub use reactions::ReactionTable;

use super::store::{Dynamo, TableName};

/// The table of interactions.
#[derive(Clone)]
pub struct InteractionTable {
    dynamo: Dynamo,
    pub(super) name: TableName,
}

impl InteractionTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}
