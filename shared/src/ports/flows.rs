//! What must be used once while somebody logs in by way of a provider: states, and the codes that front ends turn into logins.

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    Timestamp,
    flow::{LoginGrant, SecretHash},
};

/// What is used once.
#[async_trait]
pub trait SingleUse: Send + Sync {
    /// Notes that the state was used; `false` if it had been. It is remembered until `expires_at`, when it is refused as
    /// expired.
    async fn spend(&self, state: &SecretHash, expires_at: Timestamp) -> Result<bool, StoreError>;

    /// Keeps `grant` for whoever brings the code.
    async fn grant(&self, code: &SecretHash, grant: &LoginGrant) -> Result<(), StoreError>;
}

/// What [`SingleUse`] does to tables.
pub const SINGLE_USE: &[Permission] = &[Permission::new(Table::Coordination, "PutItem")];

/// Turning codes into logins.
#[async_trait]
pub trait LoginCodes: Send + Sync {
    /// What the code stands for. It is used up by this, whatever becomes of it: `None` for one that was used, has expired or
    /// never was.
    async fn redeem(&self, code: &SecretHash, now: Timestamp) -> Result<Option<LoginGrant>, StoreError>;
}

/// What [`LoginCodes`] does to tables.
pub const LOGIN_CODES: &[Permission] = &[Permission::new(Table::Coordination, "UpdateItem")];
