//! Identities at others, and the accounts that they belong to.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
    users::Unique,
};
use crate::domain::{
    UserId,
    identity::{IdentityId, LinkedIdentity},
    session::Session,
    user::User,
};

/// Why nobody was signed up.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedUp {
    /// The identity belongs to an account by now; nothing was stored.
    #[error("the identity belongs to an account")]
    Known,
    /// Somebody else has what must be unique; nothing was stored.
    #[error("taken: {0:?}")]
    Taken(Vec<Unique>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an identity was not added.
#[derive(Debug, thiserror::Error)]
pub enum NotLinked {
    /// It belongs to another account.
    #[error("the identity belongs to another account")]
    Taken,
    /// The account has as many as it may have.
    #[error("the account has too many identities")]
    TooMany,
    /// There is no such account.
    #[error("the account is gone")]
    NoAccount,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an identity was not removed.
#[derive(Debug, thiserror::Error)]
pub enum NotUnlinked {
    /// The account has no such identity.
    #[error("the account has no such identity")]
    Unknown,
    /// Without it nobody could log in to the account.
    #[error("it is the last way to log in")]
    LastWay,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Logging in by an identity. One that was a deleted user's is nobody's from the moment of the deletion, whether or not the
/// [sweep](super::sweeps) has come to it.
#[async_trait]
pub trait Identities: Send + Sync {
    /// Who has the first of these identities that belongs to an account.
    async fn owner(&self, ids: &[IdentityId]) -> Result<Option<User>, StoreError>;

    /// Stores a new user with their identity, and their first session if there is one: all or nothing, and of several with
    /// one identity exactly one.
    async fn sign_up(
        &self,
        user: &User,
        identity: &LinkedIdentity,
        session: Option<&Session>,
    ) -> Result<(), NotSignedUp>;

    /// Adds the identity to the account; one that it has already stays as it is.
    async fn link(&self, user: UserId, identity: &LinkedIdentity) -> Result<(), NotLinked>;
}

/// What [`Identities`] does to tables.
pub const IDENTITIES: &[Permission] = &[
    Permission::new(Table::Users, "BatchGetItem"),
    Permission::new(Table::Users, "GetItem"),
    Permission::new(Table::Users, "PutItem"),
    Permission::new(Table::Users, "UpdateItem"),
    Permission::new(Table::Sessions, "PutItem"),
];

/// An account's identities.
#[async_trait]
pub trait LinkedIdentities: Send + Sync {
    /// All of them, in no particular order.
    async fn of(&self, user: UserId) -> Result<Vec<LinkedIdentity>, StoreError>;

    /// Removes one, unless it is the last way to log in: of several requests at the same time, too. A password, a phone and
    /// each identity are a way; an address alone is none.
    async fn unlink(&self, user: UserId, id: &IdentityId) -> Result<(), NotUnlinked>;
}

/// What [`LinkedIdentities`] does to tables.
pub const LINKED_IDENTITIES: &[Permission] = &[
    Permission::new(Table::Users, "Query"),
    Permission::new(Table::Users, "DeleteItem"),
    Permission::new(Table::Users, "UpdateItem"),
];
