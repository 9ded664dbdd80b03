//! Articles, written by their authors and read by everyone.

use async_trait::async_trait;

use super::{
    StoreError,
    idempotency::Record,
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId, Timestamp,
    article::{Article, ArticleBody, ArticleFilter, Listing, Read, Slug},
    page::Page,
};

/// Why an article could not be stored; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum SaveArticleError {
    /// The slug belongs, or once belonged, to another article.
    #[error("the slug is taken")]
    SlugTaken,
    /// The article changed, or was deleted, since it was read.
    #[error("the article changed in the meantime")]
    Changed,
    /// Another request under the same idempotency key has done it or is about to; its record, if there is one, says which.
    #[error("the idempotency key is in use")]
    KeyInUse,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writing articles. Each call is one transaction over the article, its lists and their counts, so that what was written is
/// on every list at once.
#[async_trait]
pub trait ArticleWrites: Send + Sync {
    /// The article as last written, if there is one.
    async fn find(&self, slug: &Slug) -> Result<Option<Article>, StoreError>;

    /// The text that `article` shows.
    async fn body(&self, article: &Article) -> Result<ArticleBody, StoreError>;

    /// Stores a new article, and with it the record of the request that wants it `once`.
    ///
    /// # Errors
    /// [`SaveArticleError::SlugTaken`], [`SaveArticleError::KeyInUse`].
    async fn create(
        &self,
        article: &Article,
        body: &ArticleBody,
        once: Option<Record<'_>>,
    ) -> Result<(), SaveArticleError>;

    /// Stores `new` in place of `old`, with a new text if there is one, if the article is still at `old`'s version.
    ///
    /// # Errors
    /// [`SaveArticleError::Changed`].
    async fn update(&self, old: &Article, new: &Article, body: Option<&ArticleBody>) -> Result<(), SaveArticleError>;

    /// Deletes `article` at `now`, if it is still at its version; its slug is never given again. Nothing leads to its
    /// bodies any more; they are marked for the [sweep](super::sweeps).
    ///
    /// # Errors
    /// [`SaveArticleError::Changed`].
    async fn delete(&self, article: &Article, now: Timestamp) -> Result<(), SaveArticleError>;
}

/// What [`ArticleWrites`] does to tables.
pub const ARTICLE_WRITES: &[Permission] = &[
    Permission::new(Table::Articles, "GetItem"),
    Permission::new(Table::Articles, "PutItem"),
    Permission::new(Table::Articles, "UpdateItem"),
    Permission::new(Table::Articles, "DeleteItem"),
];

/// Reading articles. Everything is read as last written.
#[async_trait]
pub trait ArticleReads: Send + Sync {
    /// The article with its text and author.
    async fn read(&self, slug: &Slug) -> Result<Option<Read>, StoreError>;

    /// One page of those that pass `filter`, newest first.
    async fn list(&self, filter: &ArticleFilter, page: Page<ArticleId>) -> Result<Listing, StoreError>;

    /// The tags in use, the most used first.
    async fn tags(&self) -> Result<Vec<String>, StoreError>;
}

/// What [`ArticleReads`] does to tables.
pub const ARTICLE_READS: &[Permission] = &[
    Permission::new(Table::Articles, "GetItem"),
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Articles, "Query"),
    Permission::new(Table::Users, "BatchGetItem"),
];
