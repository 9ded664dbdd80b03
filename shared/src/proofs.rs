//! Proving who one is by a password. Each try is counted before it is looked at, for the account and for the address that it comes
//! from; whatever is in its way takes as long and looks the same.

use std::{net::IpAddr, sync::Arc};

use futures_util::future::join_all;

use crate::{
    domain::{
        lockout::Subject,
        password::{Password, PasswordHash},
    },
    http::ApiError,
    ports::{
        StoreError,
        lockouts::{Lockouts, Tried, Try},
        passwords::{PasswordHasher, Verdict},
        system::System,
    },
    telemetry::chain,
};

/// Counts tries and checks passwords.
#[derive(Clone)]
pub struct Proofs {
    /// Counts.
    pub lockouts: Arc<dyn Lockouts>,
    /// Checks.
    pub passwords: Arc<dyn PasswordHasher>,
    /// Knows the time.
    pub system: Arc<dyn System>,
}

impl Proofs {
    /// Counts a try from `address`, which is not limited if nobody knows it. That there were too many says nothing of any account:
    /// it may be told.
    ///
    /// # Errors
    /// 429 if there were too many.
    pub async fn count_from(&self, address: Option<IpAddr>) -> Result<Option<Try>, ApiError> {
        let Some(address) = address else { return Ok(None) };
        let now = self.system.now();
        match self.lockouts.count(&Subject::Address(address), now).await? {
            Tried::Allowed(tried) => Ok(Some(tried)),
            Tried::Locked(until) => Err(ApiError::TooManyRequests { retry_after: now.until(until) }),
        }
    }

    /// Counts a try of an account; `None` if it is locked, which nobody may learn.
    ///
    /// # Errors
    /// If the table fails.
    pub async fn count(&self, account: &Subject) -> Result<Option<Try>, StoreError> {
        Ok(match self.lockouts.count(account, self.system.now()).await? {
            Tried::Allowed(tried) => Some(tried),
            Tried::Locked(_) => None,
        })
    }

    /// Whether `password` is the one that `hash` was made of. If the account is locked, so that its try was not `counted`, or has no
    /// password, it is wrong, and takes as long.
    ///
    /// # Errors
    /// If hashing fails.
    pub async fn verify(
        &self,
        counted: Option<&Try>,
        password: Password,
        hash: Option<&PasswordHash>,
    ) -> Result<Verdict, StoreError> {
        self.passwords.verify(password, counted.and(hash).cloned()).await
    }

    /// Takes back what was counted for a try that succeeded. Those for the account are forgotten; other tries from the address are
    /// not: they may have been for other accounts. Where that fails they are forgotten later.
    pub async fn succeeded(&self, tries: impl IntoIterator<Item = &Try> + Send) {
        let forget = |tried: &Try| {
            let tried = tried.clone();
            async move {
                let outcome = match (&tried.subject, tried.counted) {
                    (_, None) => Ok(()),
                    (Subject::Account(user), _) => self.lockouts.clear(*user).await,
                    _ => self.lockouts.give_back(&tried).await,
                };
                if let Err(error) = outcome {
                    tracing::warn!(error = chain(&error), "a login that succeeded counts as one that failed");
                }
            }
        };
        join_all(tries.into_iter().map(forget).collect::<Vec<_>>()).await;
    }
}
