//! Counting tries to log in, durably: what the cache forgets is not forgotten here.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    Timestamp, UserId,
    lockout::{Subject, Tries},
};

/// A try that was counted and may be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Try {
    /// Whose.
    pub subject: Subject,
    /// What was counted with it; `None` where nothing is.
    pub counted: Option<Tries>,
}

/// What became of a try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tried {
    /// It may be made.
    Allowed(Try),
    /// There were too many: nothing may be tried until then.
    Locked(Timestamp),
}

/// Counts tries before they are made.
#[async_trait]
pub trait Lockouts: Send + Sync {
    /// Counts a try of `subject` at `now`, unless it is locked. Each count is one conditional write: of any number of tries at the
    /// same time no more are allowed than of as many one after the other.
    async fn count(&self, subject: &Subject, now: Timestamp) -> Result<Tried, StoreError>;

    /// Takes one try back, which was none: it succeeded.
    async fn give_back(&self, tried: &Try) -> Result<(), StoreError>;

    /// Forgets the tries for `account`: somebody has proved that it is theirs.
    async fn clear(&self, account: UserId) -> Result<(), StoreError>;
}

/// What [`Lockouts::clear`] alone does to tables.
pub const CLEARS: &[Permission] = &[Permission::new(Table::Users, "DeleteItem")];

/// What [`Lockouts`] does to tables.
pub const LOCKOUTS: &[Permission] =
    &[Permission::new(Table::Users, "UpdateItem"), Permission::new(Table::Users, "DeleteItem")];
