//! What many requests read, by way of the cache: articles with their texts, as Markdown and as HTML, first pages of lists, tags, people's profiles, and counters.
//! Nobody reads what is older than a write that was answered: writers replace what is cached before they answer, and readers ask
//! for its version each time.

mod articles;
mod follows;
mod html;
mod lists;
mod profiles;
mod reactions;

use std::sync::Arc;

use serde::{Serialize, de::DeserializeOwned};

pub use articles::{CachedArticle, CachedArticles, LookedUp, Sources};
pub use follows::CachedFollows;
pub use lists::{CachedLists, CachedPage, CachedTags, FirstPage, stale_with_any_article, stale_with_author};
pub use profiles::{CachedNames, CachedProfiles, NameHolder, PROFILE_KIND, VersionedProfile};
pub use reactions::{CachedCounters, CachedReactions};

use crate::{
    cache::{Cache, Versioned},
    http::{Asked, Prefetched},
    ports::StoreError,
};

/// The value `name` of `cache`: of what the request has asked for already, or else in a round trip of its own.
async fn through<V, L, F>(
    cache: &Cache<V>,
    name: &str,
    prefetched: &Prefetched,
    load: L,
) -> Result<Option<Arc<V>>, StoreError>
where
    V: Versioned + Serialize + DeserializeOwned + Send + Sync + 'static,
    L: FnOnce() -> F + Send,
    F: Future<Output = Result<Option<V>, StoreError>> + Send,
{
    let lookup = cache.look_up(name);
    match prefetched.get(&lookup.wanted) {
        Asked::Found(found) => cache.resolve(lookup, Some(found), load).await,
        Asked::Away => cache.resolve(lookup, None, load).await,
        Asked::Not => cache.get(name, load).await,
    }
}
