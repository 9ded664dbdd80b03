//! What deletions leave to be swept: what was a deleted user's, bodies of deleted drafts and articles, comments on deleted articles,
//! and replies in deleted threads, which may be too many for the request that deleted them.

use async_trait::async_trait;

use super::{
    StoreError,
    leases::{GuardedWriteError, Lease},
    permission::{Permission, Table},
};
use crate::domain::{ArticleId, DraftId, Timestamp, UserId, comment::CommentId};

/// Says that a user is gone, and that something of theirs may still be there. It is stored in the deletion's transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserMark {
    /// Who.
    pub user: UserId,
    /// When they went. A request of theirs that was under way then may write something after.
    pub since: Timestamp,
}

/// A kind of what is left of a deleted user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remains {
    /// By what else they logged in, and tries to.
    Identities,
    /// Their logins.
    Sessions,
    /// Answers that are kept under their idempotency keys.
    Answers,
    /// Drafts and articles. Readers of an article are told that it was withdrawn.
    Writings,
    /// Likes.
    Likes,
    /// Their collection.
    Collection,
    /// That they follow others.
    Followees,
    /// That others follow them.
    Followers,
    /// Counts of all these.
    Counts,
}

impl Remains {
    /// All kinds, what is most personal first.
    pub const ALL: [Self; 9] = [
        Self::Identities,
        Self::Sessions,
        Self::Answers,
        Self::Writings,
        Self::Likes,
        Self::Collection,
        Self::Followees,
        Self::Followers,
        Self::Counts,
    ];
}

/// Finds what was deleted users', and sweeps it. What others see of it moves along: counts, lists. Comments stay, as nobody's.
#[async_trait]
pub trait UserSweeps: Send + Sync {
    /// At most `limit` marks behind that of `last`.
    async fn marks(&self, last: Option<UserId>, limit: u16) -> Result<Vec<UserMark>, StoreError>;

    /// Removes the first of what is left of one kind, at most `limit`, at `now`; answers how many there were. With 0 nothing is left.
    /// It needs no guard: to remove it twice changes nothing.
    async fn drop_remains(&self, user: UserId, remains: Remains, limit: u16, now: Timestamp)
    -> Result<u32, StoreError>;

    /// Removes the mark of a user of whom nothing is left. Done only while `lease` is its holder's.
    ///
    /// # Errors
    /// [`GuardedWriteError::Fenced`].
    async fn settle(&self, user: UserId, lease: &Lease) -> Result<(), GuardedWriteError>;
}

/// What [`UserSweeps`] does to tables, besides the guard.
pub const USER_SWEEPS: &[Permission] = &[
    Permission::new(Table::Users, "Query"),
    Permission::new(Table::Users, "BatchWriteItem"),
    Permission::new(Table::Users, "DeleteItem"),
    Permission::new(Table::Sessions, "Query"),
    Permission::new(Table::Sessions, "BatchWriteItem"),
    Permission::new(Table::Coordination, "Query"),
    Permission::new(Table::Coordination, "BatchWriteItem"),
    Permission::new(Table::Articles, "Query"),
    Permission::new(Table::Articles, "GetItem"),
    Permission::new(Table::Articles, "PutItem"),
    Permission::new(Table::Articles, "UpdateItem"),
    Permission::new(Table::Articles, "DeleteItem"),
    Permission::new(Table::Articles, "BatchWriteItem"),
    Permission::new(Table::Interactions, "Query"),
    Permission::new(Table::Interactions, "UpdateItem"),
    Permission::new(Table::Interactions, "DeleteItem"),
    Permission::new(Table::Interactions, "BatchWriteItem"),
];

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
