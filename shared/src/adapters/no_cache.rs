//! In place of the cache's adapters, for functions that have none: outside of the network there is no Redis.

use async_trait::async_trait;

use crate::{
    domain::{
        Timestamp, UserId,
        session::{Identity, Rights, SessionState},
    },
    ports::{StoreError, sessions::SessionCache},
};

/// Remembers nothing. Whoever asks for a session next reads the table.
pub struct NoSessionCache;

#[async_trait]
impl SessionCache for NoSessionCache {
    async fn remember(&self, _: Identity, _: &SessionState, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    /// Fails: without a tombstone other instances would go on trusting what they remember.
    async fn bury(&self, _: Identity) -> Result<(), StoreError> {
        Err(absent())
    }

    /// Fails, for the same reason.
    async fn announce(&self, _: UserId, _: &Rights) -> Result<(), StoreError> {
        Err(absent())
    }
}

fn absent() -> StoreError {
    StoreError::Fault { service: "the cache", source: "this function has none to leave a tombstone in".into() }
}
