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
        article::{Article, ArticleBody, Found, Read, Slug},
        user::Profile,
    },
    http::Prefetched,
    ports::{
        StoreError,
        articles::ArticleReads,
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
