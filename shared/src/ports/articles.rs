//! Articles, written by their authors and read by everyone.

use async_trait::async_trait;

use super::{
    StoreError,
    idempotency::Record,
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId, Timestamp, UserId,
    article::{Article, ArticleBody, ArticleFilter, ArticleHtml, Found, Listing, Seen, Slug, Standing},
    draft::Draft,
    page::Page,
    tag::FoldedTag,
    view::Reader,
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

/// A new state of a draft in place of what was read. The transaction that stores it does nothing if the draft has changed since.
#[derive(Debug, Clone, Copy)]
pub struct DraftMove<'a> {
    /// As it was read.
    pub old: &'a Draft,
    /// As it shall be.
    pub new: &'a Draft,
}

/// A new text of an article: what its author wrote, and what readers may be shown in its place.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// In Markdown.
    pub body: &'a ArticleBody,
    /// The same as HTML.
    pub html: &'a ArticleHtml,
}

/// Writing articles. Each call is one transaction over the article, its draft, its lists and their counts, so that what was
/// written is on every list at once.
#[async_trait]
pub trait ArticleWrites: Send + Sync {
    /// What is at this address, as last written; `None` if there never was an article, or it was deleted.
    async fn find(&self, slug: &Slug) -> Result<Option<Standing>, StoreError>;

    /// The text that `article` shows.
    async fn body(&self, article: &Article) -> Result<ArticleBody, StoreError>;

    /// Stores a new article with its draft, and with them the record of the request that wants it `once`.
    ///
    /// # Errors
    /// [`SaveArticleError::SlugTaken`], [`SaveArticleError::KeyInUse`].
    async fn create(
        &self,
        article: &Article,
        draft: &Draft,
        text: Text<'_>,
        once: Option<Record<'_>>,
    ) -> Result<(), SaveArticleError>;

    /// Stores `article`, which shows the draft's body, in place of what was `before` at its address, and moves the draft. The body
    /// comes with its `html` the first time that it is published.
    ///
    /// # Errors
    /// [`SaveArticleError::SlugTaken`] if nothing was there before, [`SaveArticleError::Changed`] if article or draft changed,
    /// [`SaveArticleError::KeyInUse`].
    async fn publish(
        &self,
        before: Option<&Standing>,
        article: &Article,
        draft: DraftMove<'_>,
        html: Option<&ArticleHtml>,
        once: Option<Record<'_>>,
    ) -> Result<(), SaveArticleError>;

    /// Stores nothing but the record of a request that changes nothing, if `article` is still at its version.
    ///
    /// # Errors
    /// [`SaveArticleError::Changed`], [`SaveArticleError::KeyInUse`].
    async fn confirm(&self, article: &Article, once: Record<'_>) -> Result<(), SaveArticleError>;

    /// Stores `new` in place of `old`, with a new text if there is one, if the article is still at `old`'s version; and moves the
    /// draft, if it moves along.
    ///
    /// # Errors
    /// [`SaveArticleError::Changed`].
    async fn update(
        &self,
        old: &Article,
        new: &Article,
        draft: Option<DraftMove<'_>>,
        text: Option<Text<'_>>,
    ) -> Result<(), SaveArticleError>;

    /// Takes `article` away from its readers at `now`, and moves the draft. Its address stays its own.
    ///
    /// # Errors
    /// [`SaveArticleError::Changed`], [`SaveArticleError::KeyInUse`].
    async fn withdraw(
        &self,
        article: &Article,
        draft: DraftMove<'_>,
        now: Timestamp,
        once: Option<Record<'_>>,
    ) -> Result<(), SaveArticleError>;

    /// Deletes `article` and its draft at `now`, if the article is still at its version; its slug is never given again. Nothing
    /// leads to its bodies any more; they are marked for the [sweep](super::sweeps).
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
    Permission::new(Table::Articles, "ConditionCheckItem"),
];

/// Reading one article, as last written.
#[async_trait]
pub trait ArticleDetails: Send + Sync {
    /// What is at this address: the article with its text and author, and what was done about it, as `viewer` sees it; or that it
    /// was withdrawn. If it is read for a `reader`, that is counted, once in an hour.
    async fn read(
        &self,
        slug: &Slug,
        viewer: Option<UserId>,
        reader: Option<Reader>,
    ) -> Result<Option<Found<Seen>>, StoreError>;

    /// The text of `article` as HTML; `None` if the article is not there any more.
    async fn html(&self, article: &Article) -> Result<Option<ArticleHtml>, StoreError>;
}

/// What [`ArticleDetails`] does to tables.
pub const ARTICLE_DETAILS: &[Permission] = &[
    Permission::new(Table::Articles, "GetItem"),
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Users, "BatchGetItem"),
    Permission::new(Table::Interactions, "BatchGetItem"),
];

/// Reading lists of articles, as last written.
#[async_trait]
pub trait ArticleReads: Send + Sync {
    /// One page of those that pass `filter`, as `viewer` sees it, newest first.
    async fn list(
        &self,
        filter: &ArticleFilter,
        viewer: Option<UserId>,
        page: Page<ArticleId>,
    ) -> Result<Listing, StoreError>;

    /// The tags in use, or those of them that begin with `prefix`, the most used first.
    async fn tags(&self, prefix: Option<&FoldedTag>) -> Result<Vec<String>, StoreError>;
}

/// What [`ArticleReads`] does to tables.
pub const ARTICLE_READS: &[Permission] = &[
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Articles, "Query"),
    Permission::new(Table::Users, "BatchGetItem"),
    Permission::new(Table::Interactions, "BatchGetItem"),
];

/// Looking an article up, for those who want neither its text nor its author.
#[async_trait]
pub trait ArticleLookups: Send + Sync {
    /// What is at this address, as last written.
    async fn standing(&self, slug: &Slug) -> Result<Option<Standing>, StoreError>;
}

/// What [`ArticleLookups`] does to tables.
pub const ARTICLE_LOOKUPS: &[Permission] = &[Permission::new(Table::Articles, "GetItem")];
