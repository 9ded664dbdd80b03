//! Answers that are kept under idempotency keys. Writing one is no call of its own: a [`Record`] is handed to the port that does
//! the effect, which stores both in one transaction or neither.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    Timestamp,
    idempotency::{Fingerprint, KeptAnswer, KeyedRequest},
};

/// What joins the transaction of an effect: which request it is the effect of, and what will be answered. The transaction does
/// nothing if there is a record of the same key that has not expired.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    /// The request.
    pub request: &'a KeyedRequest,
    /// What will be answered.
    pub answer: &'a KeptAnswer,
    /// When: the record expires [`KEPT`](crate::domain::idempotency::KEPT) after.
    pub now: Timestamp,
}

/// What was kept under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Of the body that was sent.
    pub fingerprint: Fingerprint,
    /// What was answered.
    pub answer: KeptAnswer,
}

/// Reads records.
#[async_trait]
pub trait IdempotencyRecords: Send + Sync {
    /// What was kept under the key of `request`, if it has not expired by `now`. Whether the bodies are the same is for the
    /// caller to see.
    async fn find(&self, request: &KeyedRequest, now: Timestamp) -> Result<Option<Kept>, StoreError>;
}

/// What records do to tables: in an effect's transaction, and when a request may have come before.
pub const IDEMPOTENCY_RECORDS: &[Permission] =
    &[Permission::new(Table::Coordination, "PutItem"), Permission::new(Table::Coordination, "GetItem")];
