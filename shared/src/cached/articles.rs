//! Articles with their texts, by slug.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::response::Response;
use futures_util::try_join;
use serde::{Deserialize, Serialize};

use super::{CachedCounters, CachedProfiles, CachedReactions, VersionedProfile, html::HtmlCache, lists, through};
use crate::{
    cache::{Cache, Policy, Reserved, Versioned},
    domain::{
        article::{Article, ArticleBody, ArticleHtml, Found, Read, Seen, Slug, Standing},
        reaction::Reactions,
        session::Identity,
        user::Profile,
    },
    http::{Asked, Kept, Prefetched, Reading, views::ArticleAnswer},
    ports::{
        StoreError,
        articles::{ArticleDetails, ArticleLookups},
        cache::{SharedCache, Wanted},
        system::System,
    },
    telemetry::chain,
};

const ARTICLES: Policy = Policy {
    kind: "article",
    fresh: Duration::from_secs(600),
    keep: Duration::from_secs(3_600),
    missing: Duration::from_secs(5),
    copies: 32 * 1024 * 1024,
};

/// What strangers are answered of an article; of the versions of its author's profile and of its counters.
type Shown = Kept<(u64, u64)>;

/// What is at an article's address.
#[derive(Debug, Serialize, Deserialize)]
#[allow(clippy::large_enum_variant, reason = "almost all are live")]
pub enum CachedArticle {
    /// An article.
    Live {
        /// The article.
        article: Article,
        /// Its text.
        body: ArticleBody,
        /// What strangers are answered.
        #[serde(skip)]
        shown: Shown,
    },
    /// An article that its author has withdrawn.
    Withdrawn {
        /// Which change of the article that was.
        version: u64,
    },
}

impl Versioned for CachedArticle {
    fn version(&self) -> u64 {
        match self {
            Self::Live { article, .. } => article.version,
            Self::Withdrawn { version } => *version,
        }
    }
}

/// Where an article and its author come from.
#[derive(Clone, Copy)]
pub struct Sources<'a> {
    /// Knows the articles.
    pub articles: &'a dyn ArticleDetails,
    /// Knows the authors.
    pub profiles: &'a CachedProfiles,
    /// What was cached for the request when it arrived.
    pub prefetched: &'a Prefetched,
}

impl Sources<'_> {
    /// The author; `None` if they are gone.
    async fn author(&self, article: &Article) -> Result<Option<Arc<VersionedProfile>>, StoreError> {
        self.profiles.versioned(article.author_id, self.prefetched).await
    }
}

/// What whoever wants neither text nor author finds at an article's address.
#[derive(Debug, Clone)]
pub enum LookedUp {
    /// The article.
    Live(Box<Article>),
    /// Its author has withdrawn it.
    Withdrawn,
}

impl From<Standing> for LookedUp {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Live(article) => Self::Live(Box::new(article)),
            Standing::Withdrawn(_) | Standing::Erased { .. } => Self::Withdrawn,
        }
    }
}

impl CachedArticle {
    fn live(article: Article, body: ArticleBody) -> Self {
        Self::Live { article, body, shown: Shown::default() }
    }

    /// That the article, which is not live, has been withdrawn.
    fn withdrawn<T>(&self) -> Found<T> {
        Found::Withdrawn { version: self.version() }
    }

    /// What is cached of what was found, and what is cached apart: its author, and what was done about it.
    fn of(found: Found<Seen>) -> (Self, Option<(Profile, Reactions)>) {
        match found {
            Found::Withdrawn { version } => (Self::Withdrawn { version }, None),
            Found::Read(seen) => {
                let Seen { read: Read { article, body, author }, reactions } = *seen;
                (Self::live(article, body), Some((author, reactions)))
            }
        }
    }
}

/// Reads articles, and tells the cache of those that changed.
pub struct CachedArticles {
    articles: Cache<CachedArticle>,
    html: HtmlCache,
}

impl CachedArticles {
    /// Articles in `shared`.
    pub fn new(shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        let html = HtmlCache::new(shared.clone(), system.clone());
        Self { articles: Cache::new(ARTICLES, shared, system), html }
    }

    /// What to ask for at the entrance to have the article `slug`, and the profile of its author if this process has met the
    /// article before: its author never changes.
    pub fn wanted(&self, slug: &str, profiles: &CachedProfiles) -> Vec<Wanted> {
        self.wanted_and(slug, |known| profiles.wanted(known.author_id))
    }

    /// What to ask for to have the article `slug`, and what `besides` says of it if this process has met it before.
    fn wanted_and(&self, slug: &str, besides: impl FnOnce(&Article) -> Vec<Wanted>) -> Vec<Wanted> {
        let Some(slug) = Slug::parse(slug) else { return Vec::new() };
        let lookup = self.articles.look_up(slug.as_str());
        let mut wanted = match lookup.remembered() {
            Some(CachedArticle::Live { article, .. }) => besides(article),
            Some(CachedArticle::Withdrawn { .. }) | None => Vec::new(),
        };
        wanted.push(lookup.wanted);
        wanted
    }

