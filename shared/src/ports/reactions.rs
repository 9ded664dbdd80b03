//! What users do about articles: they like and collect them. Each relation is one write; counters follow from the change stream
//! ([`counters`](super::counters)).

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId, RelationId, UserId,
    article::{Article, ArticleFilter, Listing},
    counting::Move,
    page::Page,
    reaction::{ArticleCounters, CollectionPage, Flags, Folder, Place, Reactions},
    view::Reader,
};

/// Liking.
#[async_trait]
pub trait Likes: Send + Sync {
    /// Has `user` like `article`, by a relation `id`; `None`, and nothing changed, if they did already. The cache is to be told of the
    /// move.
    async fn like(&self, user: UserId, article: &Article, id: RelationId) -> Result<Option<Move>, StoreError>;

    /// Has `user` no longer like the article; `None`, and nothing changed, if they did not. The cache is to be told of the move.
    async fn unlike(&self, user: UserId, article: ArticleId) -> Result<Option<Move>, StoreError>;
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
    /// Puts `article` into `user`'s collection at `place`, by a relation `id`, or moves it there; `None` if it was in the collection
    /// already, so that no counter moved. The cache is to be told of the move.
    async fn collect(
        &self,
        user: UserId,
        article: &Article,
        id: RelationId,
        place: &Place,
    ) -> Result<Option<Move>, StoreError>;

    /// Takes the article out of `user`'s collection; `None`, and nothing changed, if it was not there. The cache is to be told of the
    /// move.
    async fn take_out(&self, user: UserId, article: ArticleId) -> Result<Option<Move>, StoreError>;

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

/// What was done about one article.
#[async_trait]
pub trait ReactionViews: Send + Sync {
    /// By `viewer`, as last written.
    async fn flags(&self, viewer: UserId, article: ArticleId, author: UserId) -> Result<Flags, StoreError>;

    /// By all, with the moves of which the cache knows, and by `viewer`.
    async fn reactions(&self, viewer: UserId, article: ArticleId, author: UserId) -> Result<Reactions, StoreError>;
}

/// What [`ReactionViews`] does to tables.
pub const REACTION_VIEWS: &[Permission] = &[Permission::new(Table::Interactions, "BatchGetItem")];

/// How much was done about one article, by the table's counters and the moves that they do not have yet, of which the cache knows.
#[async_trait]
pub trait CounterViews: Send + Sync {
    /// By all. What was read is in the cache afterwards. If it is asked for a `reader` of the article, it is counted that they read it,
    /// once in an hour.
    async fn counters(&self, article: ArticleId, reader: Option<Reader>) -> Result<ArticleCounters, StoreError>;
}

/// What [`CounterViews`] does to tables.
pub const COUNTER_VIEWS: &[Permission] = &[Permission::new(Table::Interactions, "BatchGetItem")];
