//! Where the states of breakers are kept that several instances share.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::resilience::breaker::State;

/// A state as it was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The state.
    pub state: State,
    /// Counts its changes.
    pub revision: u64,
}

/// The states.
#[async_trait]
pub trait BreakerStates: Send + Sync {
    /// The state of the breaker `name`, consistently; a closed breaker's, at revision 0, if nothing is kept.
    async fn load(&self, name: &str) -> Result<Kept, StoreError>;

    /// Puts `next` in the place of the state at revision `seen`, at the next revision; `false`, and nothing changes, if it is
    /// at another revision.
    async fn swap(&self, name: &str, seen: u64, next: &State) -> Result<bool, StoreError>;
}

/// What [`BreakerStates`] does to tables.
pub const BREAKERS: &[Permission] =
    &[Permission::new(Table::Coordination, "GetItem"), Permission::new(Table::Coordination, "PutItem")];
