//! Following, and how many follow whom.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    UserId,
    follow::{FollowCounters, ProfileList},
    page::Page,
};

/// Why somebody does not follow; nothing was stored.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// They follow [`MAX_FOLLOWING`](crate::domain::follow::MAX_FOLLOWING) already.
    #[error("too many are followed")]
    TooMany,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Following and its lists. The relation and both users' counters change in one transaction.
#[async_trait]
pub trait Follows: Send + Sync {
    /// Has `follower` follow `followee`, who is somebody else; `false`, and nothing changed, if they did already.
    ///
    /// # Errors
    /// [`FollowError::TooMany`].
    async fn follow(&self, follower: UserId, followee: UserId) -> Result<bool, FollowError>;

    /// Has `follower` no longer follow `followee`; `false`, and nothing changed, if they did not.
    async fn unfollow(&self, follower: UserId, followee: UserId) -> Result<bool, StoreError>;

    /// Both users' counters as last moved.
    async fn counters_of(&self, users: [UserId; 2]) -> Result<[FollowCounters; 2], StoreError>;

    /// One page of those who follow `user`, as `viewer` sees them.
    async fn followers(
        &self,
        user: UserId,
        viewer: Option<UserId>,
        page: Page<UserId>,
    ) -> Result<ProfileList, StoreError>;

    /// One page of those whom `user` follows, as `viewer` sees them.
    async fn following(
        &self,
        user: UserId,
        viewer: Option<UserId>,
        page: Page<UserId>,
    ) -> Result<ProfileList, StoreError>;
}

/// What [`Follows`] does to tables.
pub const FOLLOWS: &[Permission] = &[
    Permission::new(Table::Interactions, "PutItem"),
    Permission::new(Table::Interactions, "UpdateItem"),
    Permission::new(Table::Interactions, "DeleteItem"),
    Permission::new(Table::Interactions, "BatchGetItem"),
    Permission::new(Table::Interactions, "Query"),
    Permission::new(Table::Users, "BatchGetItem"),
];

/// What is shown of one user. Everything is read as last written.
#[async_trait]
pub trait FollowViews: Send + Sync {
    /// The user's counters.
    async fn counters(&self, user: UserId) -> Result<FollowCounters, StoreError>;

    /// Whether `follower` follows `followee`.
    async fn follows(&self, follower: UserId, followee: UserId) -> Result<bool, StoreError>;
}

/// What [`FollowViews`] does to tables.
pub const FOLLOW_VIEWS: &[Permission] = &[Permission::new(Table::Interactions, "GetItem")];
