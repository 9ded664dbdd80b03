//! Users and what must be unique among them.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    Timestamp, UserId,
    login::LoginName,
    password::PasswordHash,
    session::{Rights, Session},
    user::{PhoneNumber, User, Username},
};

/// What no two users may share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    /// The name.
    Username,
    /// The e-mail address.
    Email,
    /// The phone number.
    Phone,
}

/// Why a user could not be stored.
#[derive(Debug, thiserror::Error)]
pub enum SaveUserError {
    /// Somebody else has what must be unique; nothing was stored.
    #[error("taken: {0:?}")]
    Taken(Vec<Unique>),
    /// The user changed since they were read; nothing was stored.
    #[error("the user changed in the meantime")]
    Changed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sign-up.
#[async_trait]
pub trait Registrations: Send + Sync {
    /// Stores a new user with their password, if they have one, and first session: all or nothing, and of several that share
    /// a name, an address or a number exactly one.
    ///
    /// # Errors
    /// [`SaveUserError::Taken`] names all that is taken; never [`SaveUserError::Changed`].
    async fn register(&self, user: &User, hash: Option<&PasswordHash>, session: &Session) -> Result<(), SaveUserError>;
}

/// What [`Registrations`] does to tables.
pub const REGISTRATIONS: &[Permission] =
    &[Permission::new(Table::Users, "PutItem"), Permission::new(Table::Sessions, "PutItem")];

/// Login by password.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// Who has this name. It takes as long if nobody has.
    async fn holder(&self, name: &LoginName) -> Result<Option<UserId>, StoreError>;

    /// The user, and the hash of their password, if they have one. It takes as long if there is nobody to read.
    async fn account(&self, user: Option<UserId>) -> Result<Option<(User, Option<PasswordHash>)>, StoreError>;

    /// Replaces a hash by another of the same password, unless it has changed since: then nothing happens.
    async fn rehash(&self, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError>;
}

/// What [`Credentials`] does to tables.
pub const CREDENTIALS: &[Permission] =
    &[Permission::new(Table::Users, "GetItem"), Permission::new(Table::Users, "UpdateItem")];

/// Login by phone.
#[async_trait]
pub trait PhoneOwners: Send + Sync {
    /// Whose number this is, as last written.
    async fn by_phone(&self, phone: &PhoneNumber) -> Result<Option<User>, StoreError>;
}

/// What [`PhoneOwners`] does to tables.
pub const PHONE_OWNERS: &[Permission] = &[Permission::new(Table::Users, "GetItem")];

/// A new password for somebody who has proved who they are by other means.
#[async_trait]
pub trait PasswordChanges: Send + Sync {
    /// Stores the new password and ends the user's sessions, as `ends` says, which is of the epoch after the one that was read; `false`,
    /// and nothing changes, if another began in between or the user is gone. It is to be
    /// [announced](super::sessions::SessionCache::announce).
    async fn change_password(&self, user: UserId, hash: &PasswordHash, ends: &Rights) -> Result<bool, StoreError>;
}

/// What [`PasswordChanges`] does to tables.
pub const PASSWORD_CHANGES: &[Permission] = &[Permission::new(Table::Users, "UpdateItem")];

/// Who has a name, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Holder {
    /// The user.
    pub id: UserId,
    /// When they took it: later than when whoever had it before did.
    pub since: Timestamp,
}

/// Reading users.
#[async_trait]
pub trait Users: Send + Sync {
    /// The user, as last written.
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// Who has this name, regardless of case, as last written.
    async fn holder(&self, username: &Username) -> Result<Option<Holder>, StoreError>;
}

/// What [`Users`] does to tables.
pub const USERS: &[Permission] = &[Permission::new(Table::Users, "GetItem")];

/// Changing one's own account.
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Stores `new` in place of `old` at `now`, and a new password if there is one: all or nothing, and only if the user is
    /// still at `old`'s version. With `ends`, which is of the epoch after `old`'s, it ends all sessions but the one that is kept:
    /// whoever asks for that [announces](super::sessions::SessionCache::announce) it.
    ///
    /// # Errors
    /// [`SaveUserError::Taken`] or [`SaveUserError::Changed`].
    async fn update(
        &self,
        old: &User,
        new: &User,
        hash: Option<&PasswordHash>,
        ends: Option<&Rights>,
        now: Timestamp,
    ) -> Result<(), SaveUserError>;
}

/// What [`Accounts`] does to tables.
pub const ACCOUNTS: &[Permission] = &[
    Permission::new(Table::Users, "PutItem"),
    Permission::new(Table::Users, "UpdateItem"),
    Permission::new(Table::Users, "DeleteItem"),
];
