//! Messages to send, and how many there were. Both expire.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | task | `TASKS#<shard>` | `<task id>` |
//! | what a phone got and tried in a day | `SMS#<day>#PHONE#<pseudonym>` | `COUNT` |
//! | what an address asked for in a day | `SMS#<day>#ADDRESS#<pseudonym>` | `COUNT` |
//! | what a country got in a day | `SMS#<day>#COUNTRY#<calling code>#<shard>` | `COUNT` |
//! | what all got in a day | `SMS#<day>#ALL#<shard>` | `COUNT` |
//!
//! A task that was sent is deleted, so that a shard holds what waits and, for a day, what was given up: who looks for what is due
//! reads little more than that, in the order of its making.

mod additions;
mod counts;
mod items;
mod resends;
mod sends;

use super::store::{Dynamo, TableName};

pub(super) use items::said;

/// The table of tasks.
#[derive(Clone)]
pub struct TaskTable {
    dynamo: Dynamo,
    name: TableName,
}

impl TaskTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}
