//! Classes of articles, for ranking: an attribute of an article's counters and an index over it, which has no item without it.
//!
//! | index | its hash key | its range key | what it holds |
//! |---|---|---|---|
//! | `HotClass` | `hotClass`, `<class>.<shard>` | `pk`, which sorts by the article's first publication | the keys |
//!
//! The class is written on the condition that the counters have the version that it was made of, and leaves the version alone. So of all
//! records that tell of an article's counters the last decides, in whatever order they are read, and what is written here tells nobody
//! anything.

use std::collections::HashSet;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::Deserialize;

use super::{
    InteractionTable,
    counters::counters_from,
    items::{article_of_counters, counters_key},
};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        leases::applied,
        store::{Key, n, s},
        stream::Images,
    },
    domain::{
        ArticleId,
        ranking::{HotClass, HotShard},
        reaction::ArticleCounters,
    },
    ports::{
        StoreError,
        ranking::{CandidatePage, Candidates, Classes, Reclassified},
    },
};

/// The index.
const INDEX: &str = "HotClass";
/// Articles that are dismissed at the same time.
const AT_ONCE: usize = 16;

/// What a record has of an article's counters. A number that fell below 0 by a fault must not hold up its shard: it counts as 0, as for
/// whoever reads it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted {
    #[serde(default)]
    likes: i64,
    #[serde(default)]
    collects: i64,
    #[serde(default)]
    comments: i64,
    #[serde(default)]
    reads: i64,
    version: u64,
    hot_class: Option<String>,
}

/// What a record of the table's change stream says of an article's class.
pub(in crate::adapters::dynamodb) fn reclassified(
    key: &Key,
    images: &Images,
) -> Result<Option<Reclassified>, StoreError> {
    let Some(article) = article_of_counters(key)? else { return Ok(None) };
    let (old, Some(new)) = images.read::<Counted>()? else { return Ok(None) };
    if old.is_some_and(|old| old.version == new.version) {
        return Ok(None);
    }
    let Counted { likes, collects, comments, reads, version, hot_class } = new;
    let [likes, collects, comments, reads] =
        [likes, collects, comments, reads].map(|number| u64::try_from(number).unwrap_or(0));
    let class = HotClass::of(&ArticleCounters { likes, collects, comments, reads, version });
    let named = class.map(|class| HotShard::of(class, article).to_string());
    Ok((named != hot_class).then_some(Reclassified { article, version, class }))
}

impl InteractionTable {
    /// An update of the counters of `article`, which is to say of what and on what condition.
    fn class_update(&self, article: ArticleId) -> UpdateItemFluentBuilder {
        let update = self.dynamo.client.update_item().table_name(&*self.name);
        update.set_key(Some(counters_key(article).attributes()))
    }
}

#[async_trait]
impl Classes for InteractionTable {
    async fn classify(&self, to: &Reclassified) -> Result<(), StoreError> {
        let Reclassified { article, version, class } = *to;
        let update = self
            .class_update(article)
            .condition_expression("version = :version")
            .expression_attribute_values(":version", n(version));
        let update = match class {
            Some(class) => update
                .update_expression("SET hotClass = :class")
                .expression_attribute_values(":class", s(HotShard::of(class, article).to_string())),
            None => update.update_expression("REMOVE hotClass"),
        };
        applied(update).await.map(drop)
    }
}

#[async_trait]
impl Candidates for InteractionTable {
    async fn page(&self, shard: HotShard, behind: Option<ArticleId>, limit: u16) -> Result<CandidatePage, StoreError> {
        let query = self.dynamo.client.query().table_name(&*self.name).index_name(INDEX);
        let query = query.expression_attribute_values(":class", s(shard.to_string())).scan_index_forward(false);
        let query = match behind {
            Some(behind) => query
                .key_condition_expression("hotClass = :class AND pk < :behind")
                .expression_attribute_values(":behind", s(counters_key(behind).pk)),
            None => query.key_condition_expression("hotClass = :class"),
        };
        let page = query.limit(i32::from(limit)).send().await.map_err(store_error)?;
        let articles = page.items.unwrap_or_default().into_iter().map(|item| {
            let key = Key::of(&item).ok_or_else(|| corrupt("an item without a key"))?;
            article_of_counters(&key)?.ok_or_else(|| corrupt("a class of what is no article"))
        });
        Ok(CandidatePage { articles: articles.collect::<Result<_, _>>()?, more: page.last_evaluated_key.is_some() })
    }

