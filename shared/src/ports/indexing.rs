//! What a search index is made of, and that it is to be made anew.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId, Timestamp, UserId,
    article::{Article, ArticleBody, Slug},
    reaction::ArticleCounters,
    user::User,
};

/// What is at an article's address, for an index.
#[derive(Debug, Clone)]
pub enum AtAddress {
    /// An article that everyone can read.
    Live(Box<Material>),
    /// What was withdrawn or erased, with the version that it was then.
    Gone(u64),
    /// Nothing: it was deleted, or never was there.
    Nothing,
}

/// What an index is told of an article.
#[derive(Debug, Clone)]
pub struct Material {
    /// The article.
    pub article: Article,
    /// Its text.
    pub body: ArticleBody,
    /// What was done about it.
    pub counters: ArticleCounters,
}

/// Reading what is to be found, as last written.
#[async_trait]
pub trait IndexSource: Send + Sync {
    /// The addresses of `articles`, in their order; nothing where one was withdrawn or deleted.
    async fn addresses(&self, articles: &[ArticleId]) -> Result<Vec<Option<Slug>>, StoreError>;

    /// What is at each of `slugs`, in their order.
    async fn articles(&self, slugs: &[Slug]) -> Result<Vec<AtAddress>, StoreError>;

    /// Each of `users`, in their order; nothing where one is gone.
    async fn users(&self, users: &[UserId]) -> Result<Vec<Option<User>>, StoreError>;
}

/// What [`IndexSource`] does to tables.
pub const INDEX_SOURCE: &[Permission] = &[
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Users, "BatchGetItem"),
    Permission::new(Table::Interactions, "BatchGetItem"),
];

/// Going through everything that is to be found.
#[async_trait]
pub trait IndexSurvey: Send + Sync {
    /// How many articles there are.
    async fn count(&self) -> Result<u64, StoreError>;

    /// The newest `limit` articles, or of those behind `behind`: of each its id and its address.
    async fn article_page(&self, behind: Option<ArticleId>, limit: usize)
    -> Result<Vec<(ArticleId, Slug)>, StoreError>;

    /// Some users, and what gets the next; nothing after the last. An order is not promised, only that none is left out.
    async fn user_page(&self, mark: Option<&str>) -> Result<(Vec<User>, Option<String>), StoreError>;
}

/// What [`IndexSurvey`] does to tables.
pub const INDEX_SURVEY: &[Permission] = &[
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Articles, "Query"),
    Permission::new(Table::Users, "Scan"),
];

/// How it stands with making the index anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rebuilding {
    /// How often it was ordered.
    pub ordered: u64,
    /// Which of the orders is being carried out, or was last.
    pub begun: u64,
    /// Which order was carried out last.
    pub done: u64,
    /// Articles that the index has by now.
    pub filled: u64,
    /// Articles that there were when it was begun.
    pub total: u64,
    /// When something of this was last reported.
    pub at: Option<Timestamp>,
}

/// Orders to make the index anew, and what became of them.
#[async_trait]
pub trait RebuildOrders: Send + Sync {
    /// Orders it, and answers the order's number.
    async fn order(&self) -> Result<u64, StoreError>;

    /// How it stands.
    async fn standing(&self) -> Result<Rebuilding, StoreError>;

    /// Reports how it stands, but for how often it was ordered.
    async fn report(&self, standing: &Rebuilding) -> Result<(), StoreError>;
}

/// What [`RebuildOrders`] does to tables.
pub const REBUILD_ORDERS: &[Permission] =
    &[Permission::new(Table::Coordination, "GetItem"), Permission::new(Table::Coordination, "UpdateItem")];
