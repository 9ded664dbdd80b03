//! What those write whom one follows.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{ArticleId, UserId, article::Listing, page::Page};

/// Reading feeds. Everything is read as last written: who is followed now, what stands on their lists now.
#[async_trait]
pub trait Feeds: Send + Sync {
    /// One page of the articles of those whom `user` follows, as they see it, newest first.
    async fn feed(&self, user: UserId, page: Page<ArticleId>) -> Result<Listing, StoreError>;
}

/// What [`Feeds`] does to tables.
pub const FEEDS: &[Permission] = &[
    Permission::new(Table::Interactions, "Query"),
    Permission::new(Table::Interactions, "BatchGetItem"),
    Permission::new(Table::Articles, "Query"),
    Permission::new(Table::Articles, "BatchGetItem"),
    Permission::new(Table::Users, "BatchGetItem"),
];
