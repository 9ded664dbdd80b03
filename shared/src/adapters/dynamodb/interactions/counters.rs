//! Counters of articles: one item for each article, whose numbers move in the transaction of the record that they count, so that
//! each equals the number of its records at any moment. A number that is absent is 0.
#![allow(dead_code, reason = "the functions that move counters follow")]

use aws_sdk_dynamodb::types::AttributeValue;

use super::{InteractionTable, items::counters_key};
use crate::{
    adapters::dynamodb::{
        error::corrupt,
        store::{Item, n},
        transaction::{Change, Transaction},
    },
    domain::{ArticleId, reaction::ArticleCounters},
    ports::StoreError,
};

/// A number among an article's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::adapters::dynamodb) enum Counter {
    /// People who like it.
    Likes,
    /// People who collected it.
    Collects,
    /// Comments on it.
    Comments,
}

impl Counter {
    fn attribute(self) -> &'static str {
        match self {
            Self::Likes => "likes",
            Self::Collects => "collects",
            Self::Comments => "comments",
        }
    }
}

/// Has `transaction` move a counter of `article` in `table` by `by`, and with it the counters' version. An item can be part of a
/// transaction once: one move of one article in each. After the commit, and before answering, the cached counters are to be
/// replaced.
pub(in crate::adapters::dynamodb) fn move_counter(
    transaction: &mut Transaction,
    table: &str,
    article: ArticleId,
    counter: Counter,
    by: i64,
) -> Result<(), StoreError> {
    let change = Change {
        // Without an item the version is 1: see `ArticleCounters`.
        update: format!("SET version = if_not_exists(version, :one) + :one ADD {} :by", counter.attribute()),
        condition: None,
        values: vec![(":one", n(1)), (":by", n(by))],
    };
    transaction.update(table, counters_key(article), change)
}

/// The counters that `item` holds; all 0 if there is none.
pub(in crate::adapters::dynamodb) fn counters_from(item: Option<&Item>) -> Result<ArticleCounters, StoreError> {
    let Some(item) = item else { return Ok(ArticleCounters::default()) };
    Ok(ArticleCounters {
        likes: number(item, "likes")?.unwrap_or(0),
        collects: number(item, "collects")?.unwrap_or(0),
        comments: number(item, "comments")?.unwrap_or(0),
        reads: number(item, "reads")?.unwrap_or(0),
        version: number(item, "version")?.ok_or_else(|| corrupt("counters without a version"))?,
    })
}

fn number(item: &Item, name: &str) -> Result<Option<u64>, StoreError> {
    let Some(value) = item.get(name) else { return Ok(None) };
    let number = value.as_n().map_err(|_: &AttributeValue| corrupt("a counter that is no number"))?;
    number.parse().map(Some).map_err(corrupt)
}

impl InteractionTable {
    /// The counters of `article`, as last moved.
    pub(super) async fn counters(&self, article: ArticleId) -> Result<ArticleCounters, StoreError> {
        counters_from(self.dynamo.get(&self.name, counters_key(article)).await?.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_done_is_the_first_version_and_the_first_move_the_second() {
        assert_eq!(counters_from(None).unwrap(), ArticleCounters::default());
        let mut item = counters_key(ArticleId::from_bytes([1; 16])).attributes();
        item.insert("version".to_owned(), n(2));
        item.insert("comments".to_owned(), n(1));
        let moved = ArticleCounters { comments: 1, version: 2, ..ArticleCounters::default() };
        assert_eq!(counters_from(Some(&item)).unwrap(), moved);
    }

    #[test]
    fn a_counter_below_nothing_makes_no_sense() {
        let mut item = counters_key(ArticleId::from_bytes([1; 16])).attributes();
        item.insert("version".to_owned(), n(2));
        item.insert("likes".to_owned(), n(-1));
        assert!(counters_from(Some(&item)).is_err());
    }
}
