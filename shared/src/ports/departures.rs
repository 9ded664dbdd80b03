//! Leaving: a user deletes their account.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{Timestamp, user::User};

/// Why an account was not deleted; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum DepartError {
    /// The user changed since they were read.
    #[error("the user changed in the meantime")]
    Changed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Deleting accounts.
#[async_trait]
pub trait Departures: Send + Sync {
    /// Deletes `user` at `now`, in one transaction: what is known of them goes, and their name, address and number are free. Their
    /// id stays, for what others said to them. All else that is theirs is marked for the [sweep](super::sweeps).
    ///
    /// # Errors
    /// [`DepartError::Changed`].
    async fn depart(&self, user: &User, now: Timestamp) -> Result<(), DepartError>;
}

/// What [`Departures`] does to tables.
pub const DEPARTURES: &[Permission] =
    &[Permission::new(Table::Users, "PutItem"), Permission::new(Table::Users, "DeleteItem")];
