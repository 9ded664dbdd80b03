//! The change stream of interactions: each like and each article in a collection, come or gone, is counted once in its article's counters,
//! in one write for each article of a batch, however often and in whatever pieces the stream delivers it. Counters that crossed a power of
//! two, whoever moved them, put their article into another class of the ranking.

mod wiring;

use std::{collections::HashMap, sync::Arc};

use futures_util::{StreamExt as _, future::join_all, stream};
use shared::{
    domain::{
        ArticleId,
        counting::{Shard, Step},
    },
    ports::{
        StoreError,
        cache::FillToken,
        counters::{CounterCache, CounterRecords, Settled, Tallied, Tallies},
        ranking::{ClassRecords, Classes, Reclassified},
        system::System,
    },
    stream::{ShardAnswer, ShardEvent, answer},
    telemetry::chain,
    worker::WorkerError,
};

pub use wiring::{Config, CounterSync};

/// Articles whose counters are written at the same time.
const AT_ONCE: usize = 16;

/// What the handler uses.
pub struct Counting {
    /// Understands records.
    pub records: Arc<dyn CounterRecords>,
    /// The table's counters.
    pub tallies: Arc<dyn Tallies>,
    /// Understands records of counters.
    pub class_records: Arc<dyn ClassRecords>,
    /// The classes of articles.
    pub classes: Arc<dyn Classes>,
    /// Those that people see.
    pub cache: Arc<dyn CounterCache>,
    /// Knows the time.
    pub system: Arc<dyn System>,
}

/// The steps of one article in a batch, each with its record's place.
type Steps = (ArticleId, Vec<usize>, Vec<Step>);

/// What a batch tells, up to the first record that makes no sense.
#[derive(Default)]
struct Told {
    articles: Vec<Steps>,
    /// The newest class of each article, with its record's place.
    classes: HashMap<ArticleId, (usize, Reclassified)>,
    failed: Option<(usize, WorkerError)>,
}

impl Told {
    /// Notes that the record at `place` was not dealt with, unless an earlier one was not.
    fn fail(&mut self, place: usize, error: impl Into<WorkerError>) {
        if self.failed.as_ref().is_none_or(|(first, _)| place < *first) {
            self.failed = Some((place, error.into()));
        }
    }
}

impl Counting {
    /// Counts what the records of `event` tell of, up to the first that makes no sense.
    ///
    /// # Errors
    /// Whatever failed, if it is the first record; or a shard that is not named.
    pub async fn count(&self, event: ShardEvent) -> Result<ShardAnswer, WorkerError> {
        let mut told = self.read(&event);
        let articles = std::mem::take(&mut told.articles);
        if !articles.is_empty() {
            let shard = event.shard.as_deref().and_then(|id| Shard::parse(id).ok());
            let shard = shard.ok_or("a batch without its shard: the event source must have a window")?;
            let mut articles = articles.into_iter();
            loop {
                let group: Vec<_> = articles.by_ref().take(AT_ONCE).collect();
                if group.is_empty() {
                    break;
                }
                self.count_group(&shard, group, &mut told).await;
            }
        }
        self.classify(&mut told).await;
        Ok(ShardAnswer { failed: answer(&event.records, told.failed)?, ..ShardAnswer::default() })
    }

    /// The steps and the class of each article.
    fn read(&self, event: &ShardEvent) -> Told {
        let mut told = Told::default();
        let mut known: HashMap<ArticleId, usize> = HashMap::new();
        for (place, record) in event.records.iter().enumerate() {
            let read = self.records.read(record).and_then(|step| Ok((step, self.class_records.reclassified(record)?)));
            let (step, class) = match read {
                Ok(read) => read,
                Err(error) => {
                    told.fail(place, error);
                    return told;
                }
            };
            if let Some(to) = class {
                // Of one article's records the newest decides. Which that is their versions tell.
                let newest = told.classes.entry(to.article).or_insert((place, to));
                if newest.1.version < to.version {
                    *newest = (place, to);
                }
            }
            if let Some(step) = step {
                let at = *known.entry(step.article).or_insert_with(|| {
                    told.articles.push((step.article, Vec::new(), Vec::new()));
                    told.articles.len() - 1
                });
                told.articles[at].1.push(place);
                told.articles[at].2.push(step);
            }
        }
        told
    }

    /// Puts articles into their classes.
    async fn classify(&self, told: &mut Told) {
        let classes = std::mem::take(&mut told.classes).into_values();
        let mut done = stream::iter(classes)
            .map(|(place, to)| async move { (place, self.classes.classify(&to).await) })
            .buffer_unordered(AT_ONCE);
        while let Some((place, classified)) = done.next().await {
            if let Err(error) = classified {
                told.fail(place, error);
            }
        }
    }

    /// Counts the steps of a few articles, and has the cache know before and after: what is announced is settled before the cache gives
    /// it up, however many articles the batch is about.
    async fn count_group(&self, shard: &Shard, group: Vec<Steps>, told: &mut Told) {
        let writer = FillToken(u64::from_le_bytes(self.system.random()));
        self.announce(writer, &group).await;
        let counted = join_all(group.into_iter().map(|steps| self.count_one(shard, steps))).await;
        let mut settled = Vec::new();
        for ((article, places, steps), counted) in counted {
            match counted {
                Ok(Tallied { counters, again }) => {
                    let moves = steps.iter().map(|step| step.moved).collect();
                    settled.push(Settled { article, counters, moves, again });
                }
                Err(error) => told.fail(places.first().copied().unwrap_or(0), error),
            }
        }
        self.settle(writer, &settled).await;
    }

    async fn count_one(&self, shard: &Shard, steps: Steps) -> (Steps, Result<Tallied, StoreError>) {
        let counted = self.tallies.count(shard, steps.0, &steps.2, self.system.now()).await;
        (steps, counted)
    }

    /// Tells the cache that the table's counters are about to move, so that nobody stores what they read in between and takes a move for
    /// one that the table lacks.
    async fn announce(&self, writer: FillToken, articles: &[Steps]) {
        let ids: Vec<_> = articles.iter().map(|(article, ..)| *article).collect();
        if let Err(error) = self.cache.announce(writer, &ids, self.system.now()).await {
            tracing::debug!(error = chain(&error), "the cache is away: there is nobody who stores anything");
        }
    }

    /// Tells the cache which moves the table has now. What it is not told it forgets by itself, or by way of the relay.
    async fn settle(&self, writer: FillToken, settled: &[Settled]) {
        if settled.is_empty() {
            return;
        }
        if let Err(error) = self.cache.settled(writer, settled, self.system.now()).await {
            tracing::warn!(error = chain(&error), "counters in the cache may be ahead for a while");
        }
    }
}
