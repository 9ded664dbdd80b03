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
        let stale: Vec<_> = changes.iter().flat_map(stale).collect();
        Ok(self.cache.evict(&stale).await?)
    }
}

/// What `change` made stale: what is older than it. Without a version nobody knows what is older.
fn stale(change: &Change) -> Vec<Stale> {
    let (kinds, name): (&[_], _) = match &change.subject {
        Subject::Article(slug) => (&["article", "html"], slug.to_string()),
        Subject::User(id) => (&["profile"], id.to_string()),
        Subject::Username(name) => (&["name"], name.as_str().to_owned()),
        Subject::ArticleCounters(article) => (&["counters"], article.to_string()),
        Subject::FollowCounters(user) => (&["follows"], user.to_string()),
    };
    let below = change.version.unwrap_or(u64::MAX);
    kinds.iter().map(|kind| Stale { key: CacheKey::new(kind, &name), below }).collect()
}
