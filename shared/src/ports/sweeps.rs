//! What deletions leave to be swept: bodies of deleted drafts and articles, comments on deleted articles, and replies in deleted
//! threads, which may be too many for the request that deleted them.

use async_trait::async_trait;

use super::{
    StoreError,
    leases::{GuardedWriteError, Lease},
    permission::{Permission, Table},
};
use crate::domain::{ArticleId, DraftId, comment::CommentId};

/// Says that a draft was deleted, and with it its article, if it had one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The draft.
    pub draft: DraftId,
    /// The article, live or withdrawn.
    pub article: Option<ArticleId>,
}

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
    /// At most `limit` marks, those of the oldest drafts first.
    async fn marks(&self, limit: u16) -> Result<Vec<Mark>, StoreError>;

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

/// Says that the comment that began a thread was deleted, and that replies may still be there. It is stored in the deletion's
/// transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ThreadMark {
    /// The article.
    pub article: ArticleId,
    /// The comment that began the thread.
    pub root: CommentId,
}

/// Finds comments that are to be swept, and sweeps them. Deleting them needs no guard: nobody ever adds to a deleted thread, or to a
/// deleted article.
#[async_trait]
pub trait CommentSweeps: Send + Sync {
    /// At most `limit` marks of deleted threads.
    async fn marks(&self, limit: u16) -> Result<Vec<ThreadMark>, StoreError>;

    /// Deletes the oldest replies in a deleted thread, at most `limit`; answers how many there were. With 0 nothing is left.
    async fn drop_replies(&self, mark: &ThreadMark, limit: u16) -> Result<u32, StoreError>;

    /// Deletes the oldest comments on a deleted article, at most `limit`; answers how many there were. With 0 nothing is left.
    async fn drop_comments(&self, article: ArticleId, limit: u16) -> Result<u32, StoreError>;

    /// Removes the mark of a thread of which nothing is left. Done only while `lease` is its holder's.
    ///
    /// # Errors
    /// [`GuardedWriteError::Fenced`].
    async fn settle(&self, mark: &ThreadMark, lease: &Lease) -> Result<(), GuardedWriteError>;
}

/// What [`CommentSweeps`] does to tables, besides the guard.
pub const COMMENT_SWEEPS: &[Permission] = &[
    Permission::new(Table::Comments, "Query"),
    Permission::new(Table::Comments, "BatchWriteItem"),
    Permission::new(Table::Comments, "DeleteItem"),
];
