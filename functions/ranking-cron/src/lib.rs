//! On a schedule, `rate(1 minute)`: makes the hot list of what is hot now, from the articles that can still be on it. One run at a time,
//! under a lease; what a run stores that was overtaken is refused.

mod wiring;

use std::{collections::HashSet, sync::Arc, time::Duration};

use serde::Serialize;
use shared::{
    cached::CachedArticles,
    domain::{
        ArticleId,
        article::Listed,
        ranking::{HotList, Scoring},
    },
    lease::{self, Outcome},
    ports::{
        StoreError,
        articles::ArticleDetails,
        leases::{GuardedWriteError, Lease, Leases},
        ranking::{Candidates, HotArticles, HotListCache, HotListWrites},
        system::System,
    },
    ranking::{Ranking, rank},
    telemetry::chain,
};

pub use wiring::{Config, RankingCron};

/// The name of the lease.
pub const LEASE: &str = "ranking";
/// How long a killed run keeps the next from beginning.
pub const LIFE: Duration = Duration::from_secs(20);
/// Articles whose details are read into the cache in advance.
pub const WARMED: usize = 10;
/// How often it is ranked anew in a run because articles turn out to be gone. What is gone then is left out, and others take its place
/// in the next run.
const ROUNDS: usize = 4;

/// What ranks.
pub struct Ranker {
    /// How articles are scored.
    pub scoring: Scoring,
    /// Which can be hot.
    pub candidates: Arc<dyn Candidates>,
    /// What is shown of them.
    pub articles: Arc<dyn HotArticles>,
    /// Where the list is kept for good.
    pub table: Arc<dyn HotListWrites>,
    /// Where readers look for it.
    pub cache: Arc<dyn HotListCache>,
    /// Reads details of articles.
    pub details: Arc<dyn ArticleDetails>,
    /// Keeps them for readers.
    pub cached: Arc<CachedArticles>,
    /// Keeps other runs away.
    pub leases: Arc<dyn Leases>,
    /// Knows the time.
    pub system: Arc<dyn System>,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    /// There is a new list.
    Ranked,
    /// Another run is under way.
    Busy,
    /// Another run has taken over, because this one was paused for too long. Nothing was stored.
    Lost,
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// How it ended.
    pub end: End,
    /// The list's version.
    pub version: u64,
    /// Articles on the list.
    pub articles: usize,
    /// Articles whose counters were read for it.
    pub scored: usize,
    /// Articles that nobody can read any more, which were taken out of their classes.
    pub dismissed: usize,
}

impl Report {
    /// The report of a run that made no list.
    const fn of(end: End) -> Self {
        Self { end, version: 0, articles: 0, scored: 0, dismissed: 0 }
    }
}

impl Ranker {
    /// One run.
    ///
    /// # Errors
    /// A table failed: the list is what it was. That the cache failed is no error: readers have the table's list.
    pub async fn run(&self) -> Result<Report, StoreError> {
        let run =
            lease::hold(&*self.leases, &*self.system, LEASE, LIFE, |lease| async move { self.make(&lease).await });
        let report = match run.await? {
            Outcome::Done(Ok(report)) => report,
            Outcome::Done(Err(GuardedWriteError::Fenced)) | Outcome::Lost => Report::of(End::Lost),
            Outcome::Done(Err(GuardedWriteError::Store(error))) => return Err(error),
            Outcome::Busy => Report::of(End::Busy),
        };
        let Report { end, version, articles, scored, dismissed } = report;
        tracing::info!(end = ?end, version, articles, scored, dismissed, "ranked");
        Ok(report)
    }

    /// Makes the list and stores it under `lease`. The table is first: what the cache has, the table has or had.
    ///
    /// # Errors
    /// [`GuardedWriteError::Fenced`] if the lease is somebody else's by now.
    pub async fn make(&self, lease: &Lease) -> Result<Report, GuardedWriteError> {
        let now = self.system.now();
        let mut gone = HashSet::new();
        let mut scored = 0;
        let mut rounds = 0;
        let articles = loop {
            let ranking = rank(&*self.candidates, &self.scoring, now, &gone).await?;
            if !ranking.whole {
                tracing::warn!(scored = ranking.scored, "too many articles are alike: the hot list is of some of them");
            }
            scored += ranking.scored;
            rounds += 1;
            let (articles, missing) = self.show(&ranking).await?;
            let none_missing = missing.is_empty();
            gone.extend(missing);
            if none_missing || rounds == ROUNDS {
                break articles;
            }
        };
        let list = HotList { version: lease.fence.0, ranked_at: Some(now), articles };
        self.table.store(&list, lease).await?;
        if let Err(error) = self.cache.store(&list).await {
            tracing::warn!(error = chain(&error), "the cache is away: readers get the hot list of the table");
        }
        let warm: Vec<_> = list.articles.iter().take(WARMED).map(|listed| &listed.article.slug).collect();
        self.cached.warm(&warm, &*self.details).await;
        // Last, as it is for the next run only.
        self.candidates.dismiss(&gone).await?;
        Ok(Report {
            end: End::Ranked,
            version: list.version,
            articles: list.articles.len(),
            scored,
            dismissed: gone.len(),
        })
    }

    /// What is shown of those that were found, and which of them are gone.
    async fn show(&self, ranking: &Ranking) -> Result<(Vec<Listed>, Vec<ArticleId>), StoreError> {
        let shown = self.articles.show(&ranking.top).await?;
        let missing = ranking.top.iter().zip(&shown).filter(|(_, shown)| shown.is_none());
        let missing = missing.map(|(scored, _)| scored.article).collect();
        Ok((shown.into_iter().flatten().collect(), missing))
    }
}
