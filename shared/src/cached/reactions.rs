//! How much was done about an article. The table's counters follow from the change stream; the cache knows the moves that they do not have
//! yet, so that whoever moved a counter and everyone after them sees the move. While the cache is away, counters are the table's.

use std::{sync::Arc, time::Duration};

use futures_util::try_join;

use super::lists;
use crate::{
    cache::{Cache, Policy, Versioned},
    domain::{
        ArticleId,
        article::Article,
        counting::Move,
        reaction::{ArticleCounters, Reactions},
        session::Identity,
        view::Reader,
    },
    http::{Asked, Prefetched},
    ports::{
        StoreError,
        cache::{SharedCache, Wanted},
        counters::{CounterCache, Glimpse},
        reactions::{CounterViews, ReactionViews},
        system::System,
    },
    telemetry::chain,
};

/// How long counters live is said where they are stored.
const COUNTERS: Policy = Policy {
    kind: "counters",
    fresh: Duration::from_secs(600),
    keep: Duration::from_secs(600),
    missing: Duration::from_secs(5),
    copies: 4 * 1024 * 1024,
};

impl Versioned for ArticleCounters {
    fn version(&self) -> u64 {
        self.version
    }
}

/// Counters in the cache. What is read of them is read like any cached value; they are moved and stored by scripts of their own.
pub struct CachedCounters {
    values: Cache<ArticleCounters>,
    cache: Arc<dyn CounterCache>,
    system: Arc<dyn System>,
}

impl CachedCounters {
    /// Counters in `shared`, moved in `cache`, which is the same.
    pub fn new(shared: Arc<dyn SharedCache>, cache: Arc<dyn CounterCache>, system: Arc<dyn System>) -> Self {
        Self { values: Cache::new(COUNTERS, shared, system.clone()), cache, system }
    }

    /// What to ask for at the entrance to have the counters of `article`.
    pub fn wanted(&self, article: ArticleId) -> Wanted {
        self.values.look_up(&article.to_string()).wanted
    }

    /// Tells the cache, its lists included, of a move; answers what the counters are then, of `views` if the cache does not know. Call
    /// it after the commit and before answering.
    ///
    /// # Errors
    /// If the table has to be asked and fails. The cache has been told.
    pub async fn moved(
        &self,
        article: &Article,
        moved: Move,
        views: &dyn CounterViews,
    ) -> Result<ArticleCounters, StoreError> {
        let pages = lists::stale_with_author(article.author_id);
        match self.cache.moved(article.id, moved, self.system.now(), &pages).await {
            Ok(Glimpse::Known(counters)) => return Ok(counters),
            Ok(Glimpse::Table | Glimpse::Behind) => {}
            Err(error) => {
                tracing::warn!(error = chain(&error), "a counter is behind until the change stream has moved it")
            }
        }
        views.counters(article.id, None).await
    }

    /// Tells the cache, its lists included, that an article's counters moved in the table. Call it after the commit and before
    /// answering.
    pub async fn moved_in_table(&self, article: &Article) {
        let pages = lists::stale_with_author(article.author_id);
        if let Err(error) = self.cache.forget(&[(article.id, u64::MAX)], &pages).await {
            tracing::warn!(error = chain(&error), "counters may be out of date until the change stream evicts them");
        }
    }

    /// The counters of `article`: from the cache, or else of `views`, where it is counted that `reader` reads it.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub async fn of(
        &self,
        article: ArticleId,
        views: &dyn CounterViews,
        reader: Option<Reader>,
        prefetched: &Prefetched,
    ) -> Result<ArticleCounters, StoreError> {
        let lookup = self.values.look_up(&article.to_string());
        match prefetched.get(&lookup.wanted) {
            Asked::Found(found) => {
                if let Some(Some(counters)) = self.values.known(&lookup, Some(found)) {
                    return Ok(*counters);
                }
            }
            Asked::Away | Asked::Not => {}
        }
        views.counters(article, reader).await
    }
}

/// Reads what was done about articles.
pub struct CachedReactions {
    /// The counters.
    pub counters: Arc<CachedCounters>,
    /// Knows the counters that are not cached.
    pub counter_views: Arc<dyn CounterViews>,
    /// Knows what somebody did.
    pub views: Arc<dyn ReactionViews>,
}

impl CachedReactions {
    /// What was done about `article`, as `viewer` sees it; where counters are not cached, it is counted that `reader` reads it.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub async fn of(
        &self,
        viewer: Option<Identity>,
        article: &Article,
        reader: Option<Reader>,
        prefetched: &Prefetched,
    ) -> Result<Reactions, StoreError> {
        let counters = self.counters_of(article, reader, prefetched);
        let Some(viewer) = viewer else { return Ok(Reactions::of_stranger(counters.await?)) };
        let flags = self.views.flags(viewer.user_id, article.id, article.author_id);
        let (counters, flags) = try_join!(counters, flags)?;
        Ok(Reactions { counters, flags })
    }

    /// How much was done about `article`.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub(super) async fn counters_of(
        &self,
        article: &Article,
        reader: Option<Reader>,
        prefetched: &Prefetched,
    ) -> Result<ArticleCounters, StoreError> {
        self.counters.of(article.id, &*self.counter_views, reader, prefetched).await
    }
}
