//! Sessions: the truth in a table, and a cache of it that may vanish at any moment.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    SessionId, Timestamp,
    session::{Identity, RefreshToken, Session, SessionState},
};

/// Beginning a session for a known user.
#[async_trait]
pub trait SessionStarts: Send + Sync {
    /// Stores a new session.
    async fn start(&self, session: &Session) -> Result<(), StoreError>;
}

/// What [`SessionStarts`] does to tables.
pub const SESSION_STARTS: &[Permission] = &[Permission::new(Table::Sessions, "PutItem")];

/// Keeping a session alive, and ending it.
#[async_trait]
pub trait SessionRenewals: Send + Sync {
    /// Notes that the session was used at `now`, if it is live and `token` is its own; else answers `Ended`.
    async fn renew(&self, token: &RefreshToken, now: Timestamp) -> Result<SessionState, StoreError>;

    /// Ends the session for good; ending it again, or one that never was, changes nothing.
    async fn end(&self, identity: Identity, now: Timestamp) -> Result<(), StoreError>;
}

/// What [`SessionRenewals`] does to tables.
pub const SESSION_RENEWALS: &[Permission] = &[Permission::new(Table::Sessions, "UpdateItem")];

/// Asking whether a session is live.
#[async_trait]
pub trait SessionStates: Send + Sync {
    /// What the table says, as last written.
    async fn state(&self, identity: Identity, now: Timestamp) -> Result<SessionState, StoreError>;
}

/// What [`SessionStates`] does to tables.
pub const SESSION_STATES: &[Permission] = &[Permission::new(Table::Sessions, "GetItem")];

/// The cache of session states. What it knows is asked when a request [arrives](super::arrivals).
#[async_trait]
pub trait SessionCache: Send + Sync {
    /// Remembers for `ttl` what the table said, unless something is already remembered: what a reader saw never
    /// overwrites the tombstone of a logout that came in between.
    async fn remember(&self, id: SessionId, state: SessionState, ttl: Duration) -> Result<(), StoreError>;

    /// Leaves a tombstone for `ttl`, over whatever was remembered.
    async fn bury(&self, id: SessionId, ttl: Duration) -> Result<(), StoreError>;
}
