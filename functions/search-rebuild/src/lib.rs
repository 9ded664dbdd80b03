//! On a schedule, `rate(1 minute)`: makes the search index anew if that was ordered, beside the one that is searched, and swaps them. One run
//! at a time, under a lease; a run that is killed at any point, or that runs out of time, is gone on with by the next.

mod mark;
mod wiring;

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use shared::{
    domain::search::Entry,
    indexing::Indexing,
    lease::{self, Outcome},
    ports::{
        StoreError,
        indexing::{IndexSurvey, RebuildOrders, Rebuilding},
        leases::Leases,
        search::{Build, SearchEngine},
        system::System,
    },
    telemetry::chain,
};

use crate::mark::Mark;
pub use wiring::SearchRebuild;

/// The name of the lease.
pub const LEASE: &str = "search-rebuild";
/// How long a killed run keeps the next from beginning.
pub const LIFE: Duration = Duration::from_secs(20);
/// How long a run goes on: what is begun by then ends before the function's time-out of 60 s, with every call as slow as its own time-out
/// allows.
pub const BUDGET: Duration = Duration::from_secs(40);

/// Articles of one request: with texts as long as an index takes, a few megabytes.
const ARTICLES: usize = 50;

/// What makes the index anew.
pub struct Rebuild {
    /// What was ordered.
    pub orders: Arc<dyn RebuildOrders>,
    /// Goes through all that is to be found.
    pub survey: Arc<dyn IndexSurvey>,
    /// Makes entries of it.
    pub indexing: Indexing,
    /// The index.
    pub engine: Arc<dyn SearchEngine>,
    /// Keeps other runs away.
    pub leases: Arc<dyn Leases>,
    /// Knows the time.
    pub system: Arc<dyn System>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// Nothing was ordered.
    Idle,
    /// The new index is searched.
    Done,
    /// The new index must not be filled yet: other processes have yet to learn of it.
    Waiting,
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
    /// Entries that this run gave the index.
    pub entries: u64,
    /// Entries that the index refused: what they are of is not found.
    pub refused: u64,
}

impl Report {
    const fn of(end: End) -> Self {
        Self { end, entries: 0, refused: 0 }
    }
}

impl Rebuild {
    /// One run.
    ///
    /// # Errors
    /// A table or the engine failed; the next run goes on.
    pub async fn run(&self) -> Result<Report, StoreError> {
        // Without a lease, as almost every run ends here.
        let standing = self.orders.standing().await?;
        if standing.ordered == standing.done {
            return Ok(Report::of(End::Idle));
        }
        let run = lease::hold(&*self.leases, &*self.system, LEASE, LIFE, |_| self.carry_out());
        let report = match run.await? {
            Outcome::Done(report) => report?,
            Outcome::Busy => Report::of(End::Busy),
            Outcome::Lost => Report::of(End::Lost),
        };
        let Report { end, entries, refused } = report;
        tracing::info!(end = ?end, entries, refused, "made the search index anew");
        Ok(report)
    }

    /// Goes on with the build that is under way, or begins one.
    async fn carry_out(&self) -> Result<Report, StoreError> {
        let deadline = self.system.monotonic() + BUDGET;
        let mut standing = self.orders.standing().await?;
        if standing.ordered == standing.done {
            return Ok(Report::of(End::Idle));
        }
        let build = match self.engine.under_way().await? {
            Some(build) => build,
            None => {
                let total = self.survey.count().await?;
                let build = self.engine.begin(self.system.now()).await?;
                standing = Rebuilding { begun: standing.ordered, filled: 0, total, ..standing };
                self.report(&mut standing).await?;
                build
            }
        };
        if self.system.now() < build.fill_from {
            return Ok(Report::of(End::Waiting));
        }
        let mut report = Report::of(End::OutOfTime);
        let mut mark = Mark::of(build.mark.as_deref())?;
        while self.system.monotonic() < deadline {
            let Some(next) = self.fill(&build, &mark, &mut report).await? else {
                self.engine.finish(&build).await?;
                standing.done = standing.begun;
                standing.filled = mark.filled();
                self.report(&mut standing).await?;
                report.end = End::Done;
                return Ok(report);
            };
            standing.filled = next.filled();
            self.report(&mut standing).await?;
            mark = next;
        }
        Ok(report)
    }

    /// Fills in what comes behind `mark`, and answers what that leads to; `None` if nothing comes.
    async fn fill(&self, build: &Build, mark: &Mark, report: &mut Report) -> Result<Option<Mark>, StoreError> {
        let (entries, next) = match mark {
            Mark::Articles { behind, filled } => {
                let page = self.survey.article_page(*behind, ARTICLES).await?;
                let slugs: Vec<_> = page.iter().map(|(_, slug)| slug.clone()).collect();
                let next = match page.last() {
                    Some((last, _)) => Mark::Articles { behind: Some(*last), filled: filled + page.len() as u64 },
                    None => Mark::Users { behind: None, filled: *filled },
                };
                (self.articles(&slugs).await?, next)
            }
            Mark::Users { behind, filled } => {
                let (users, next) = self.survey.user_page(behind.as_deref()).await?;
                let entries = users.iter().map(Indexing::user).collect();
                let filled = *filled;
                (entries, next.map_or(Mark::End { filled }, |next| Mark::Users { behind: Some(next), filled }))
            }
            Mark::End { .. } => return Ok(None),
        };
        for refused in self.engine.fill(build, &entries, &next.to_string()).await? {
            report.refused += 1;
            let of = entries.get(refused.place).map(|entry| format!("{:?}", entry.key()));
            tracing::error!(of, error = chain(&refused.reason), "the search index refuses an entry");
        }
        report.entries += entries.len() as u64;
        Ok(Some(next))
    }

    /// The entries of those articles that are there: what is gone is not in a new index.
    async fn articles(&self, slugs: &[shared::domain::article::Slug]) -> Result<Vec<Entry>, StoreError> {
        let found = self.indexing.source.articles(slugs).await?;
        let entries = slugs.iter().zip(found).map(|(slug, at)| self.indexing.article(slug, at, 0));
        Ok(entries.filter(|entry| matches!(entry, Entry::Article(_))).collect())
    }

    async fn report(&self, standing: &mut Rebuilding) -> Result<(), StoreError> {
        standing.at = Some(self.system.now());
        self.orders.report(standing).await
    }
}
