//! How many follow a user and are followed, by user.

use std::{sync::Arc, time::Duration};

use super::through;
use crate::{
    cache::{Cache, Policy, Versioned},
    domain::{UserId, follow::FollowCounters},
    http::Prefetched,
    ports::{
        StoreError,
        cache::{SharedCache, Wanted},
        follows::FollowViews,
        system::System,
    },
    telemetry::chain,
};

const FOLLOWS: Policy = Policy {
    kind: "follows",
    fresh: Duration::from_secs(600),
    keep: Duration::from_secs(3_600),
    missing: Duration::from_secs(5),
    copies: 1024 * 1024,
};

impl Versioned for FollowCounters {
    fn version(&self) -> u64 {
        self.version
    }
}

/// Reads counters of follows, and tells the cache of those that moved.
pub struct CachedFollows {
    cache: Cache<FollowCounters>,
    views: Arc<dyn FollowViews>,
}

impl CachedFollows {
    /// Of `views`, by way of `shared`.
    pub fn new(views: Arc<dyn FollowViews>, shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        Self { cache: Cache::new(FOLLOWS, shared, system), views }
    }

    /// What to ask for at the entrance to have the counters of `user`.
    pub fn wanted(&self, user: UserId) -> Wanted {
        self.cache.look_up(&user.to_string()).wanted
    }

    /// The counters of `user`.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub async fn of(&self, user: UserId, prefetched: &Prefetched) -> Result<FollowCounters, StoreError> {
        let load = || async move { self.views.counters(user).await.map(Some) };
        let found = through(&self.cache, &user.to_string(), prefetched, load).await?;
        Ok(found.map_or_else(FollowCounters::default, |found| *found))
    }

    /// Tells the cache that a user's counters moved, and to what if it is known. Call it after the commit and before answering.
    pub async fn moved(&self, user: UserId, counters: Option<&FollowCounters>) {
        let name = user.to_string();
        let told = match counters {
            Some(counters) => self.cache.put(&name, counters, None, &[]).await,
            None => self.cache.evict(&name, u64::MAX, &[]).await,
        };
        if let Err(error) = told {
            tracing::warn!(
                error = chain(&error),
                "counters of follows may be out of date until the change stream evicts them"
            );
        }
    }
}
