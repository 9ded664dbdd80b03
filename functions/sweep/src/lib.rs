//! On a schedule, `rate(1 minute)`: removes what was deleted users', the bodies of deleted drafts and articles, the comments on
//! deleted articles, and the replies in deleted threads. One run at a time, under a lease; a run that is killed at any point, or
//! that runs out of time, is gone on with by the next.

mod users;
mod wiring;

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use shared::{
    lease::{self, End, Outcome},
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease, Leases},
        sweeps::{CommentSweeps, Mark, Sweeps, ThreadMark, UserSweeps},
        system::System,
    },
};

pub use users::GRACE;
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
/// Items of a draft, or comments, that are deleted at once, at the most: then the time is looked at.
const STEP: u16 = 100;

/// What sweeps.
pub struct Sweeper {
    /// What there is to sweep of users.
    pub users: Arc<dyn UserSweeps>,
    /// What there is to sweep of articles.
    pub sweeps: Arc<dyn Sweeps>,
    /// What there is to sweep of comments.
    pub comments: Arc<dyn CommentSweeps>,
    /// Keeps other runs away.
    pub leases: Arc<dyn Leases>,
    /// Knows the time.
    pub system: Arc<dyn System>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// Users of whom nothing is left, and nothing can come any more.
    pub users: u32,
    /// What was theirs: drafts with their articles, likes, follows and the like.
    pub remains: u32,
    /// Drafts, with their articles, of which nothing is left.
    pub drafts: u32,
    /// Items of bodies that were deleted.
    pub items: u32,
    /// Deleted threads of which nothing is left.
    pub threads: u32,
    /// Comments that were deleted, with an article or with a thread.
    pub comments: u32,
}

impl Report {
    /// The report of a run that did nothing.
    pub const fn of(end: End) -> Self {
        Self { end, users: 0, remains: 0, drafts: 0, items: 0, threads: 0, comments: 0 }
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
        let Report { end, users, remains, drafts, items, threads, comments } = report;
        tracing::info!(end = ?end, users, remains, drafts, items, threads, comments, "swept");
        Ok(report)
    }

    async fn run(&self, lease: &Lease) -> Result<Report, StoreError> {
        let mut run =
            Run { sweeper: self, lease, until: self.system.monotonic() + BUDGET, report: Report::of(End::Clean) };
        let end = match run.all().await {
            Ok(()) => End::Clean,
            Err(Stop::OutOfTime) => End::OutOfTime,
            Err(Stop::Write(GuardedWriteError::Fenced)) => End::Lost,
            Err(Stop::Write(GuardedWriteError::Store(error))) => return Err(error),
        };
        Ok(Report { end, ..run.report })
    }
}

/// Why a run stops before everything is swept.
enum Stop {
    OutOfTime,
    Write(GuardedWriteError),
}

impl<E: Into<GuardedWriteError>> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Write(error.into())
    }
}

/// A run under way.
struct Run<'a> {
    sweeper: &'a Sweeper,
    lease: &'a Lease,
    until: Duration,
    report: Report,
}

impl Run<'_> {
    async fn all(&mut self) -> Result<(), Stop> {
        // First, as it is what is waited for most; and it leaves marks for the others.
        self.users().await?;
        loop {
            let marks = self.sweeper.sweeps.marks(PAGE).await?;
            if marks.is_empty() {
                break;
            }
            for mark in marks {
                self.draft(mark).await?;
            }
        }
        loop {
            let marks = self.sweeper.comments.marks(PAGE).await?;
            if marks.is_empty() {
                return Ok(());
            }
            for mark in marks {
                self.thread(mark).await?;
            }
        }
    }

    /// Whether there is time to begin something.
    fn time(&self) -> Result<(), Stop> {
        if self.sweeper.system.monotonic() < self.until { Ok(()) } else { Err(Stop::OutOfTime) }
    }

    /// Deletes the comments on a draft's article, then the bodies of both, then the mark.
    async fn draft(&mut self, mark: Mark) -> Result<(), Stop> {
        let Sweeper { sweeps, comments, .. } = self.sweeper;
        if let Some(article) = mark.article {
            loop {
                self.time()?;
                match comments.drop_comments(article, STEP).await? {
                    0 => break,
                    dropped => self.report.comments += dropped,
                }
            }
        }
        loop {
            self.time()?;
            let dropped = sweeps.drop_bodies(mark.draft, STEP).await?;
            self.report.items += dropped.items;
            if !dropped.more {
                break;
            }
        }
        sweeps.settle(mark.draft, self.lease).await?;
        self.report.drafts += 1;
        Ok(())
    }

    /// Deletes the replies in a thread, then the mark.
    async fn thread(&mut self, mark: ThreadMark) -> Result<(), Stop> {
        let comments = &self.sweeper.comments;
        loop {
            self.time()?;
            match comments.drop_replies(&mark, STEP).await? {
                0 => break,
                dropped => self.report.comments += dropped,
            }
        }
        comments.settle(&mark, self.lease).await?;
        self.report.threads += 1;
        Ok(())
    }
}
