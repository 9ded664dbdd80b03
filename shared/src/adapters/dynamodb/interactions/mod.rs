//! Interactions: likes, collections, follows, and counters of what was done.

mod collections;
pub(super) mod counters;
mod departures;
mod follows;
mod items;
mod kept;
mod likes;
mod reactions;

pub use follows::FollowTable;
pub(super) use items::{follow_key, follows_partition, said};
pub use kept::KeptTable;
pub(super) use reactions::{reactions_from, reactions_keys};

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
