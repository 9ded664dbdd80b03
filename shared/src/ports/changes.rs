//! Handing changes on: from a table's change stream to the queues of those who follow from them.

use async_trait::async_trait;
use serde_json::Value;

use super::{
    StoreError,
    permission::{Permission, Queue},
};
use crate::domain::change::Change;

/// Understands the records of the tables' change streams.
pub trait ChangeRecords: Send + Sync {
    /// What `record`, as Lambda hands it over, says to those outside the table; `None` if it is of no interest to anyone.
    ///
    /// # Errors
    /// A record that no table of ours should have written. It never will make sense: it is to be put aside.
    fn read(&self, record: &Value) -> Result<Option<Change>, StoreError>;
}

/// Sends changes to queues.
#[async_trait]
pub trait ChangeQueues: Send + Sync {
    /// Sends each of `changes` as a message of its own. Order is not kept.
    ///
    /// # Errors
    /// Which were not sent, after some tries. Of these any may have been sent all the same.
    async fn send(&self, queue: Queue, changes: &[Change]) -> Result<(), NotSent>;
}

/// What [`ChangeQueues`] does to which queue.
pub const CHANGE_QUEUES: &[Permission] =
    &[Permission::send(Queue::CacheEvict), Permission::send(Queue::SearchSync), Permission::send(Queue::SmsDispatch)];

/// Changes that were not sent.
#[derive(Debug)]
pub struct NotSent {
    /// Their places in what was to be sent, ascending; never none.
    pub places: Vec<usize>,
    /// What was in the way of the first.
    pub source: StoreError,
}
