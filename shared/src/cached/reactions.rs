//! How much was done about an article, by article. Who asks about themselves is answered from the table, which knows all.

use std::{sync::Arc, time::Duration};

use super::{lists, through};
use crate::{
    cache::{Cache, Policy, Versioned},
    domain::{
        ArticleId,
        article::Article,
        reaction::{ArticleCounters, Reactions},
        session::Identity,
    },
    http::Prefetched,
    ports::{
        StoreError,
        cache::{SharedCache, Wanted},
        reactions::{CounterViews, ReactionViews},
        system::System,
    },
    telemetry::chain,
};

const COUNTERS: Policy = Policy {
    kind: "counters",
    fresh: Duration::from_secs(600),
    keep: Duration::from_secs(3_600),
    missing: Duration::from_secs(5),
    copies: 4 * 1024 * 1024,
};

impl Versioned for ArticleCounters {
    fn version(&self) -> u64 {
        self.version
    }
}

/// Tells the cache of counters that moved.
pub struct CachedCounters(Cache<ArticleCounters>);

impl CachedCounters {
    /// Counters in `shared`.
    pub fn new(shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        Self(Cache::new(COUNTERS, shared, system))
    }

    /// What to ask for at the entrance to have the counters of `article`.
    pub fn wanted(&self, article: ArticleId) -> Wanted {
        self.0.look_up(&article.to_string()).wanted
    }

    /// Tells the cache, its lists included, that an article's counters moved, and to what if it is known. Call it after the commit and before
    /// answering.
    pub async fn moved(&self, article: &Article, counters: Option<&ArticleCounters>) {
        let (name, pages) = (article.id.to_string(), lists::stale_with_author(article.author_id));
        let told = match counters {
            Some(counters) => self.0.put(&name, counters, None, &pages).await,
            None => self.0.evict(&name, u64::MAX, &pages).await,
        };
        if let Err(error) = told {
            tracing::warn!(error = chain(&error), "counters may be out of date until the change stream evicts them");
        }
    }

    async fn of(
        &self,
        article: ArticleId,
        views: &dyn CounterViews,
        prefetched: &Prefetched,
    ) -> Result<ArticleCounters, StoreError> {
        let load = || async move { views.counters(article).await.map(Some) };
        let found = through(&self.0, &article.to_string(), prefetched, load).await?;
        Ok(found.map_or_else(ArticleCounters::default, |found| *found))
    }
}

/// Reads what was done about articles.
pub struct CachedReactions {
    /// The counters.
    pub counters: Arc<CachedCounters>,
    /// Knows the counters.
    pub counter_views: Arc<dyn CounterViews>,
    /// Knows what somebody did.
    pub views: Arc<dyn ReactionViews>,
}

impl CachedReactions {
    /// What was done about `article`, as `viewer` sees it.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub async fn of(
        &self,
        viewer: Option<Identity>,
        article: &Article,
        prefetched: &Prefetched,
    ) -> Result<Reactions, StoreError> {
        match viewer {
            Some(viewer) => self.views.reactions(viewer.user_id, article.id, article.author_id).await,
            None => Ok(Reactions::of_stranger(self.counters_of(article, prefetched).await?)),
        }
    }

    /// How much was done about `article`.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub(super) async fn counters_of(
        &self,
        article: &Article,
        prefetched: &Prefetched,
    ) -> Result<ArticleCounters, StoreError> {
        self.counters.of(article.id, &*self.counter_views, prefetched).await
    }
}
