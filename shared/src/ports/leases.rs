//! Leases: work that must not be done twice at the same time is done by whoever holds the lease of its name.
//!
//! A lease alone does not keep a holder from writing that was paused for longer than the lease lives. What it writes must carry
//! the lease's fencing token, and be refused when a later token was given: an adapter joins that check to the transaction of
//! the write ([`Lease`], [`GuardedWriteError`]).

use std::time::Duration;

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{HolderId, Timestamp};

/// The number of a lease's grant. Of one name, each grant has a larger one than all before it, also after a release and after
/// the lease ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fence(pub u64);

/// A lease that was granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What it is of.
    pub name: String,
    /// Which grant it is: the fencing token of its holder's writes.
    pub fence: Fence,
}

/// Why a write that only a lease's holder may do was not done; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum GuardedWriteError {
    /// The lease was released, or somebody else has it by now.
    #[error("the lease is somebody else's by now")]
    Fenced,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Takes, keeps and gives back leases. Times are the callers': a clock that runs ahead takes leases too early, which fencing
/// makes harmless.
#[async_trait]
pub trait Leases: Send + Sync {
    /// Takes the lease of `name` for `life` from `now` on, if nobody has it or whoever had it let it run out. `holder` tells
    /// this try from others', so that a call whose answer was lost can be repeated; the repetition is a grant of its own.
    async fn acquire(
        &self,
        name: &str,
        holder: HolderId,
        now: Timestamp,
        life: Duration,
    ) -> Result<Option<Lease>, StoreError>;

    /// Has `lease` live for `life` from `now` on; `false` if it ran out before, was released or is somebody else's.
    async fn renew(&self, lease: &Lease, now: Timestamp, life: Duration) -> Result<bool, StoreError>;

    /// Gives `lease` back. Nothing happens if it is somebody else's by now.
    async fn release(&self, lease: &Lease) -> Result<(), StoreError>;
}

/// What [`Leases`] does to tables.
pub const LEASES: &[Permission] = &[Permission::new(Table::Coordination, "UpdateItem")];

/// What a guard in a transaction does to tables.
pub const GUARD: &[Permission] = &[Permission::new(Table::Coordination, "ConditionCheckItem")];
