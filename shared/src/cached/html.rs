//! What articles look like in HTML, by slug. An entry knows which body it was made of, and is used only for an article that shows that
//! one: the article, whose version is asked for in the same round trip, is what decides. So writers, who tell the cache of the article,
//! need not tell it of the HTML; the change stream evicts what is left of the text before.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::through;
use crate::{
    cache::{Cache, Policy, Versioned},
    domain::article::{Article, ArticleHtml, Slug},
    http::Prefetched,
    ports::{
        StoreError,
        articles::ArticleDetails,
        cache::{SharedCache, Wanted},
        system::System,
    },
};

const HTML: Policy = Policy {
    kind: "html",
    fresh: Duration::from_secs(600),
    keep: Duration::from_secs(3_600),
    missing: Duration::from_secs(5),
    copies: 16 * 1024 * 1024,
};

/// A body as HTML.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct CachedHtml {
    version: u64,
    revision: u32,
    html: ArticleHtml,
}

impl CachedHtml {
    fn of(article: &Article, html: ArticleHtml) -> Self {
        Self { version: article.version, revision: article.revision, html }
    }
}

impl Versioned for CachedHtml {
    fn version(&self) -> u64 {
        self.version
    }
}

/// Articles as HTML, by way of the cache.
pub(super) struct HtmlCache(Cache<CachedHtml>);

impl HtmlCache {
    pub(super) fn new(shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        Self(Cache::new(HTML, shared, system))
    }

    /// What to ask for at the entrance.
    pub(super) fn wanted(&self, slug: &Slug) -> Wanted {
        self.0.look_up(slug.as_str()).wanted
    }

    /// What `article` looks like; `None` if it is not there any more.
    pub(super) async fn of(
        &self,
        article: &Article,
        articles: &dyn ArticleDetails,
        prefetched: &Prefetched,
    ) -> Result<Option<ArticleHtml>, StoreError> {
        let load = || async { Ok(articles.html(article).await?.map(|html| CachedHtml::of(article, html))) };
        let found = through(&self.0, article.slug.as_str(), prefetched, load).await?;
        match found.filter(|found| found.revision == article.revision) {
            Some(found) => Ok(Some(found.html.clone())),
            // What is cached is of the text before or after.
            None => articles.html(article).await,
        }
    }
}
