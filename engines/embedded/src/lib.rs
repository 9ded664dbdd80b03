//! Search in a folder on disk, within the program: [`tantivy`] with Chinese words by [`jieba_rs`] and English stems.
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use shared::domain::ranking::Scoring;
//!
//! let search = search_embedded::Embedded::open("data/search".as_ref(), Scoring::default())?;
//! if search.needs_rebuild() {
//!     // It has only what is applied from now on: `begin`, `fill` from the tables, `finish`.
//! }
//! # Ok(())
//! # }
//! ```

mod articles;
mod asked;
mod error;
mod gather;
mod generation;
mod highlight;
mod near;
mod prefix;
mod query;
mod schema;
mod store;
mod suggest;
mod unwanted;
mod users;
mod words;

use std::{
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;
use async_trait::async_trait;
use error::{SERVICE, Trouble};
use generation::Generation;
use shared::{
    domain::{
        Timestamp,
        ranking::Scoring,
        search::{ArticleSearch, Entry, FoundArticles, FoundUsers, SearchText, Suggestions, TagCount},
    },
    ports::{
        StoreError,
        search::{Build, Rebuilds, Refused, SearchWrites, Searches},
    },
};
use store::Store;

/// The index. Searches go on beside each other and beside writes; writes one after the other. A clone is the same index.
///
/// A folder belongs to one process.
#[derive(Clone)]
pub struct Embedded {
    shown: Arc<ArcSwap<Generation>>,
    store: Arc<Mutex<Store>>,
    scoring: Scoring,
}

impl Embedded {
    /// Opens the index in `folder`, which is made if it is not there. The dictionary of Chinese is loaded when the first Chinese is read or
    /// written.
    ///
    /// An index that makes no sense, or that another version of this program wrote with other fields, is replaced by one that has nothing,
    /// and the log says so: all of it follows from the tables, see [`needs_rebuild`](Self::needs_rebuild).
    ///
    /// # Errors
    /// [`Unavailable`](StoreError::Unavailable) where the folder cannot be read or written.
    pub fn open(folder: &Path, scoring: Scoring) -> Result<Self, StoreError> {
        let store = Store::open(folder)?;
        Ok(Self { shown: store.shown(), store: Arc::new(Mutex::new(store)), scoring })
    }

    /// Whether what is searched began with nothing, and not with a build: then it lacks what was there before. Waits for who writes just
    /// now.
    pub fn needs_rebuild(&self) -> bool {
        !locked(&self.store).built()
    }

    /// Searches on a thread that may wait for the disk.
    async fn search<T: Send + 'static>(
        &self,
        search: impl FnOnce(&Generation) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, StoreError> {
        let generation = self.shown.load_full();
        blocking(move || search(&generation)).await
    }

    /// Writes on a thread that may wait for the disk, and for who writes just now.
    async fn write<T: Send + 'static>(
        &self,
        write: impl FnOnce(&mut Store) -> Result<T, Trouble> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.store);
        blocking(move || write(&mut locked(&store))).await
    }
}

/// A panic leaves the store as it was after its last step: each step is whole on disk before it is in memory.
fn locked(store: &Mutex<Store>) -> MutexGuard<'_, Store> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Trouble> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(StoreError::from),
        Err(error) => Err(StoreError::Fault { service: SERVICE, source: Box::new(error) }),
    }
}

/// Parts those entries that will never be taken from the others.
fn take(entries: &[Entry]) -> (Vec<Entry>, Vec<Refused>) {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for (place, entry) in entries.iter().enumerate() {
        match entry {
            Entry::Article(article) if !article.points.is_finite() => {
                refused.push(Refused { place, reason: Trouble::Strange("points that are no number").into() });
            }
            entry => taken.push(entry.clone()),
        }
    }
    (taken, refused)
}

#[async_trait]
impl Searches for Embedded {
    async fn articles(&self, search: &ArticleSearch) -> Result<FoundArticles, StoreError> {
        let (search, scoring) = (search.clone(), self.scoring);
        self.search(move |generation| articles::articles(generation, &search, scoring)).await
    }

    async fn users(&self, text: &SearchText, skip: usize, limit: usize) -> Result<FoundUsers, StoreError> {
        let text = text.clone();
        self.search(move |generation| users::users(generation, &text, skip, limit)).await
    }

    async fn tags(&self, text: &str, limit: usize) -> Result<Vec<TagCount>, StoreError> {
        let text = text.to_owned();
        self.search(move |generation| suggest::tags(generation, &text, limit)).await
    }

    async fn suggest(&self, typed: &str, limit: usize) -> Result<Suggestions, StoreError> {
        let typed = typed.to_owned();
        self.search(move |generation| suggest::suggest(generation, &typed, limit)).await
    }
}

#[async_trait]
impl SearchWrites for Embedded {
    async fn apply(&self, entries: &[Entry]) -> Result<Vec<Refused>, StoreError> {
        let (entries, refused) = take(entries);
        self.write(move |store| store.apply(&entries)).await?;
        Ok(refused)
    }
}

#[async_trait]
impl Rebuilds for Embedded {
    async fn under_way(&self) -> Result<Option<Build>, StoreError> {
        self.write(|store| store.under_way()).await
    }

    async fn begin(&self, now: Timestamp) -> Result<Build, StoreError> {
        self.write(move |store| store.begin(now)).await
    }

    async fn fill(&self, build: &Build, entries: &[Entry], mark: &str) -> Result<Vec<Refused>, StoreError> {
        let (entries, refused) = take(entries);
        let (name, mark) = (build.name.clone(), mark.to_owned());
        self.write(move |store| store.fill(&name, &entries, &mark)).await?;
        Ok(refused)
    }

    async fn finish(&self, build: &Build) -> Result<(), StoreError> {
        let name = build.name.clone();
        self.write(move |store| store.finish(&name)).await
    }
}
