//! Hashing of passwords.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::password::{Password, PasswordHash};

/// How a claimed password compares with the stored hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is not the password.
    Wrong,
    /// It is.
    Right,
    /// It is, and the hash is of a kind that is no longer made: store a new one.
    RightButOutdated,
}

/// Makes and checks password hashes, off the threads that serve requests.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A new hash of `password`.
    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError>;

    /// Whether `password` is the one that `hash` was made of. With no hash to compare with it is wrong, and takes as long.
    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<Verdict, StoreError>;
}
