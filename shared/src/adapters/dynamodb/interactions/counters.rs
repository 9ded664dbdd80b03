//! Counters of articles: one item for each article. Those of comments move in the transaction of the comment; those of likes and
//! collections follow from the change stream ([`tallies`](super::tallies)). A number that is absent is 0.

use super::items::{counters_key, number_of, version_of};
use crate::{
    adapters::dynamodb::{
        store::{Item, n},
        transaction::{Change, Transaction},
    },
    domain::{ArticleId, reaction::ArticleCounters},
    ports::StoreError,
};

/// Has `transaction` move the number of comments on `article` in `table` by `by`, and with it the counters' version. An item can be
/// part of a transaction once: one move of one article in each. After the commit, and before answering, the cached counters are
/// to be forgotten.
pub(in crate::adapters::dynamodb) fn count_comments(
    transaction: &mut Transaction,
    table: &str,
    article: ArticleId,
    by: i64,
) -> Result<(), StoreError> {
    let change = Change {
        // Without an item the version is 1: see `ArticleCounters`.
        update: "SET version = if_not_exists(version, :one) + :one ADD comments :by".to_owned(),
        condition: None,
        values: vec![(":one", n(1)), (":by", n(by))],
    };
    transaction.update(table, counters_key(article), change)
}

/// The counters that `item` holds; all 0 if there is none.
pub(in crate::adapters::dynamodb) fn counters_from(item: Option<&Item>) -> Result<ArticleCounters, StoreError> {
    let Some(item) = item else { return Ok(ArticleCounters::default()) };
    Ok(ArticleCounters {
        likes: number_of(item, "likes")?,
        collects: number_of(item, "collects")?,
        comments: number_of(item, "comments")?,
        reads: number_of(item, "reads")?,
        version: version_of(item)?,
    })
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
    fn a_counter_below_nothing_is_nothing() {
        let mut item = counters_key(ArticleId::from_bytes([1; 16])).attributes();
        item.insert("version".to_owned(), n(2));
        item.insert("likes".to_owned(), n(-1));
        item.insert("collects".to_owned(), n(3));
        let shown = ArticleCounters { collects: 3, version: 2, ..ArticleCounters::default() };
        assert_eq!(counters_from(Some(&item)).unwrap(), shown);
        item.insert("version".to_owned(), n(-2));
        assert!(counters_from(Some(&item)).is_err(), "there is no such version");
    }
}
