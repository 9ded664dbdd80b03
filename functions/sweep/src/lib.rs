//! On a schedule, `rate(5 minutes)`: removes the bodies of deleted drafts and articles. One run at a time, under a lease; a run that is killed
//! at any point, or that runs out of time, is gone on with by the next.

mod wiring;

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use shared::{
    domain::DraftId,
    lease::{self, Outcome},
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease, Leases},
        sweeps::Sweeps,
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
/// Items of a draft that are deleted at once, at the most.
const STEP: u16 = 100;

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
    /// Drafts, with their articles, of which nothing is left.
    pub drafts: u32,
    /// Items of bodies that were deleted.
    pub items: u32,
}

impl Report {
    /// The report of a run that did nothing.
    const fn of(end: End) -> Self {
        Self { end, drafts: 0, items: 0 }
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
        let Report { end, drafts, items } = report;
        tracing::info!(end = ?end, drafts, items, "swept");
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
            for draft in marks {
                match self.sweep_draft(draft, lease, until, &mut report).await {
                    Ok(true) => {}
                    Ok(false) => return Ok(Report { end: End::OutOfTime, ..report }),
                    Err(GuardedWriteError::Fenced) => return Ok(Report { end: End::Lost, ..report }),
                    Err(GuardedWriteError::Store(error)) => return Err(error),
                }
            }
        }
    }

    /// Deletes a draft's bodies, then the mark; `false` if time was up before.
    async fn sweep_draft(
        &self,
        draft: DraftId,
        lease: &Lease,
        until: Duration,
        report: &mut Report,
    ) -> Result<bool, GuardedWriteError> {
        loop {
            if self.system.monotonic() >= until {
                return Ok(false);
            }
            let dropped = self.sweeps.drop_bodies(draft, STEP).await?;
            report.items += dropped.items;
            if !dropped.more {
                self.sweeps.settle(draft, lease).await?;
                report.drafts += 1;
                return Ok(true);
            }
        }
    }
}