    async fn counters(&self, articles: &[ArticleId]) -> Result<Vec<ArticleCounters>, StoreError> {
        let keys: Vec<_> = articles.iter().map(|article| counters_key(*article)).collect();
        let found = self.dynamo.get_all(keys.iter().map(|key| (&*self.name, key.clone())).collect()).await?;
        keys.iter().map(|key| counters_from(found.get(key))).collect()
    }

    async fn dismiss(&self, articles: &HashSet<ArticleId>) -> Result<(), StoreError> {
        let dismissals = stream::iter(articles.iter().copied()).map(|article| async move {
            let update = self.class_update(article).condition_expression("attribute_exists(hotClass)");
            applied(update.update_expression("REMOVE hotClass")).await.map(drop)
        });
        dismissals.buffer_unordered(AT_ONCE).try_collect().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        adapters::dynamodb::{
            store::Item,
            stream::{RelationRecords, tests::record},
        },
        ports::{counters::CounterRecords as _, ranking::ClassRecords as _},
    };

    fn counters(likes: i64, version: u64, class: Option<&str>) -> Item {
        let mut item = counters_key(ArticleId::from_bytes([9; 16])).attributes();
        item.extend([("likes".to_owned(), n(likes)), ("version".to_owned(), n(version))]);
        item.extend(class.map(|class| ("hotClass".to_owned(), s(class))));
        item
    }

    #[test]
    fn counters_that_cross_a_power_of_two_change_their_class_and_others_do_not() {
        let article = ArticleId::from_bytes([9; 16]);
        let to = |old: Option<Item>, new: Item| {
            let record = record(old, Some(new));
            assert_eq!(RelationRecords.read(&record).unwrap(), None, "counters move no counters");
            RelationRecords.reclassified(&record).unwrap().map(|to| {
                assert_eq!(to.article, article);
                (to.version, to.class.map(|class| HotShard::of(class, article).to_string()))
            })
        };
        let some = |version, class: &str| Some((version, Some(class.to_owned())));
        assert_eq!(to(None, counters(1, 2, None)), some(2, "0.1"));
        assert_eq!(to(Some(counters(1, 2, Some("0.1"))), counters(2, 3, Some("0.1"))), some(3, "1.1"));
        assert_eq!(to(Some(counters(2, 3, Some("1.1"))), counters(3, 4, Some("1.1"))), None);
        assert_eq!(to(Some(counters(15, 4, Some("3.1"))), counters(16, 5, Some("3.1"))), some(5, "4.0"));
        assert_eq!(to(Some(counters(1, 5, Some("0.1"))), counters(0, 6, Some("0.1"))), Some((6, None)));
        assert_eq!(to(Some(counters(9, 6, Some("3.1"))), counters(9, 6, None)), None, "what a dismissal wrote");
        assert_eq!(
            to(Some(counters(0, 7, None)), counters(-1, 8, None)),
            None,
            "a number that fell below 0 by a fault"
        );
        assert_eq!(to(Some(counters(1, 7, Some("0.1"))), counters(-1, 8, Some("0.1"))), Some((8, None)));
    }

    #[test]
    fn counters_of_follows_have_no_class() {
        let mut item = Key::new(counters_key(ArticleId::from_bytes([9; 16])).pk, "FOLLOWS").attributes();
        item.insert("version".to_owned(), n(2));
        assert_eq!(RelationRecords.reclassified(&record(None, Some(item))).unwrap(), None);
    }
}
