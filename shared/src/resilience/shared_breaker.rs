//! A breaker that several instances share: a vendor that fails for one of them is spared by all.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;

use super::breaker::{Open, Outcome, Permit, Rules, State};
use crate::{
    domain::Timestamp,
    ports::{
        StoreError,
        breakers::{BreakerStates, Kept},
    },
};

/// How often a change is tried that others keep overtaking.
const TRIES: usize = 5;

/// A breaker whose state is kept in [`BreakerStates`]. Each call reads it; a change is a conditional write. Without
/// [`Rules::share`], successes of a healthy service change nothing.
pub struct SharedBreaker {
    name: String,
    rules: Rules,
    states: Arc<dyn BreakerStates>,
}

/// Why a call gets no leave.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It should not be made.
    #[error(transparent)]
    Open(#[from] Open),
    /// Nobody knows. Whether to call all the same is the caller's choice.
    #[error(transparent)]
    Unknown(#[from] StoreError),
}

impl SharedBreaker {
    /// The breaker `name`.
    pub fn new(name: impl Into<String>, rules: Rules, states: Arc<dyn BreakerStates>) -> Self {
        Self { name: name.into(), rules, states }
    }

    /// Asks leave for a call.
    ///
    /// # Errors
    /// If the call should not be made, or its state cannot be read or changed.
    pub async fn admit(&self, now: Timestamp) -> Result<Permit, Refused> {
        Ok(self.change(|state| state.admit(&self.rules, now)).await??)
    }

    /// Says how a call ended.
    ///
    /// # Errors
    /// If the state cannot be read or changed.
    pub async fn report(&self, permit: Permit, outcome: Outcome, now: Timestamp) -> Result<(), StoreError> {
        self.change(|state| state.report(&self.rules, permit, outcome, now)).await
    }

    async fn change<T>(&self, act: impl Fn(&mut State) -> T) -> Result<T, StoreError> {
        for _ in 0..TRIES {
            let kept = self.states.load(&self.name).await?;
            let mut next = kept.state.clone();
            let answer = act(&mut next);
            if next == kept.state || self.states.swap(&self.name, kept.revision, &next).await? {
                return Ok(answer);
            }
        }
        Err(StoreError::Contended { service: "a circuit breaker" })
    }
}

/// States in this process.
#[derive(Default)]
pub struct InProcess(Mutex<HashMap<String, Kept>>);

#[async_trait]
impl BreakerStates for InProcess {
    async fn load(&self, name: &str) -> Result<Kept, StoreError> {
        let states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(states.get(name).cloned().unwrap_or_default())
    }

    async fn swap(&self, name: &str, seen: u64, next: &State) -> Result<bool, StoreError> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = states.entry(name.to_owned()).or_default();
        let current = kept.revision == seen;
        if current {
            *kept = Kept { state: next.clone(), revision: seen + 1 };
        }
        Ok(current)
    }
}
