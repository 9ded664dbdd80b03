//! The hot list as readers get it: from this process's own copy, which is looked after every two seconds. Of all that is read a
//! process keeps what is newest, so that nobody is shown an older list after a newer one.
//!
//! ```text
//! copy in the process ──▶ cache ──▶ table ──▶ the copy again, whatever its age
//!       2 s                `ranking:top_n`   `RANKING`
//! ```
//!
//! The one who makes the list writes the table and then the cache; readers write neither.

mod newest;
#[cfg(test)]
pub(crate) mod tests;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::response::{IntoResponse as _, Response};
use tokio::{sync::Mutex, time::timeout};

pub use newest::Newest;

use crate::{
    cache::Versioned,
    domain::{
        article::Listed,
        ranking::{HotList, TOP},
        tag::FoldedTag,
    },
    http::{ApiError, Reading, Ready, views::HotAnswer},
    ports::{
        StoreError,
        ranking::{CachedHotList, HotListCache, HotListReads},
        system::System,
    },
    telemetry::chain,
};

/// How long a copy is served before it is looked for a newer list.
pub const FRESH: Duration = Duration::from_secs(2);
/// The same while the cache does not know the list, or nobody can be asked: a list is made once a minute.
pub const AWAY: Duration = Duration::from_secs(10);
/// How long whoever looks for a newer list waits. They have the copy.
const PATIENCE: Duration = Duration::from_secs(1);

/// A hot list and its answers. Each is rendered when it is asked for first.
#[derive(Debug)]
pub struct HotAnswers {
    list: HotList,
    /// What matches the tags of each article.
    tags: Vec<Vec<FoldedTag>>,
    /// The answers without a tag, by how many articles they have at the most.
    whole: [OnceLock<Ready>; TOP],
}

impl Versioned for HotAnswers {
    fn version(&self) -> u64 {
        self.list.version
    }
}

impl HotAnswers {
    fn of(list: HotList) -> Self {
        let tags = list.articles.iter().map(|listed| listed.article.folded_tags()).collect();
        Self { list, tags, whole: [const { OnceLock::new() }; TOP] }
    }

    /// Answers with the hottest `limit` articles, or with those of the list that have `tag`.
    pub fn answer(&self, reading: &Reading, limit: usize, tag: Option<&FoldedTag>) -> Response {
        let Some(tag) = tag else {
            let kept = &self.whole[limit.clamp(1, TOP) - 1];
            if let Some(ready) = kept.get() {
                return reading.answer_ready(ready);
            }
            return match Ready::of(self.of_all(limit)) {
                Ok(ready) => reading.answer_ready(kept.get_or_init(|| ready)),
                Err(error) => ApiError::Internal(error.into()).into_response(),
            };
        };
        match Ready::of(self.of_tag(limit, tag)) {
            Ok(ready) => reading.answer_ready(&ready),
            Err(error) => ApiError::Internal(error.into()).into_response(),
        }
    }

    /// Answers with none of the articles: no tag can be what was asked for.
    pub fn answer_none(&self, reading: &Reading) -> Response {
        match Ready::of(HotAnswer::new(&self.list, std::iter::empty(), 0)) {
            Ok(ready) => reading.answer_ready(&ready),
            Err(error) => ApiError::Internal(error.into()).into_response(),
        }
    }

    fn of_all(&self, limit: usize) -> HotAnswer {
        let Self { list, .. } = self;
        HotAnswer::new(list, list.articles.iter().take(limit).cloned(), list.articles.len())
    }

    fn of_tag(&self, limit: usize, tag: &FoldedTag) -> HotAnswer {
        let Self { list, tags, .. } = self;
        let with = list.articles.iter().zip(tags).filter(|(_, tags)| tags.contains(tag));
        let with: Vec<&Listed> = with.map(|(listed, _)| listed).collect();
        HotAnswer::new(list, with.iter().take(limit).copied().cloned(), with.len())
    }
}

/// Where readers find the hot list.
pub struct HotLists {
    newest: Newest<HotAnswers>,
    /// When to look for a newer list, in milliseconds of the monotonic clock.
    due: AtomicU64,
    /// The turn of whoever looks.
    turn: Mutex<()>,
    cache: Arc<dyn HotListCache>,
    table: Arc<dyn HotListReads>,
    system: Arc<dyn System>,
}

impl HotLists {
    /// Lists of the cache or else of the table.
    pub fn new(cache: Arc<dyn HotListCache>, table: Arc<dyn HotListReads>, system: Arc<dyn System>) -> Self {
        let (newest, due) = (Newest::default(), AtomicU64::new(0));
        Self { newest, due, turn: Mutex::default(), cache, table, system }
    }

    /// The newest list that this process knows, which is looked after if that is due: by one caller, the others have what there is.
    ///
    /// # Errors
    /// If this process knows no list yet and nobody can be asked.
    pub async fn newest(&self) -> Result<Arc<HotAnswers>, StoreError> {
        let Some(copy) = self.newest.load() else { return self.first().await };
        if !self.is_due() {
            return Ok(copy);
        }
        let Ok(_turn) = self.turn.try_lock() else { return Ok(copy) };
        if self.is_due() {
            let pause = match timeout(PATIENCE, self.look()).await {
                Ok(Ok(pause)) => pause,
                Ok(Err(error)) => {
                    tracing::warn!(error = chain(&error), "the hot list is the last that is known");
                    AWAY
                }
                Err(_) => {
                    tracing::warn!("the hot list is the last that is known: nobody answered in time");
                    AWAY
                }
            };
            self.put_off(pause);
        }
        Ok(self.newest.load().unwrap_or(copy))
    }

    /// The first list of this process, which all wait for.
    async fn first(&self) -> Result<Arc<HotAnswers>, StoreError> {
        let _turn = self.turn.lock().await;
        if self.newest.load().is_none() {
            let pause = self.look().await?;
            self.put_off(pause);
        }
        Ok(self.newest.load().unwrap_or_else(|| Arc::new(HotAnswers::of(HotList::default()))))
    }

    fn millis(&self) -> u64 {
        u64::try_from(self.system.monotonic().as_millis()).unwrap_or(u64::MAX)
    }

    fn is_due(&self) -> bool {
        self.millis() >= self.due.load(Ordering::Relaxed)
    }

    fn put_off(&self, pause: Duration) {
        let pause = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
        self.due.store(self.millis().saturating_add(pause), Ordering::Relaxed);
    }

    /// Looks for a newer list; answers when to do so again.
    async fn look(&self) -> Result<Duration, StoreError> {
        let known = self.newest.load().map(|copy| copy.version());
        match self.cache.load(known).await {
            Ok(CachedHotList::Same) => return Ok(FRESH),
            Ok(CachedHotList::List(list)) => {
                self.offer(list);
                return Ok(FRESH);
            }
            Ok(CachedHotList::Nothing) => {}
            Err(error) => {
                tracing::warn!(error = chain(&error), "the cache is away: the table is asked for the hot list")
            }
        }
        self.offer(self.table.load().await?.unwrap_or_default());
        Ok(AWAY)
    }

    fn offer(&self, list: HotList) {
        // Not every list that is read is newer: the cache may have lost the newest.
        if self.newest.load().is_none_or(|copy| copy.version() < list.version) {
            self.newest.offer(Arc::new(HotAnswers::of(list)));
        }
    }
}
