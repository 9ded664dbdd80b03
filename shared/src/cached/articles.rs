//! Articles with their texts, by slug.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{CachedProfiles, through};
use crate::{
    cache::{Cache, Policy, Versioned},
    domain::{
        article::{Article, ArticleBody, Found, Read, Slug, Standing},
        user::Profile,
    },
    http::{Asked, Prefetched},
    ports::{
        StoreError,
        articles::{ArticleLookups, ArticleReads},
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

/// What is at an article's address.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum CachedArticle {
    /// An article.
    Live {
        /// The article.
        article: Article,
        /// Its text.
        body: ArticleBody,
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
            Standing::Withdrawn(_) => Self::Withdrawn,
        }
    }
}

/// Tells the cache of articles that changed.
pub struct CachedArticles(Cache<CachedArticle>);

impl CachedArticles {
    /// Articles in `shared`.
    pub fn new(shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        Self(Cache::new(ARTICLES, shared, system))
    }

    /// What to ask for at the entrance to have the article `slug`, and the profile of its author if this process has met the
    /// article before: its author never changes.
    pub fn wanted(&self, slug: &str, profiles: &CachedProfiles) -> Vec<Wanted> {
        let Some(slug) = Slug::parse(slug) else { return Vec::new() };
        let lookup = self.0.look_up(slug.as_str());
        let author = lookup.remembered().and_then(|known| match known {
            CachedArticle::Live { article, .. } => Some(profiles.wanted(article.author_id)),
            CachedArticle::Withdrawn { .. } => None,
        });
        [lookup.wanted].into_iter().chain(author.into_iter().flatten()).collect()
    }

    /// What to ask for at the entrance to have the article `slug` without its author.
    pub fn wanted_alone(&self, slug: &str) -> Vec<Wanted> {
        Slug::parse(slug).map(|slug| self.0.look_up(slug.as_str()).wanted).into_iter().collect()
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
        let lookup = self.0.look_up(slug.as_str());
        let found = match prefetched.get(&lookup.wanted) {
            Asked::Found(found) => Some(found),
            Asked::Not | Asked::Away => None,
        };
        if let Some(known) = self.0.known(&lookup, found) {
            return Ok(known.map(|known| match &*known {
                CachedArticle::Live { article, .. } => LookedUp::Live(Box::new(article.clone())),
                CachedArticle::Withdrawn { .. } => LookedUp::Withdrawn,
            }));
        }
        Ok(articles.standing(slug).await?.map(LookedUp::from))
    }

    /// What is at the address `slug`: the article with its text and author; from the cache, or else from `articles`.
    ///
    /// # Errors
    /// If a table has to be asked and fails.
    pub async fn read(
        &self,
        slug: &Slug,
        articles: &dyn ArticleReads,
        profiles: &CachedProfiles,
        prefetched: &Prefetched,
    ) -> Result<Option<Found>, StoreError> {
        // Whoever reads the tables gets the author along and need not ask for them.
        let met: Mutex<Option<Profile>> = Mutex::default();
        let load = || async {
            Ok(match articles.read(slug).await? {
                None => None,
                Some(Found::Withdrawn { version }) => Some(CachedArticle::Withdrawn { version }),
                Some(Found::Read(read)) => {
                    let Read { article, body, author } = *read;
                    *met.lock().unwrap_or_else(PoisonError::into_inner) = Some(author);
                    Some(CachedArticle::Live { article, body })
                }
            })
        };
        let Some(found) = through(&self.0, slug.as_str(), prefetched, load).await? else { return Ok(None) };
        let (article, body) = match (*found).clone() {
            CachedArticle::Live { article, body } => (article, body),
            CachedArticle::Withdrawn { version } => return Ok(Some(Found::Withdrawn { version })),
        };
        let author = match met.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(author) => author,
            None => profiles.by_id(article.author_id, prefetched).await?.ok_or_else(|| StoreError::Fault {
                service: "the table of users",
                source: "an article without its author".into(),
            })?,
        };
        Ok(Some(Found::Read(Box::new(Read { article, body, author }))))
    }

    /// Tells the cache what was written. Call it after the commit and before answering.
    pub async fn written(&self, article: &Article, body: &ArticleBody) {
        let value = CachedArticle::Live { article: article.clone(), body: body.clone() };
        self.put(&article.slug, &value).await;
    }

    /// Tells the cache that `article` has been withdrawn. Call it after the commit and before answering.
    pub async fn withdrawn(&self, article: &Article) {
        self.put(&article.slug, &CachedArticle::Withdrawn { version: article.version + 1 }).await;
    }

    async fn put(&self, slug: &Slug, value: &CachedArticle) {
        if let Err(error) = self.0.put(slug.as_str(), value).await {
            tracing::warn!(error = chain(&error), "an article may be out of date until the change stream evicts it");
        }
    }

    /// Tells the cache that `article` is gone. Call it after the commit and before answering.
    pub async fn deleted(&self, article: &Article) {
        if let Err(error) = self.0.put_missing(article.slug.as_str(), article.version + 1).await {
            tracing::warn!(error = chain(&error), "an article may be shown until the change stream evicts it");
        }
    }
}
