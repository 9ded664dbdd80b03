//! Why messages died: their last errors, kept for whoever looks at a dead-letter queue.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Queue, Table},
};
use crate::domain::Timestamp;

/// Why a message was given up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The queue that it was in.
    pub queue: Queue,
    /// Its id, which it keeps in the dead-letter queue.
    pub message_id: String,
    /// The last error with its causes, in one line. Never what the message says.
    pub error: String,
    /// When that was.
    pub at: Timestamp,
}

/// Notes why messages are given up.
#[async_trait]
pub trait Failures: Send + Sync {
    /// Keeps `failure` as long as a dead-letter queue keeps the message: 14 days.
    async fn note(&self, failure: &Failure) -> Result<(), StoreError>;
}

/// What [`Failures`] does to which table.
pub const FAILURES: &[Permission] = &[Permission::new(Table::Coordination, "PutItem")];
