//! What deletions leave to be swept: bodies of deleted articles, which may be too many for the request that deleted them.

use std::ops::RangeInclusive;

use async_trait::async_trait;

use super::{
    StoreError,
    leases::{GuardedWriteError, Lease},
    permission::{Permission, Table},
};
use crate::domain::ArticleId;

/// Says that an article was deleted and which of its bodies may still be there. It is stored in the deletion's transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// The article.
    pub article: ArticleId,
    /// The number of the last body that may still be there. They are numbered from 1 on.
    pub revisions: u32,
}

/// Finds what is to be swept, and sweeps it.
#[async_trait]
pub trait Sweeps: Send + Sync {
    /// At most `limit` marks, those of the oldest articles first.
    async fn marks(&self, limit: u16) -> Result<Vec<Mark>, StoreError>;

    /// Deletes the bodies `numbers` of a deleted article; those that are not there any more as well. It needs no guard: nobody
    /// ever stores a body of a deleted article.
    async fn drop_revisions(&self, article: ArticleId, numbers: RangeInclusive<u32>) -> Result<(), StoreError>;

    /// Notes that of the bodies of `article` none beyond `left` is there any more; with 0 the mark is removed. Done only while
    /// `lease` is its holder's.
    ///
    /// # Errors
    /// [`GuardedWriteError::Fenced`].
    async fn settle(&self, article: ArticleId, left: u32, lease: &Lease) -> Result<(), GuardedWriteError>;
}

/// What [`Sweeps`] does to tables, besides the guard.
pub const SWEEPS: &[Permission] = &[
    Permission::new(Table::Articles, "Query"),
    Permission::new(Table::Articles, "BatchWriteItem"),
    Permission::new(Table::Articles, "PutItem"),
    Permission::new(Table::Articles, "DeleteItem"),
];
