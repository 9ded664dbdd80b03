//! Counters of articles: where they are kept for good, and where they are kept for those who look.
//!
//! The table's counters follow from the change stream and are behind by its lag. The cache knows which moves the table does not
//! have yet: whoever moves a counter notes the move there, and whoever adds it to the table's counter takes it out.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde_json::Value;

use super::{
    StoreError,
    cache::{FillToken, Stale},
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId, Timestamp,
    counting::{Move, Moved, Shard, Step},
    reaction::ArticleCounters,
    view::Reader,
};

/// Understands the records of the change stream that counters follow from.
pub trait CounterRecords: Send + Sync {
    /// The step that `record`, as Lambda hands it over, tells of; `None` if it moves no counter.
    ///
    /// # Errors
    /// A record that no table of ours should have written.
    fn read(&self, record: &Value) -> Result<Option<Step>, StoreError>;
}

/// Counts.
#[async_trait]
pub trait Tallies: Send + Sync {
    /// Moves the counters of `article` by those of `steps` that have not been counted yet, in one write, and answers what they are
    /// now. The steps are the article's, and they are in the order of `shard`. Whatever is asked again, in whatever pieces, is
    /// counted once, as long as a shard's records come in order the first time.
    async fn count(
        &self,
        shard: &Shard,
        article: ArticleId,
        steps: &[Step],
        now: Timestamp,
    ) -> Result<Tallied, StoreError>;
}

/// What counting came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tallied {
    /// What the counters are now.
    pub counters: ArticleCounters,
    /// Whether any of it had been counted before: the counters may have been read with it.
    pub again: bool,
}

/// What [`Tallies`] does to tables.
pub const TALLIES: &[Permission] = &[Permission::new(Table::Interactions, "UpdateItem")];

/// An article's counters, held against what they count.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Audited {
    /// Likes and collections that are there.
    pub there: (i64, i64),
    /// Likes and collections that are counted.
    pub counted: (i64, i64),
    /// How often they were moved: comments and views, which move others, do not count. Absent if there are no counters.
    pub moved: Option<u64>,
}

impl Audited {
    /// What the counters lack, or, negative, have too much.
    pub fn missing(&self) -> Moved {
        Moved { likes: self.there.0 - self.counted.0, collects: self.there.1 - self.counted.1 }
    }
}

/// Holds counters against what they count.
#[async_trait]
pub trait CounterAudits: Send + Sync {
    /// All articles that have relations or counters. Writes during the survey may be in it or not.
    async fn survey(&self) -> Result<BTreeMap<ArticleId, Audited>, StoreError>;

    /// What an article's counters are in the table.
    async fn counted(&self, article: ArticleId) -> Result<ArticleCounters, StoreError>;

    /// Adds to the counters what they lack, unless they have moved since they were surveyed: then `false`.
    async fn repair(&self, article: ArticleId, audited: &Audited) -> Result<bool, StoreError>;
}

/// What [`CounterAudits`] does to tables.
pub const COUNTER_AUDITS: &[Permission] = &[
    Permission::new(Table::Interactions, "Scan"),
    Permission::new(Table::Interactions, "BatchGetItem"),
    Permission::new(Table::Interactions, "UpdateItem"),
];

/// What the cache knows of an article's counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Glimpse {
    /// What they are.
    Known(ArticleCounters),
    /// The table's counters, which are to be read after this was answered, have all that the cache knows of. Whoever cannot ask has
    /// to believe it.
    #[default]
    Table,
    /// They lack something: [`CounterViews`](super::reactions::CounterViews) knows how to find out what they are.
    Behind,
}

/// What whoever is about to read an article's counters from the table is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begun {
    /// Somebody has read them in the meantime.
    Known(ArticleCounters),
    /// Read and store them under this token, if there is one. Without one, somebody else is about to, or somebody is writing to the
    /// table, and it is not known whether what is read has it. The table's counters were behind by so much.
    Read(Option<FillToken>, Moved),
}

/// Counters that were moved in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// Whose.
    pub article: ArticleId,
    /// What they are now.
    pub counters: ArticleCounters,
    /// By these, and perhaps by others before.
    pub moves: Vec<Move>,
    /// Whether some of these moves may have been in the table before: as [`Tallied::again`].
    pub again: bool,
}

/// Counters in the cache.
#[async_trait]
pub trait CounterCache: Send + Sync {
    /// What is known of each, in their order. If they are asked of for a `reader`, it is counted that they read them, once in an hour.
    async fn look(
        &self,
        articles: &[ArticleId],
        reader: Option<Reader>,
        now: Timestamp,
    ) -> Result<Vec<Glimpse>, StoreError>;

    /// To be asked before the table's counters are read in order to store them: under `token`, unless somebody else is about to. A `reader`
    /// is counted as above.
    async fn begin(
        &self,
        article: ArticleId,
        token: FillToken,
        reader: Option<Reader>,
        now: Timestamp,
    ) -> Result<Begun, StoreError>;

    /// Stores the table's `counters`, which were read under `token`, and answers what they are with the moves that they do not have;
    /// `None`, and nothing is stored, if they may have moved in the table since. `version` is a number that no other counters of the
    /// article were stored under.
    async fn fill(
        &self,
        article: ArticleId,
        token: FillToken,
        counters: &ArticleCounters,
        version: u64,
        now: Timestamp,
    ) -> Result<Option<ArticleCounters>, StoreError>;

    /// Notes a move that has just been committed, unless the table's counters have it already; answers what is known then. What became
    /// `stale` beside it is removed in the same round trip.
    async fn moved(
        &self,
        article: ArticleId,
        moved: Move,
        now: Timestamp,
        stale: &[Stale],
    ) -> Result<Glimpse, StoreError>;

    /// Says that `writer` is about to move the table's counters: until they are settled nobody stores what they read, for some seconds
    /// at the most.
    async fn announce(&self, writer: FillToken, articles: &[ArticleId], now: Timestamp) -> Result<(), StoreError>;

    /// Takes out the moves that the table's counters have now, since `writer` has moved them, and stores these where older ones are.
    async fn settled(&self, writer: FillToken, settled: &[Settled], now: Timestamp) -> Result<(), StoreError>;

    /// Forgets the counters if their version in the table is below `below`, so that the next who looks reads the table. The moves that
    /// the table does not have stay. What became `stale` beside it is removed in the same round trip.
    async fn forget(&self, articles: &[(ArticleId, u64)], stale: &[Stale]) -> Result<(), StoreError>;
}
