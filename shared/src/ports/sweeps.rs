//! What deletions leave to be swept: bodies of deleted drafts and articles, which may be too many for the request that deleted them.

use async_trait::async_trait;

use super::{
    StoreError,
    leases::{GuardedWriteError, Lease},
    permission::{Permission, Table},
};
use crate::domain::DraftId;

/// What was deleted of one draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dropped {
    /// How many items.
    pub items: u32,
    /// Whether there may be more.
    pub more: bool,
}

/// Finds what is to be swept, and sweeps it. A mark says that a draft was deleted and that bodies of it, or of its article, may
/// still be there; it is stored in the deletion's transaction.
#[async_trait]
pub trait Sweeps: Send + Sync {
    /// The drafts of at most `limit` marks, the oldest first.
    async fn marks(&self, limit: u16) -> Result<Vec<DraftId>, StoreError>;

    /// Deletes at most `limit` of a deleted draft's bodies. It needs no guard: nobody ever stores a body of a deleted draft.
    async fn drop_bodies(&self, draft: DraftId, limit: u16) -> Result<Dropped, StoreError>;

    /// Removes the mark of a draft of which nothing is left. Done only while `lease` is its holder's.
    ///
    /// # Errors
    /// [`GuardedWriteError::Fenced`].
    async fn settle(&self, draft: DraftId, lease: &Lease) -> Result<(), GuardedWriteError>;
}

/// What [`Sweeps`] does to tables, besides the guard.
pub const SWEEPS: &[Permission] = &[
    Permission::new(Table::Articles, "Query"),
    Permission::new(Table::Articles, "BatchWriteItem"),
    Permission::new(Table::Articles, "DeleteItem"),
];
