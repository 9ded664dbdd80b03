//! What users do about articles: they like and collect them. Each relation changes in one transaction with the counters of its
//! article and of its user.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId, UserId,
    article::{Article, ArticleFilter, Listing},
    page::Page,
    reaction::{ArticleCounters, CollectionPage, Folder, Place, Reactions},
};

/// Liking.
#[async_trait]
pub trait Likes: Send + Sync {
    /// Has `user` like `article`; `false`, and nothing changed, if they did already.
    async fn like(&self, user: UserId, article: &Article) -> Result<bool, StoreError>;

    /// Has `user` no longer like the article; `false`, and nothing changed, if they did not.
    async fn unlike(&self, user: UserId, article: ArticleId) -> Result<bool, StoreError>;
}

/// Lists of what somebody likes.
#[async_trait]
pub trait LikeLists: Send + Sync {
    /// One page of what `user` likes and what passes `filter`, as `viewer` sees it, the newest article first. What was withdrawn or
    /// deleted is left out; without a filter the total counts it as far as it is on other pages.
    async fn likes(
        &self,
        user: UserId,
        filter: &ArticleFilter,
        viewer: Option<UserId>,
        page: Page<ArticleId>,
    ) -> Result<Listing, StoreError>;
}

/// What [`LikeLists`] does to tables.
pub const LIKE_LISTS: &[Permission] = &[
    Permission::new(Table::Interactions, "BatchGetItem"),
    Permission::new(Table::Interactions, "Query"),
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Users, "BatchGetItem"),
];

/// Collecting.
#[async_trait]
pub trait Collections: Send + Sync {
    /// Puts `article` into `user`'s collection at `place`, or moves it there; `false` if it was in the collection already, so that
    /// no counter moved.
    async fn collect(&self, user: UserId, article: &Article, place: &Place) -> Result<bool, StoreError>;

    /// Takes the article out of `user`'s collection; `false`, and nothing changed, if it was not there.
    async fn take_out(&self, user: UserId, article: ArticleId) -> Result<bool, StoreError>;

    /// One page of `user`'s collection, or of one folder of it, as they see it: as [`LikeLists::likes`].
    async fn collection(
        &self,
        user: UserId,
        folder: Option<&Folder>,
        page: Page<ArticleId>,
    ) -> Result<CollectionPage, StoreError>;
}

/// What [`Likes`] and [`Collections`] do to tables.
pub const LIKES_AND_COLLECTIONS: &[Permission] = &[
    Permission::new(Table::Interactions, "PutItem"),
    Permission::new(Table::Interactions, "UpdateItem"),
    Permission::new(Table::Interactions, "DeleteItem"),
    Permission::new(Table::Interactions, "BatchGetItem"),
    Permission::new(Table::Interactions, "Query"),
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Users, "BatchGetItem"),
];

/// What was done about one article, as last written.
#[async_trait]
pub trait ReactionViews: Send + Sync {
    /// By all and by `viewer`.
    async fn reactions(&self, viewer: UserId, article: ArticleId, author: UserId) -> Result<Reactions, StoreError>;
}

/// What [`ReactionViews`] does to tables.
pub const REACTION_VIEWS: &[Permission] = &[Permission::new(Table::Interactions, "BatchGetItem")];

/// How much was done about one article, as last written.
#[async_trait]
pub trait CounterViews: Send + Sync {
    /// By all.
    async fn counters(&self, article: ArticleId) -> Result<ArticleCounters, StoreError>;
}

/// What [`CounterViews`] does to tables.
pub const COUNTER_VIEWS: &[Permission] = &[Permission::new(Table::Interactions, "GetItem")];