    /// What to ask for at the entrance to have the article `slug` without its author.
    pub fn wanted_alone(&self, slug: &str) -> Vec<Wanted> {
        Slug::parse(slug).map(|slug| self.articles.look_up(slug.as_str()).wanted).into_iter().collect()
    }

    /// What is at the address `slug`, without its text, as far as it was asked for at the entrance and is cached; else from
    /// `articles`. The cache is left as it is: there is no text to fill it with.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub async fn look_up(
        &self,
        slug: &Slug,
        articles: &dyn ArticleLookups,
        prefetched: &Prefetched,
    ) -> Result<Option<LookedUp>, StoreError> {
        let lookup = self.articles.look_up(slug.as_str());
        let found = match prefetched.get(&lookup.wanted) {
            Asked::Found(found) => Some(found),
            Asked::Not | Asked::Away => None,
        };
        if let Some(known) = self.articles.known(&lookup, found) {
            return Ok(known.map(|known| match &*known {
                CachedArticle::Live { article, .. } => LookedUp::Live(Box::new(article.clone())),
                CachedArticle::Withdrawn { .. } => LookedUp::Withdrawn,
            }));
        }
        Ok(articles.standing(slug).await?.map(LookedUp::from))
    }

    /// As [`wanted`](Self::wanted), with the counters of the article if this process has met it before.
    pub fn wanted_with_counters(
        &self,
        slug: &str,
        profiles: &CachedProfiles,
        counters: &CachedCounters,
    ) -> Vec<Wanted> {
        self.wanted_and(slug, |known| {
            let mut wanted = profiles.wanted(known.author_id);
            wanted.push(counters.wanted(known.id));
            wanted
        })
    }

    /// What to ask for at the entrance, besides, to have the article as HTML.
    pub fn wanted_html(&self, slug: &str) -> Option<Wanted> {
        Slug::parse(slug).map(|slug| self.html.wanted(&slug))
    }

    /// What `article` looks like as HTML; from the cache, or else from the table. `None` if it is not there any more.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub async fn html(&self, article: &Article, sources: Sources<'_>) -> Result<Option<ArticleHtml>, StoreError> {
        self.html.of(article, sources.articles, sources.prefetched).await
    }

    /// Answers a stranger with what is at the address `slug`; from the cache, or else from the tables.
    ///
    /// # Errors
    /// If a table has to be asked and fails.
    pub async fn show(
        &self,
        slug: &Slug,
        sources: Sources<'_>,
        reactions: &CachedReactions,
        reading: &Reading,
    ) -> Result<Option<Found<Response>>, StoreError> {
        let Some((found, met)) = self.found(slug, None, sources).await? else { return Ok(None) };
        let CachedArticle::Live { article, body, shown } = &*found else { return Ok(Some(found.withdrawn())) };
        let read = |author| Read { article: article.clone(), body: body.clone(), author };
        let answer = if let Some((author, reactions)) = met {
            reading.answer(ArticleAnswer::from(Seen { read: read(author), reactions }))
        } else {
            let counters = reactions.counters_of(article, sources.prefetched);
            let (author, counters) = try_join!(sources.author(article), counters)?;
            let Some(author) = author else { return Ok(Some(self.without_author(article).await)) };
            let seen = || Seen { read: read(author.profile.clone()), reactions: Reactions::of_stranger(counters) };
            let versions = (author.version(), counters.version());
            reading.answer_kept(shown, versions, || ArticleAnswer::from(seen()))
        };
        Ok(Some(Found::Read(Box::new(answer))))
    }

    /// What is at the address `slug`: the article with its text and author, and what was done about it, as `viewer` sees it; from
    /// the cache, or else from the tables.
    ///
    /// # Errors
    /// If a table has to be asked and fails.
    pub async fn seen(
        &self,
        slug: &Slug,
        viewer: Option<Identity>,
        sources: Sources<'_>,
        reactions: &CachedReactions,
    ) -> Result<Option<Found<Seen>>, StoreError> {
        let Some((found, met)) = self.found(slug, viewer, sources).await? else { return Ok(None) };
        let CachedArticle::Live { article, body, .. } = &*found else { return Ok(Some(found.withdrawn())) };
        // Whoever read the tables got the author and the reactions along and need not ask for them.
        let (author, reactions) = match met {
            Some(met) => met,
            None => {
                let (author, reactions) =
                    try_join!(sources.author(article), reactions.of(viewer, article, sources.prefetched))?;
                let Some(author) = author else { return Ok(Some(self.without_author(article).await)) };
                (author.profile.clone(), reactions)
            }
        };
        let read = Read { article: article.clone(), body: body.clone(), author };
        Ok(Some(Found::Read(Box::new(Seen { read, reactions }))))
    }

    /// What is at the address `slug`: the article with its text and author; from the cache, or else from the tables.
    ///
    /// # Errors
    /// If a table has to be asked and fails.
    pub async fn read(&self, slug: &Slug, sources: Sources<'_>) -> Result<Option<Found>, StoreError> {
        let Some((found, met)) = self.found(slug, None, sources).await? else { return Ok(None) };
        let CachedArticle::Live { article, body, .. } = &*found else { return Ok(Some(found.withdrawn())) };
        let author = match met {
            Some((author, _)) => author,
            None => match sources.author(article).await? {
                Some(author) => author.profile.clone(),
                None => return Ok(Some(self.without_author(article).await)),
            },
        };
        Ok(Some(Found::Read(Box::new(Read { article: article.clone(), body: body.clone(), author }))))
    }

    /// What is at the address, and what came along if it was this caller who read the tables.
    async fn found(
        &self,
        slug: &Slug,
        viewer: Option<Identity>,
        sources: Sources<'_>,
    ) -> Result<Option<(Arc<CachedArticle>, Option<(Profile, Reactions)>)>, StoreError> {
        let met = Mutex::default();
        let load = || async {
            let Some(found) = sources.articles.read(slug, viewer.map(|viewer| viewer.user_id)).await? else {
                return Ok(None);
            };
            let (article, apart) = CachedArticle::of(found);
            *met.lock().unwrap_or_else(PoisonError::into_inner) = apart;
            Ok(Some(article))
        };
        let found = through(&self.articles, slug.as_str(), sources.prefetched, load).await?;
        Ok(found.map(|found| (found, met.into_inner().unwrap_or_else(PoisonError::into_inner))))
    }

    /// What readers see of an article whose author is gone: what it will be once the sweep has erased it. From now on the cache says
    /// so too, to whoever does not ask for the author.
    async fn without_author<T>(&self, article: &Article) -> Found<T> {
        self.withdrawn(article).await;
        Found::Withdrawn { version: article.version + 1 }
    }

    /// Has the articles `slugs` in the cache for whoever reads them next. That it fails is nobody's loss.
    pub async fn warm(&self, slugs: &[&Slug], articles: &dyn ArticleDetails) {
        let names: Vec<_> = slugs.iter().map(|slug| slug.as_str()).collect();
        let load =
            |n: usize| async move { Ok(articles.read(slugs[n], None).await?.map(|found| CachedArticle::of(found).0)) };
        if let Err(error) = self.articles.warm(&names, load).await {
            tracing::debug!(error = chain(&error), "articles were not cached in advance");
        }
    }

    /// Keeps a place for the article at the address `slug`, which is about to be published: its first readers find it cached. Hand
    /// what it answers to [`written`](Self::written), or to [`not_written`](Self::not_written).
    pub async fn reserve(&self, slug: &Slug) -> Option<Reserved> {
        self.articles.reserve(slug.as_str()).await
    }

    /// Gives the place back: nothing was published there. That it fails is nobody's loss.
    pub async fn not_written(&self, slug: &Slug, reserved: Option<Reserved>) {
        let Some(reserved) = reserved else { return };
        if let Err(error) = self.articles.release(slug.as_str(), reserved).await {
            tracing::debug!(error = chain(&error), "a place in the cache is kept for nothing");
        }
    }

    /// Tells the cache, its lists included, what was written. Call it after the commit and before answering. HTML need not be told:
    /// what is cached of another text is not used, and the change stream evicts it.
    pub async fn written(&self, article: &Article, body: &ArticleBody, reserved: Option<Reserved>) {
        let value = CachedArticle::live(article.clone(), body.clone());
        self.put(article, &value, reserved).await;
    }

    /// Tells the cache that `article` has been withdrawn. Call it after the commit and before answering.
    pub async fn withdrawn(&self, article: &Article) {
        self.put(article, &CachedArticle::Withdrawn { version: article.version + 1 }, None).await;
    }

    async fn put(&self, article: &Article, value: &CachedArticle, reserved: Option<Reserved>) {
        let lists = lists::stale_with_article(article.author_id);
        if let Err(error) = self.articles.put(article.slug.as_str(), value, reserved, &lists).await {
            tracing::warn!(error = chain(&error), "an article may be out of date until the change stream evicts it");
        }
    }

    /// Tells the cache that `article` is gone. Call it after the commit and before answering.
    pub async fn deleted(&self, article: &Article) {
        if let Err(error) = self
            .articles
            .put_missing(article.slug.as_str(), article.version + 1, &lists::stale_with_article(article.author_id))
            .await
        {
            tracing::warn!(error = chain(&error), "an article may be shown until the change stream evicts it");
        }
    }
}
