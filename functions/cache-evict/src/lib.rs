//! The queue `cache-evict`: what a change made stale is no longer in the shared cache. A backup of the writers, who put what they
//! wrote there themselves.

mod wiring;

use std::sync::Arc;

use shared::{
    cached,
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
        let mut stale: Vec<_> = changes.iter().map(stale).collect();
        for change in changes {
            for list in lists(change) {
                if !stale.contains(&list) {
                    stale.push(list);
                }
            }
        }
        Ok(self.cache.evict(&stale).await?)
    }
}

/// The lists that may show what was before `change`. Whose article it is, and which list of an author's has it, the change does not
/// say: such a page expires within a minute.
fn lists(change: &Change) -> Vec<Stale> {
    match &change.subject {
        Subject::Article(_) | Subject::ArticleCounters(_) => cached::stale_with_any_article().to_vec(),
        Subject::User(id) => cached::stale_with_author(*id).to_vec(),
        Subject::Username(_) | Subject::FollowCounters(_) => Vec::new(),
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
