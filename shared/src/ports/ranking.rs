//! Ranking: which articles can be hot, what becomes of it, and where readers find it.

use std::collections::HashSet;

use async_trait::async_trait;
use serde_json::Value;

use super::{
    StoreError,
    leases::{GuardedWriteError, Lease},
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId,
    article::Listed,
    ranking::{HotClass, HotList, HotShard, Scored},
    reaction::ArticleCounters,
};

/// Counters that moved, and the class that they belong to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reclassified {
    /// Whose counters.
    pub article: ArticleId,
    /// Their version, of which the class was made.
    pub version: u64,
    /// The class; none if nothing is left of what was done.
    pub class: Option<HotClass>,
}

/// Understands the records of the change stream that classes follow from.
pub trait ClassRecords: Send + Sync {
    /// What `record`, as Lambda hands it over, says of an article's class, if its counters moved; `None` if the class is what it says
    /// already.
    ///
    /// # Errors
    /// A record that no table of ours should have written.
    fn reclassified(&self, record: &Value) -> Result<Option<Reclassified>, StoreError>;
}

/// Keeps articles in their classes.
#[async_trait]
pub trait Classes: Send + Sync {
    /// Puts an article into its class, unless its counters have moved since: then there is a later record. To be told so again changes
    /// nothing.
    async fn classify(&self, to: &Reclassified) -> Result<(), StoreError>;
}

/// What [`Classes`] does to tables.
pub const CLASSES: &[Permission] = &[Permission::new(Table::Interactions, "UpdateItem")];

/// Articles of one shard of a class, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CandidatePage {
    /// The articles.
    pub articles: Vec<ArticleId>,
    /// Whether there may be more behind them.
    pub more: bool,
}

/// Articles that can be hot.
#[async_trait]
pub trait Candidates: Send + Sync {
    /// The newest `limit` articles of `shard`, or of those behind `behind`. A moment may pass until an article shows up in another class.
    async fn page(&self, shard: HotShard, behind: Option<ArticleId>, limit: u16) -> Result<CandidatePage, StoreError>;

    /// The counters of `articles`, in their order.
    async fn counters(&self, articles: &[ArticleId]) -> Result<Vec<ArticleCounters>, StoreError>;

    /// Takes articles out of their classes until something more is done about them: nobody can read them.
    async fn dismiss(&self, articles: &HashSet<ArticleId>) -> Result<(), StoreError>;
}

/// What [`Candidates`] does to tables.
pub const CANDIDATES: &[Permission] = &[
    Permission::index(Table::Interactions),
    Permission::new(Table::Interactions, "BatchGetItem"),
    Permission::new(Table::Interactions, "UpdateItem"),
];

/// What readers are shown of hot articles.
#[async_trait]
pub trait HotArticles: Send + Sync {
    /// Each of `scored` as strangers see it, with the counters that it was scored by; nothing where the article was withdrawn or
    /// deleted.
    async fn show(&self, scored: &[Scored]) -> Result<Vec<Option<Listed>>, StoreError>;
}

/// What [`HotArticles`] does to tables.
pub const HOT_ARTICLES: &[Permission] =
    &[Permission::new(Table::Articles, "BatchGetItem"), Permission::new(Table::Users, "BatchGetItem")];

/// The table's hot list, for whoever makes it.
#[async_trait]
pub trait HotListWrites: Send + Sync {
    /// Stores `list` in the place of an older one, on the condition that `lease` is its holder's still.
    ///
    /// # Errors
    /// [`GuardedWriteError::Fenced`] if somebody else has the lease by now, or has stored a later list.
    async fn store(&self, list: &HotList, lease: &Lease) -> Result<(), GuardedWriteError>;
}

/// What [`HotListWrites`] does to tables, besides the guard.
pub const HOT_LIST_WRITES: &[Permission] = &[Permission::new(Table::Coordination, "PutItem")];

/// The table's hot list, for who reads.
#[async_trait]
pub trait HotListReads: Send + Sync {
    /// The list; `None` if none was made yet.
    async fn load(&self) -> Result<Option<HotList>, StoreError>;
}

/// What [`HotListReads`] does to tables.
pub const HOT_LIST_READS: &[Permission] = &[Permission::new(Table::Coordination, "GetItem")];

/// What the cache knows of the hot list.
#[derive(Debug, Clone)]
pub enum CachedHotList {
    /// Nothing.
    Nothing,
    /// It is of the version that whoever asks has.
    Same,
    /// This, which may be older than what whoever asks has.
    List(HotList),
}

/// The hot list in the cache.
#[async_trait]
pub trait HotListCache: Send + Sync {
    /// What is there, to whoever has the version `known`.
    async fn load(&self, known: Option<u64>) -> Result<CachedHotList, StoreError>;

    /// Stores `list`, unless what is there is as new.
    async fn store(&self, list: &HotList) -> Result<(), StoreError>;
}
