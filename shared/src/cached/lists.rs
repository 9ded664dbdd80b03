//! First pages of lists as strangers see them, and the tags in use. They are kept whole, ready to be sent, so whoever changes
//! anything that they show has them forgotten: an article, its author, its counts. What a page was forgotten for is on the next.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::through;
use crate::{
    cache::{Cache, Policy, Versioned},
    domain::{
        ArticleId, UserId,
        article::{Listed, Listing},
        page::{Cursor, DEFAULT_LIMIT, Page, Start},
    },
    http::{
        Kept, Prefetched, Reading,
        views::{ArticlesAnswer, TagsAnswer},
    },
    ports::{
        StoreError,
        articles::ArticleReads,
        cache::{CacheKey, SharedCache, Stale, Wanted},
        system::System,
    },
};

/// A writer that could not reach the cache leaves an old page for a minute at the most.
const PAGES: Policy = Policy {
    kind: "page",
    fresh: Duration::from_secs(30),
    keep: Duration::from_secs(60),
    missing: Duration::from_secs(1),
    copies: 16 * 1024 * 1024,
};
const TAGS: Policy = Policy { kind: "tags", copies: 2 * 1024 * 1024, ..PAGES };
/// The name of the tags: there is one list of them.
const ALL: &str = "ALL";

/// A list whose first page is cached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstPage {
    /// All articles.
    Latest,
    /// An author's.
    Author(UserId),
}

impl FirstPage {
    fn name(self) -> String {
        match self {
            Self::Latest => "LATEST".to_owned(),
            Self::Author(author) => author.to_string(),
        }
    }

    fn stale(self) -> Stale {
        Stale { key: CacheKey::new(PAGES.kind, &self.name()), below: u64::MAX }
    }

    /// Whether `page` is a part of the first page, which has as many entries as nobody asks for in particular.
    pub fn has(page: Page<ArticleId>) -> bool {
        page.start == Start::Offset(0) && page.limit <= DEFAULT_LIMIT
    }
}

/// What a change of an article by `author` makes stale.
pub(super) fn stale_with_article(author: UserId) -> [Stale; 3] {
    let [latest, own] = stale_with_author(author);
    [latest, own, stale_tags()]
}

/// What a change of `author`, or of the counts of an article of theirs, makes stale.
pub fn stale_with_author(author: UserId) -> [Stale; 2] {
    [FirstPage::Latest.stale(), FirstPage::Author(author).stale()]
}

/// What a change of an article makes stale whose author is not known.
pub fn stale_with_any_article() -> [Stale; 2] {
    [FirstPage::Latest.stale(), stale_tags()]
}

fn stale_tags() -> Stale {
    Stale { key: CacheKey::new(TAGS.kind, ALL), below: u64::MAX }
}

/// A version that nothing had before: the time, and chance for what happens in one millisecond.
fn unique(system: &dyn System) -> u64 {
    let chance = u64::from(u32::from_le_bytes(system.random()) >> 10);
    system.now().as_millis().unsigned_abs() << 22 | chance
}

/// The first page of a list as it was read once.
#[derive(Debug, Serialize, Deserialize)]
pub struct CachedPage {
    version: u64,
    articles: Vec<Listed>,
    next: Option<ArticleId>,
    total: u64,
    #[serde(skip)]
    kept: Kept<()>,
}

impl Versioned for CachedPage {
    fn version(&self) -> u64 {
        self.version
    }
}

impl CachedPage {
    fn of(listing: Listing, version: u64) -> Self {
        let Listing { articles, next, total } = listing;
        Self { version, articles, next: next.map(|cursor| cursor.0), total, kept: Kept::default() }
    }

    /// The first `limit` entries.
    fn listing(&self, limit: usize) -> Listing {
        let articles: Vec<_> = self.articles.iter().take(limit).cloned().collect();
        let cut = articles.len() < self.articles.len();
        let next = if cut { articles.last().map(|listed| listed.article.id) } else { self.next };
        Listing { articles, next: next.map(Cursor), total: self.total }
    }

    /// Answers a stranger with the first `limit` entries.
    pub fn answer(&self, reading: &Reading, limit: usize) -> axum::response::Response {
        if limit < DEFAULT_LIMIT {
            return reading.answer(ArticlesAnswer::from(self.listing(limit)));
        }
        reading.answer_kept(&self.kept, (), || ArticlesAnswer::from(self.listing(limit)))
    }

    /// The articles.
    pub fn articles(&self) -> &[Listed] {
        &self.articles
    }
}

/// The tags in use as they were read once.
#[derive(Debug, Serialize, Deserialize)]
pub struct CachedTags {
    version: u64,
    tags: Vec<String>,
    #[serde(skip)]
    kept: Kept<()>,
}

impl Versioned for CachedTags {
    fn version(&self) -> u64 {
        self.version
    }
}

impl CachedTags {
    /// Answers with all of them.
    pub fn answer(&self, reading: &Reading) -> axum::response::Response {
        reading.answer_kept(&self.kept, (), || TagsAnswer { tags: self.tags.clone() })
    }
}

/// Reads first pages and tags.
pub struct CachedLists {
    pages: Cache<CachedPage>,
    tags: Cache<CachedTags>,
    system: Arc<dyn System>,
}

impl CachedLists {
    /// Lists in `shared`.
    pub fn new(shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        let pages = Cache::new(PAGES, shared.clone(), system.clone());
        Self { pages, tags: Cache::new(TAGS, shared, system.clone()), system }
    }

    /// What to ask for at the entrance to have the first page of `list`.
    pub fn wanted_page(&self, list: FirstPage) -> Wanted {
        self.pages.look_up(&list.name()).wanted
    }

    /// What to ask for at the entrance to have the tags.
    pub fn wanted_tags(&self) -> Wanted {
        self.tags.look_up(ALL).wanted
    }

    /// The first page of `list`: from the cache, or else what `load` reads.
    ///
    /// # Errors
    /// What `load` answers.
    pub async fn page<F>(
        &self,
        list: FirstPage,
        prefetched: &Prefetched,
        load: impl FnOnce() -> F + Send,
    ) -> Result<Arc<CachedPage>, StoreError>
    where
        F: Future<Output = Result<Listing, StoreError>> + Send,
    {
        let load = || async move {
            // Taken before the table is read: what is read later is newer.
            let version = unique(&*self.system);
            Ok(Some(CachedPage::of(load().await?, version)))
        };
        let found = through(&self.pages, &list.name(), prefetched, load).await?;
        Ok(found.unwrap_or_else(|| Arc::new(CachedPage::of(Listing::default(), unique(&*self.system)))))
    }

    /// The tags in use: from the cache, or else of `articles`.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub async fn tags(
        &self,
        prefetched: &Prefetched,
        articles: &dyn ArticleReads,
    ) -> Result<Arc<CachedTags>, StoreError> {
        let of = |version, tags| CachedTags { version, tags, kept: Kept::default() };
        let load = || async move {
            let version = unique(&*self.system);
            Ok(Some(of(version, articles.tags(None).await?)))
        };
        let found = through(&self.tags, ALL, prefetched, load).await?;
        Ok(found.unwrap_or_else(|| Arc::new(of(unique(&*self.system), Vec::new()))))
    }
}
