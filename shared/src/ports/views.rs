//! Views of articles: they are counted in the cache, where they wait, and are moved into the table from time to time.
//!
//! Whoever reads an article tells the cache in a round trip that they make anyway: [`Arrival::view`](super::arrivals::Arrival), or what is
//! asked of [`CounterCache`](super::counters::CounterCache).

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    ArticleId,
    reaction::ArticleCounters,
    view::{Batch, Part},
};

/// A request for views of a part that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Take {
    /// Which part.
    pub part: Part,
    /// Articles of a batch whose views are in the table: they wait no longer.
    pub done: Option<(Batch, Vec<ArticleId>)>,
    /// Whether what waits is to become a batch, if there is none.
    pub anew: bool,
}

/// What waits of a part.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Whether the cache remembers that it was asked before. If it was, the cache has lost what waited.
    pub known: bool,
    /// Whether the batch was made now.
    pub fresh: bool,
    /// The batch of which something waits.
    pub batch: Option<Batch>,
    /// Some articles of the batch, with how many views they have in it: none only if there is no batch.
    pub views: Vec<(ArticleId, u64)>,
}

/// Views that wait in the cache.
#[async_trait]
pub trait WaitingViews: Send + Sync {
    /// Answers for each part, in their order, in one round trip. A batch never changes, but for losing what is done: what comes
    /// meanwhile is for the next one.
    async fn take(&self, asked: &[Take]) -> Result<Vec<Taken>, StoreError>;
}

/// Counts views in the table.
#[async_trait]
pub trait ViewTallies: Send + Sync {
    /// Adds the views that `article` has in `batch` to its counter, unless those of this batch, or of a later one, are in it already.
    /// Answers the counters as they are then.
    async fn add(&self, article: ArticleId, views: u64, batch: Batch) -> Result<ArticleCounters, StoreError>;
}

/// What [`ViewTallies`] does to tables.
pub const VIEW_TALLIES: &[Permission] = &[Permission::new(Table::Interactions, "UpdateItem")];
