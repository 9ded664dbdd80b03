//! Interactions: likes, collections, follows, and counters of what was done.

pub(super) mod counters;
mod items;

use super::store::{Dynamo, TableName};

/// The table of interactions.
#[derive(Clone)]
pub struct InteractionTable {
    dynamo: Dynamo,
    name: TableName,
}

impl InteractionTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}
