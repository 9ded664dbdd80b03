//! On a schedule, `rate(5 minutes)`: removes the bodies of deleted articles. One run at a time, under a lease; a run that is killed
//! at any point, or that runs out of time, is gone on with by the next.

mod wiring;

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use shared::{
    lease::{self, Outcome},
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease, Leases},
        sweeps::{Mark, Sweeps},
        system::System,
    },
};

pub use wiring::{Config, Sweep};

/// The name of the lease.
pub const LEASE: &str = "sweep";
/// How long a killed run keeps the next from beginning.
pub const LIFE: Duration = Duration::from_secs(30);
/// How long a run goes on: what is begun by then ends before the function's time-out of 60 s, with every call as slow as its own
/// time-out allows.
pub const BUDGET: Duration = Duration::from_secs(30);

/// Marks that are read at once.
const PAGE: u16 = 100;
/// Bodies that are deleted before that is noted in the mark: what is killed in between is deleted again.
const STEP: u32 = 100;

/// What sweeps.
pub struct Sweeper {
    /// What there is to sweep.
    pub sweeps: Arc<dyn Sweeps>,
    /// Keeps other runs away.
    pub leases: Arc<dyn Leases>,
    /// Knows the time.
    pub system: Arc<dyn System>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// Nothing is left.
    Clean,
    /// The time was up; the next run goes on.
    OutOfTime,
    /// Another run is under way.
    Busy,
    /// Another run has taken over, because this one was paused for too long.
    Lost,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// Articles of which nothing is left.
    pub articles: u32,
    /// Bodies that were deleted.
    pub revisions: u32,
}

impl Report {
    /// The report of a run that did nothing.
    const fn of(end: End) -> Self {
        Self { end, articles: 0, revisions: 0 }
    }
}

impl Sweeper {
    /// One run.
    ///
    /// # Errors
    /// The store failed; what was swept is swept.
    pub async fn sweep(&self) -> Result<Report, StoreError> {
        let run = lease::hold(&*self.leases, &*self.system, LEASE, LIFE, |lease| async move { self.run(&lease).await });
        let report = match run.await? {
            Outcome::Done(report) => report?,
            Outcome::Busy => Report::of(End::Busy),
            Outcome::Lost => Report::of(End::Lost),
        };
        let Report { end, articles, revisions } = report;
        tracing::info!(end = ?end, articles, revisions, "swept");
        Ok(report)
    }

    async fn run(&self, lease: &Lease) -> Result<Report, StoreError> {
        let until = self.system.monotonic() + BUDGET;
        let mut report = Report::of(End::Clean);
        loop {
            let marks = self.sweeps.marks(PAGE).await?;
            if marks.is_empty() {
                return Ok(report);
            }
            for mark in marks {
                match self.sweep_article(mark, lease, until, &mut report).await {
                    Ok(true) => {}
                    Ok(false) => return Ok(Report { end: End::OutOfTime, ..report }),
                    Err(GuardedWriteError::Fenced) => return Ok(Report { end: End::Lost, ..report }),
                    Err(GuardedWriteError::Store(error)) => return Err(error),
                }
            }
        }
    }

    /// Deletes an article's bodies from the last to the first, then the mark; `false` if time was up before.
    async fn sweep_article(
        &self,
        mark: Mark,
        lease: &Lease,
        until: Duration,
        report: &mut Report,
    ) -> Result<bool, GuardedWriteError> {
        let mut last = mark.revisions;
        loop {
            if self.system.monotonic() >= until {
                return Ok(false);
            }
            let left = last.saturating_sub(STEP);
            self.sweeps.drop_revisions(mark.article, left + 1..=last).await?;
            self.sweeps.settle(mark.article, left, lease).await?;
            report.revisions += last - left;
            if left == 0 {
                report.articles += 1;
                return Ok(true);
            }
            last = left;
        }
    }
}
