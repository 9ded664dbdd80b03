//! The queue `cache-evict`: what a change made stale is no longer in the shared cache. A backup of the writers, who put what they
//! wrote there themselves.

mod wiring;

use std::sync::Arc;

use shared::{
    cached,
    domain::change::{Change, Subject},
    ports::{
        cache::{CacheKey, Stale},
        counters::CounterCache,
        permission::Queue,
    },
    queue::{Consumer, Failed},
};

pub use wiring::{CacheEvict, Config};

/// What the handler uses.
pub struct Evictions {
    /// The cache.
    pub cache: Arc<dyn CounterCache>,
}

impl Consumer for Evictions {
    const QUEUE: Queue = Queue::CacheEvict;
    type Message = Change;

    async fn consume(&self, changes: &[Change]) -> Result<(), Failed> {
        let mut stale: Vec<_> = changes.iter().flat_map(stale).collect();
        for change in changes {
            for list in lists(change) {
                if !stale.contains(&list) {
                    stale.push(list);
                }
            }
        }
        let moved = |change: &Change| match change.subject {
            Subject::ArticleCounters(article) => Some((article, change.version.unwrap_or(u64::MAX))),
            _ => None,
        };
        let moved: Vec<_> = changes.iter().filter_map(moved).collect();
        // Counters go before the pages that would be made of them anew.
        Ok(self.cache.forget(&moved, &stale).await?)
    }
}

/// The lists that may show what was before `change`. Whose article it is, and which list of an author's has it, the change does not
/// say: such a page expires within a minute.
fn lists(change: &Change) -> Vec<Stale> {
    match &change.subject {
        Subject::Article(_) | Subject::ArticleCounters(_) => cached::stale_with_any_article().to_vec(),
        Subject::User(id) => cached::stale_with_author(*id).to_vec(),
        Subject::Username(_) | Subject::FollowCounters(_) | Subject::ArticleHeat(_) | Subject::SmsTask(_) => Vec::new(),
    }
}

/// What `change` made stale: what is older than it. Without a version nobody knows what is older.
fn stale(change: &Change) -> Vec<Stale> {
    let (kinds, name): (&[_], _) = match &change.subject {
        Subject::Article(slug) => (&["article", "html"], slug.to_string()),
        Subject::User(id) => (&[cached::PROFILE_KIND], id.to_string()),
        Subject::Username(name) => (&["name"], name.as_str().to_owned()),
        Subject::FollowCounters(user) => (&["follows"], user.to_string()),
        // Counters are not stored as others are, and neither heat nor messages are cached.
        Subject::ArticleCounters(_) | Subject::ArticleHeat(_) | Subject::SmsTask(_) => (&[], String::new()),
    };
    let below = change.version.unwrap_or(u64::MAX);
    kinds.iter().map(|kind| Stale { key: CacheKey::new(kind, &name), below }).collect()
}
