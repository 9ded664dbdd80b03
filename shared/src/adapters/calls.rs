//! Counts the calls to backing services: what an operation costs, and what it was allowed to do.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, PoisonError},
};

use crate::ports::permission::Permission;

/// How often one operation of one service was called, and what DynamoDB charges for it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// Calls, retries of the client not counted.
    pub calls: u64,
    /// DynamoDB's request units, read or write as the operation is; 0 for other services.
    pub units: f64,
}

/// What was called since the start or the last [`Calls::take`].
#[derive(Debug, Default)]
pub struct Calls(Mutex<Recorded>);

/// What [`Calls`] recorded.
#[derive(Debug, Clone, Default)]
pub struct Recorded {
    /// By operation, such as `GetItem` or `Redis`.
    pub tallies: BTreeMap<&'static str, Tally>,
    /// What was done to which table.
    pub used: BTreeSet<Permission>,
}

impl Calls {
    /// Notes one call and what it needs permission for.
    pub fn called(&self, operation: &'static str, permissions: &[Permission]) {
        self.with(|recorded| {
            recorded.tallies.entry(operation).or_default().calls += 1;
            recorded.used.extend(permissions);
        });
    }

    /// Notes what a call was charged.
    pub fn charged(&self, operation: &'static str, units: f64) {
        self.with(|recorded| recorded.tallies.entry(operation).or_default().units += units);
    }

    /// What was recorded; recording begins anew.
    pub fn take(&self) -> Recorded {
        self.with(std::mem::take)
    }

    fn with<T>(&self, f: impl FnOnce(&mut Recorded) -> T) -> T {
        // A panic elsewhere leaves at worst one call uncounted.
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
