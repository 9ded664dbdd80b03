//! Retries with jitter, within a deadline and a budget: when a service fails for everybody, retries must not multiply its load.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use backon::{BackoffBuilder, ExponentialBuilder};

use crate::ports::system::System;

/// What a retry takes out of a budget, in hundredths, so that a call puts in its percentage.
const RETRY: u32 = 100;

/// How many retries a client may make: a part of its calls, and a small reserve for the beginning. A token bucket.
#[derive(Debug)]
pub struct Budget {
    percent: u32,
    reserve: u32,
    hundredths: Mutex<u32>,
}

impl Budget {
    /// Retries for at most `percent` of the calls, and `reserve` more, which calls without retries restore.
    pub fn new(percent: u32, reserve: u32) -> Self {
        let reserve = reserve * RETRY;
        Self { percent, reserve, hundredths: Mutex::new(reserve) }
    }

    /// Notes a call.
    pub fn called(&self) {
        self.with(|hundredths| *hundredths = (*hundredths + self.percent).min(self.reserve));
    }

    /// Takes leave for a retry; `false` if there is none.
    pub fn take(&self) -> bool {
        self.with(|hundredths| {
            let rest = hundredths.checked_sub(RETRY);
            *hundredths = rest.unwrap_or(*hundredths);
            rest.is_some()
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut u32) -> T) -> T {
        // A number is whole at any moment.
        act(&mut self.hundredths.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// How calls of one client are repeated.
#[derive(Debug)]
pub struct Retry {
    /// How often one call is repeated at the most.
    pub times: usize,
    /// The first pause, about; each is twice the one before.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// What all calls share.
    pub budget: Budget,
}

impl Retry {
    /// Makes the call, and repeats it while it fails in a way that is worth it, there is budget, and the next try would begin
    /// before `deadline` (by `system`'s monotonic clock).
    ///
    /// # Errors
    /// The last try's.
    pub async fn run<T, E, F>(
        &self,
        system: &dyn System,
        deadline: Duration,
        worth_it: impl Fn(&E) -> bool,
        mut call: impl FnMut() -> F,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        self.budget.called();
        let backoff = ExponentialBuilder::default()
            .with_min_delay(self.pause)
            .with_max_delay(self.longest_pause)
            .with_max_times(self.times)
            .with_jitter();
        for pause in backoff.build() {
            match call().await {
                Err(error) if worth_it(&error) && system.monotonic() + pause < deadline && self.budget.take() => {
                    tokio::time::sleep(pause).await;
                }
                answer => return answer,
            }
        }
        call().await
    }
}
