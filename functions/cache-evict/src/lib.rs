//! The queue `cache-evict`: what a change made stale is no longer in the shared cache. A backup of the writers, who put what they
//! wrote there themselves.

mod wiring;

use std::sync::Arc;

use shared::{
    domain::change::{Change, Subject},
    ports::{
        cache::{CacheKey, SharedCache, Stale},
        permission::Queue,
    },
    queue::{Consumer, Failed},
};

pub use wiring::{CacheEvict, Config};

/// What the handler uses.
pub struct Evictions {
    /// The cache.
    pub cache: Arc<dyn SharedCache>,
}

impl Consumer for Evictions {
    const QUEUE: Queue = Queue::CacheEvict;
    type Message = Change;

    async fn consume(&self, changes: &[Change]) -> Result<(), Failed> {
        let stale: Vec<_> = changes.iter().map(stale).collect();
        Ok(self.cache.evict(&stale).await?)
    }
}

/// What `change` made stale: what is older than it. Without a version nobody knows what is older.
fn stale(change: &Change) -> Stale {
    let key = match &change.subject {
        Subject::Article(slug) => CacheKey::new("article", slug.as_str()),
        Subject::User(id) => CacheKey::new("profile", &id.to_string()),
        Subject::Username(name) => CacheKey::new("name", name.as_str()),
        Subject::ArticleCounters(article) => CacheKey::new("counters", &article.to_string()),
        Subject::FollowCounters(user) => CacheKey::new("follows", &user.to_string()),
    };
    Stale { key, below: change.version.unwrap_or(u64::MAX) }
}
