//! Access tokens.

use std::time::Duration;

use super::StoreError;
use crate::domain::{
    Timestamp,
    session::{Access, Identity},
};

/// Issues access tokens.
pub trait TokenSigner: Send + Sync {
    /// A token that stands for `identity` from `now` on for [`lifetime`](Self::lifetime).
    ///
    /// # Errors
    /// [`StoreError::Fault`] if the key does not sign.
    fn sign(&self, identity: Identity, now: Timestamp) -> Result<String, StoreError>;

    /// How long tokens are good.
    fn lifetime(&self) -> Duration;
}

/// Checks access tokens.
pub trait TokenVerifier: Send + Sync {
    /// What `token` gives; `None` if it is forged, expired, meant for something else or no token at all.
    fn verify(&self, token: &str, now: Timestamp) -> Option<Access>;
}
