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
        article::{Article, ArticleBody, Read, Slug},
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

/// An article with its text.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CachedArticle {
    /// The article.
    pub article: Article,
    /// Its text.
    pub body: ArticleBody,
}

impl Versioned for CachedArticle {
    fn version(&self) -> u64 {
        self.article.version
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
        let author = lookup.remembered().map(|known| profiles.wanted(known.article.author_id));
        [lookup.wanted].into_iter().chain(author.into_iter().flatten()).collect()
    }

    /// The article with its text and author; from the cache, or else from `articles`.
    ///
    /// # Errors
    /// If a table has to be asked and fails.
    pub async fn read(
        &self,
        slug: &Slug,
        articles: &dyn ArticleReads,
        profiles: &CachedProfiles,
        prefetched: &Prefetched,
    ) -> Result<Option<Read>, StoreError> {
        // Whoever reads the tables gets the author along and need not ask for them.
        let met: Mutex<Option<Profile>> = Mutex::default();
        let load = || async {
            let Some(Read { article, body, author }) = articles.read(slug).await? else { return Ok(None) };
            *met.lock().unwrap_or_else(PoisonError::into_inner) = Some(author);
            Ok(Some(CachedArticle { article, body }))
        };
        let Some(found) = through(&self.0, slug.as_str(), prefetched, load).await? else { return Ok(None) };
        let CachedArticle { article, body } = (*found).clone();
        let author = match met.into_inner().unwrap_or_else(PoisonError::into_inner) {
            Some(author) => author,
            None => profiles.by_id(article.author_id, prefetched).await?.ok_or_else(|| StoreError::Fault {
                service: "the table of users",
                source: "an article without its author".into(),
            })?,
        };
        Ok(Some(Read { article, body, author }))
    }

    /// Tells the cache what was written. Call it after the commit and before answering.
    pub async fn written(&self, article: &Article, body: &ArticleBody) {
        let value = CachedArticle { article: article.clone(), body: body.clone() };
        if let Err(error) = self.0.put(article.slug.as_str(), &value).await {
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
