//! The JSON form of the hot list.

use serde::Serialize;
use utoipa::ToSchema;

use super::ArticleSummary;
use crate::{
    domain::{Timestamp, article::Listed, ranking::HotList},
    http::Content,
};

/// `{"articles": …, "articlesCount": …, "version": …, "rankedAt": …}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct HotAnswer {
    /// The hottest first, as strangers saw them when the list was made.
    pub articles: Vec<ArticleSummary>,
    /// Articles of the list; with a tag, those of them that have it.
    pub articles_count: u64,
    /// Grows from list to list; 0 if none was made yet.
    pub version: u64,
    /// When the list was made; RFC 3339, UTC.
    #[schema(required = true, format = DateTime)]
    pub ranked_at: Option<String>,
}

impl HotAnswer {
    /// These articles of `list`, which are some of `count`.
    pub fn new(list: &HotList, articles: impl Iterator<Item = Listed>, count: usize) -> Self {
        Self {
            articles: articles.map(ArticleSummary::from).collect(),
            articles_count: count as u64,
            version: list.version,
            ranked_at: list.ranked_at.as_ref().map(Timestamp::to_string),
        }
    }
}

impl Content for HotAnswer {
    /// Counts do not move by themselves: they are as of the list's making.
    fn forget_counts(&mut self) {}
}
