//! Sessions: the truth in tables, and a cache of it that may vanish at any moment.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    SessionId, Timestamp, UserId,
    agent::Browser,
    session::{Identity, ListedSession, RefreshToken, Renewal, Rights, Salt, Session, SessionState},
    user::{Role, User},
};

/// How long what a table said of a session is remembered; what ends a session reaches every instance at once all the same.
pub const REMEMBER: Duration = Duration::from_secs(300);

/// How long the cache keeps what it knows of a user's sessions since it last learnt something: longer than [`REMEMBER`], so that what
/// ended a session outlives every memory of its life.
pub const KEPT: Duration = Duration::from_secs(900);

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
    /// Puts the successor that `salt` makes in the place of `token`, in one conditional write, if `token` is the current one of a live
    /// session that belongs to `browser` and has not been ended with others by `rights`. A token whose place was taken less than [`GRACE`](crate::domain::session::GRACE) ago gets
    /// the successor that took it. An older one ends the session.
    async fn renew(
        &self,
        token: &RefreshToken,
        browser: &Browser,
        rights: &Rights,
        salt: Salt,
        now: Timestamp,
    ) -> Result<Renewal, StoreError>;

    /// Ends the session for good; ending it again changes nothing. `false` if there is no such session.
    async fn end(&self, identity: Identity, now: Timestamp) -> Result<bool, StoreError>;

    /// The user's sessions that are live at `now`, by what holds for all of them: the newest 100, newest first.
    async fn list(&self, user: UserId, rights: &Rights, now: Timestamp) -> Result<Vec<ListedSession>, StoreError>;
}

/// What [`SessionRenewals`] does to tables.
pub const SESSION_RENEWALS: &[Permission] =
    &[Permission::new(Table::Sessions, "UpdateItem"), Permission::new(Table::Sessions, "Query")];

/// Asking whether a session is live.
#[async_trait]
pub trait SessionStates: Send + Sync {
    /// What the tables say, as last written.
    async fn state(&self, identity: Identity, now: Timestamp) -> Result<SessionState, StoreError>;

    /// Whether the session was live until all of its user's sessions were ended, and has not expired.
    async fn ended_with_all(&self, identity: Identity, now: Timestamp) -> Result<bool, StoreError>;
}

/// What [`SessionStates`] does to tables.
pub const SESSION_STATES: &[Permission] =
    &[Permission::new(Table::Sessions, "BatchGetItem"), Permission::new(Table::Users, "BatchGetItem")];

/// Reading a user together with what holds for all of their sessions.
#[async_trait]
pub trait SessionUsers: Send + Sync {
    /// The user, as last written.
    async fn with_rights(&self, id: UserId) -> Result<Option<(User, Rights)>, StoreError>;
}

/// What [`SessionUsers`] does to tables.
pub const SESSION_USERS: &[Permission] = &[Permission::new(Table::Users, "GetItem")];

/// Changing what holds for all sessions of a user, in one write, however many there are. Whoever does this
/// [announces](SessionCache::announce) the outcome, and repeats both where that fails.
#[async_trait]
pub trait SessionEnds: Send + Sync {
    /// Ends all sessions of the user but `keep`; those that begin on what was read before count among them. `None` if there is no
    /// such user.
    async fn end_all(&self, user: UserId, keep: Option<SessionId>) -> Result<Option<Rights>, StoreError>;
}

/// What [`SessionEnds`] does to tables.
pub const SESSION_ENDS: &[Permission] = &[Permission::new(Table::Users, "UpdateItem")];

/// Changing what a user may do. As with [`SessionEnds`], the outcome is to be announced.
#[async_trait]
pub trait Roles: Send + Sync {
    /// Gives the user this role. `None` if there is no such user.
    async fn set_role(&self, user: UserId, role: Role) -> Result<Option<Rights>, StoreError>;
}

/// What [`Roles`] does to tables.
pub const ROLES: &[Permission] = &[Permission::new(Table::Users, "UpdateItem")];

/// The cache of what is known of sessions. It is asked when a request [arrives](super::arrivals). What it knows of one user's sessions
/// vanishes all at once or not at all: a session's life never outlives the news of its end.
#[async_trait]
pub trait SessionCache: Send + Sync {
    /// Remembers for [`REMEMBER`] from `now` what the tables said, unless the session is known to have ended or something is
    /// remembered already: what a reader saw never overwrites a logout that came in between.
    async fn remember(&self, identity: Identity, state: &SessionState, now: Timestamp) -> Result<(), StoreError>;

    /// Leaves a tombstone of the session over whatever was remembered.
    async fn bury(&self, identity: Identity) -> Result<(), StoreError>;

    /// Tells what holds for all sessions of the user now, unless something newer was told.
    async fn announce(&self, user: UserId, rights: &Rights) -> Result<(), StoreError>;
}
