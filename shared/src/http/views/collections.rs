//! What somebody collected.

use serde::Serialize;
use utoipa::ToSchema;

use super::ArticleSummary;
use crate::{
    domain::reaction::{CollectionPage, Folder},
    http::Content,
};

/// `{"articles": …, "articlesCount": …, "cursor": …}`, each article with its folder.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CollectionsAnswer {
    /// One page, newest first.
    pub articles: Vec<CollectedView>,
    /// Articles on all pages.
    pub articles_count: u64,
    /// Gets the next page, as the parameter `cursor`; `null` if there is none.
    #[schema(required = true)]
    pub cursor: Option<String>,
}

/// An article of a collection, without its text.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = CollectedArticle)]
pub struct CollectedView {
    /// The article.
    #[serde(flatten)]
    pub summary: ArticleSummary,
    /// The folder that it is in; `null` if it is in none.
    #[schema(required = true)]
    pub folder: Option<String>,
}

impl From<CollectionPage> for CollectionsAnswer {
    fn from(page: CollectionPage) -> Self {
        let folder = |folder: Folder| folder.as_str().to_owned();
        let article = |(listed, within): (_, Option<Folder>)| CollectedView {
            summary: ArticleSummary::from(listed),
            folder: within.map(folder),
        };
        let articles = page.articles.into_iter().map(article).collect();
        Self { articles, articles_count: page.total, cursor: page.next.map(|next| next.to_string()) }
    }
}

impl Content for CollectionsAnswer {
    fn forget_counts(&mut self) {
        self.articles.iter_mut().for_each(|article| article.summary.forget_counts());
    }
}
