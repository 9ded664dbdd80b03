//! On a schedule, `rate(1 minute)`: moves the views that wait in the cache into the articles' counters, each once, in one write for each
//! article that was read. One run at a time, under a lease; a run that is killed at any point, or that runs out of time, is gone on with by
//! the next.

mod wiring;

use std::{sync::Arc, time::Duration};

use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use shared::{
    domain::{
        ArticleId,
        view::{Batch, Part},
    },
    lease::{self, End, Outcome},
    ports::{
        StoreError,
        cache::FillToken,
        counters::{CounterCache, Settled},
        leases::{Fence, Leases},
        system::System,
        views::{Take, Taken, ViewTallies, WaitingViews},
    },
    telemetry::chain,
};

pub use wiring::{Config, ViewDrain};

/// The name of the lease.
pub const LEASE: &str = "view-drain";
/// How long a killed run keeps the next from beginning.
pub const LIFE: Duration = Duration::from_secs(30);
/// How long a run goes on: what is begun by then ends before the function's time-out of 60 s, with every call as slow as its own
/// time-out allows.
pub const BUDGET: Duration = Duration::from_secs(30);

/// Articles whose counters are written at the same time.
const AT_ONCE: usize = 32;

/// What drains.
pub struct Drain {
    /// The views that wait.
    pub waiting: Arc<dyn WaitingViews>,
    /// The table's counters.
    pub tallies: Arc<dyn ViewTallies>,
    /// Those that people see.
    pub cache: Arc<dyn CounterCache>,
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
    /// Writes of counters: articles that were read, and what a run before had written without saying so.
    pub articles: u32,
    /// Views that are in the table now, of the same.
    pub views: u64,
    /// Parts of the articles whose views the cache has lost: those since the last run, which is a minute.
    pub lost: u32,
}

impl Report {
    /// The report of a run that did nothing.
    pub const fn of(end: End) -> Self {
        Self { end, articles: 0, views: 0, lost: 0 }
    }
}

/// What one article has in a batch.
type Share = (ArticleId, u64);

impl Drain {
    /// One run.
    ///
    /// # Errors
    /// A store failed; what was counted is counted.
    pub async fn drain(&self) -> Result<Report, StoreError> {
        let run = lease::hold(&*self.leases, &*self.system, LEASE, LIFE, |lease| self.run(lease.fence));
        let report = match run.await? {
            Outcome::Done(report) => report?,
            Outcome::Busy => Report::of(End::Busy),
            Outcome::Lost => Report::of(End::Lost),
        };
        let Report { end, articles, views, lost } = report;
        if lost > 0 {
            let of = Part::COUNT;
            tracing::warn!(lost, of, "the cache has lost its keys: views since the last run are not counted");
        }
        tracing::info!(end = ?end, articles, views, lost, "drained views");
        Ok(report)
    }

    async fn run(&self, fence: Fence) -> Result<Report, StoreError> {
        let until = self.system.monotonic() + BUDGET;
        let mut report = Report::of(End::Clean);
        let mut open: Vec<_> = Part::all().map(|part| Take { part, done: None, anew: true }).collect();
        let (mut first, mut failure) = (true, None);
        while !open.is_empty() {
            if self.system.monotonic() >= until {
                report.end = End::OutOfTime;
                break;
            }
            let taken = self.waiting.take(&open).await?;
            if first && fence.0 > 1 {
                let lost = taken.iter().filter(|taken| !taken.known).count();
                report.lost = u32::try_from(lost).unwrap_or(u32::MAX);
            }
            first = false;
            open = self.count(open, taken, &mut report, &mut failure).await;
        }
        failure.map_or(Ok(report), Err)
    }

    /// Counts what was `taken` as `asked`; answers what to ask for next. A part of which something failed is not asked for again, but for
    /// what is done: the next run goes on with it.
    async fn count(
        &self,
        asked: Vec<Take>,
        taken: Vec<Taken>,
        report: &mut Report,
        failure: &mut Option<StoreError>,
    ) -> Vec<Take> {
        let mut batches = Vec::new();
        for (asked, taken) in asked.into_iter().zip(taken) {
            // Whose last answer was that nothing is left, or that it failed, is through.
            let Some(batch) = taken.batch.filter(|_| !taken.views.is_empty()) else { continue };
            batches.push((Take { part: asked.part, done: None, anew: asked.anew && !taken.fresh }, batch, taken.views));
        }
        let articles: Vec<_> = batches.iter().flat_map(|(_, _, views)| views).map(|(article, _)| *article).collect();
        if articles.is_empty() {
            return Vec::new();
        }
        let writer = FillToken(u64::from_le_bytes(self.system.random()));
        if let Err(error) = self.cache.announce(writer, &articles, self.system.now()).await {
            tracing::debug!(error = chain(&error), "the cache is away: there is nobody who stores anything");
        }
        let shares = batches
            .iter()
            .enumerate()
            .flat_map(|(place, (_, batch, views))| views.iter().map(move |share| (place, *batch, *share)));
        let counted: Vec<_> = stream::iter(shares.collect::<Vec<_>>())
            .map(|(place, batch, share)| async move { (place, share, self.add(batch, share).await) })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;

        let (mut settled, mut failed) = (Vec::new(), vec![false; batches.len()]);
        let mut done: Vec<Vec<ArticleId>> = vec![Vec::new(); batches.len()];
        for (place, (article, views), counted) in counted {
            match counted {
                Ok(counters) => {
                    settled.push(counters);
                    done[place].push(article);
                    report.articles += 1;
                    report.views += views;
                }
                Err(error) => {
                    failed[place] = true;
                    failure.get_or_insert(error);
                }
            }
        }
        // Before the views are forgotten: whoever repeats a write tells the cache as well.
        if let Err(error) = self.cache.settled(writer, &settled, self.system.now()).await {
            tracing::warn!(
                error = chain(&error),
                "counters in the cache are behind until the change stream evicts them"
            );
        }
        let (mut next, mut stopped) = (Vec::new(), Vec::new());
        for (((take, batch, _), done), failed) in batches.into_iter().zip(done).zip(failed) {
            let take = Take { done: Some((batch, done)), anew: take.anew && !failed, ..take };
            if failed { stopped.push(take) } else { next.push(take) }
        }
        if !stopped.is_empty()
            && let Err(error) = self.waiting.take(&stopped).await
        {
            tracing::debug!(error = chain(&error), "what is counted goes on waiting: the next run finds it counted");
        }
        next
    }

    /// Adds one article's share of `batch`.
    async fn add(&self, batch: Batch, (article, views): Share) -> Result<Settled, StoreError> {
        let counters = self.tallies.add(article, views, batch).await?;
        Ok(Settled { article, counters, moves: Vec::new(), again: false })
    }
}
