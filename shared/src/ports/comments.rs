//! Comments, written and read by everyone.

use async_trait::async_trait;

use super::{
    StoreError,
    idempotency::Record,
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId, Timestamp, UserId,
    article::Article,
    comment::{Comment, CommentBody, CommentId, CommentPage},
    page::Page,
};

/// Why a comment was not stored; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum AddCommentError {
    /// Another comment has the id, or the thread is ahead of it: the next try needs one after this.
    #[error("the id is not free: one after {0} may be")]
    IdTaken(CommentId),
    /// The article is not there any more.
    #[error("the article is gone")]
    ArticleGone,
    /// What is answered, or its thread, is not there any more.
    #[error("what is answered is gone")]
    ParentGone,
    /// Another request under the same idempotency key has done it or is about to; its record, if there is one, says which.
    #[error("the idempotency key is in use")]
    KeyInUse,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a comment was not deleted; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum DeleteCommentError {
    /// There is no such comment, or not any more.
    #[error("there is no such comment")]
    Missing,
    /// It may not be deleted.
    #[error("it may not be deleted")]
    Forbidden,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A comment that can be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parent {
    /// The comment, as last written.
    pub comment: Comment,
    /// How many replies a list shows of the thread that it stands in.
    pub opening: usize,
}

/// Writing comments. Each call is one transaction over the comment, its thread and the counts, so that what was written is on
/// every list and in every count at once.
#[async_trait]
pub trait CommentWrites: Send + Sync {
    /// The comment, if it can be answered.
    async fn parent(&self, article: ArticleId, id: CommentId) -> Result<Option<Parent>, StoreError>;

    /// Stores a new comment on `article`, in answer to `parent` if it is a reply, and with it the record of the request that
    /// wants it `once`.
    ///
    /// # Errors
    /// All of [`AddCommentError`].
    async fn add(
        &self,
        article: &Article,
        comment: &Comment,
        body: &CommentBody,
        parent: Option<&Parent>,
        once: Option<Record<'_>>,
    ) -> Result<(), AddCommentError>;

    /// Deletes a comment at `now`, if it `may` be. With one that begins a thread goes the thread, for readers at once; its items
    /// are marked for the [sweep](super::sweeps). A reply that others answered stays as a placeholder until they have gone.
    ///
    /// # Errors
    /// All of [`DeleteCommentError`].
    async fn delete(
        &self,
        article: ArticleId,
        id: CommentId,
        may: &(dyn for<'a> Fn(&'a Comment) -> bool + Sync),
        now: Timestamp,
    ) -> Result<(), DeleteCommentError>;
}

/// What [`CommentWrites`] does to tables.
pub const COMMENT_WRITES: &[Permission] = &[
    Permission::new(Table::Articles, "ConditionCheckItem"),
    Permission::new(Table::Comments, "BatchGetItem"),
    Permission::new(Table::Comments, "GetItem"),
    Permission::new(Table::Comments, "Query"),
    Permission::new(Table::Comments, "PutItem"),
    Permission::new(Table::Comments, "UpdateItem"),
    Permission::new(Table::Comments, "DeleteItem"),
    Permission::new(Table::Interactions, "UpdateItem"),
];

/// Reading comments as `viewer` sees them. Everything is read as last written, authors in one batch. Pages begin at their lists' beginnings or behind
/// a comment, whether or not that is still there.
#[async_trait]
pub trait CommentReads: Send + Sync {
    /// The comments that begin threads, newest first, each with the first replies.
    async fn threads(
        &self,
        article: ArticleId,
        viewer: Option<UserId>,
        page: Page<CommentId>,
    ) -> Result<CommentPage, StoreError>;

    /// All comments, newest first, without placeholders and without replies in them.
    async fn flat(
        &self,
        article: ArticleId,
        viewer: Option<UserId>,
        page: Page<CommentId>,
    ) -> Result<CommentPage, StoreError>;

    /// The replies in the thread that `root` begins, oldest first. A reply begins none; `None` if there is no such comment.
    async fn replies(
        &self,
        article: ArticleId,
        root: CommentId,
        viewer: Option<UserId>,
        page: Page<CommentId>,
    ) -> Result<Option<CommentPage>, StoreError>;
}

/// What [`CommentReads`] does to tables.
pub const COMMENT_READS: &[Permission] = &[
    Permission::new(Table::Comments, "Query"),
    Permission::new(Table::Comments, "BatchGetItem"),
    Permission::new(Table::Users, "BatchGetItem"),
    Permission::new(Table::Interactions, "BatchGetItem"),
];
