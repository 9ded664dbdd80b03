//! In place of the cache's adapters, for functions that have none: outside of the network there is no Redis.

use std::time::Duration;

use async_trait::async_trait;

use crate::{
    domain::{SessionId, session::SessionState},
    ports::{StoreError, sessions::SessionCache},
};

/// Remembers nothing. Whoever asks for a session next reads the table.
pub struct NoSessionCache;

#[async_trait]
impl SessionCache for NoSessionCache {
    async fn remember(&self, _: SessionId, _: SessionState, _: Duration) -> Result<(), StoreError> {
        Ok(())
    }

    /// Fails: without a tombstone other instances would go on trusting what they remember.
    async fn bury(&self, _: SessionId, _: Duration) -> Result<(), StoreError> {
        Err(StoreError::Fault { service: "the cache", source: "this function has none to leave a tombstone in".into() })
    }
}
