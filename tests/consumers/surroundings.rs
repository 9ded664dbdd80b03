//! What a consumer under test finds around it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use shared::{
    domain::Timestamp,
    ports::{
        StoreError,
        failures::{Failure, Failures},
        system::System,
    },
    queue::{Consumer, Delivery},
};

/// A store's faults to come: each call takes the next; when there are none left, the store is well.
#[derive(Debug, Default)]
pub struct Faults(Mutex<VecDeque<bool>>);

impl Faults {
    /// These and no more.
    pub fn of(faults: impl IntoIterator<Item = bool>) -> Arc<Self> {
        Arc::new(Self(Mutex::new(faults.into_iter().collect())))
    }

    /// To be asked by a fake store before each of its steps.
    pub fn next(&self) -> Result<(), StoreError> {
        if self.0.lock().unwrap().pop_front() == Some(true) {
            return Err(StoreError::Unavailable { service: "the store", source: "it is away".into() });
        }
        Ok(())
    }
}

/// Notes failures in memory.
#[derive(Debug, Default)]
pub struct Noted(pub Mutex<Vec<Failure>>);

#[async_trait]
impl Failures for Noted {
    async fn note(&self, failure: &Failure) -> Result<(), StoreError> {
        self.0.lock().unwrap().push(failure.clone());
        Ok(())
    }
}

/// A clock that stands still.
pub struct Still;

impl System for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

/// `consumer` within the shell that it has on Lambda.
pub fn delivery<C: Consumer>(consumer: C, noted: Arc<Noted>) -> Delivery<C> {
    Delivery { consumer, failures: noted, system: Arc::new(Still) }
}
