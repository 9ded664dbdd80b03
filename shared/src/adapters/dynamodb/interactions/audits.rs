//! Holding counters against what they count: the whole table is read. For people who operate the platform; no function may do it.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;

use super::{
    InteractionTable,
    items::{article_of_counters, counters_key, number_of, related},
};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        store::{Item, Key, n},
    },
    domain::{
        ArticleId,
        counting::{Moved, Reaction},
        reaction::ArticleCounters,
    },
    ports::{
        StoreError,
        counters::{Audited, CounterAudits},
    },
};

#[async_trait]
impl CounterAudits for InteractionTable {
    async fn survey(&self) -> Result<BTreeMap<ArticleId, Audited>, StoreError> {
        let mut found = BTreeMap::new();
        let mut start = None;
        loop {
            let scan = self.dynamo.client.scan().table_name(&*self.name).consistent_read(true);
            let scan = scan.projection_expression("pk, sk, likes, collects, moved").set_exclusive_start_key(start);
            let page = scan.send().await.map_err(store_error)?;
            for item in page.items.unwrap_or_default() {
                note(&mut found, &item)?;
            }
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(found);
            }
        }
    }

    async fn counted(&self, article: ArticleId) -> Result<ArticleCounters, StoreError> {
        self.counters(article).await
    }

    async fn repair(&self, article: ArticleId, audited: &Audited) -> Result<bool, StoreError> {
        let Moved { likes, collects } = audited.missing();
        let mut call = self
            .dynamo
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(counters_key(article).attributes()))
            .update_expression(
                "SET version = if_not_exists(version, :one) + :one ADD likes :likes, collects :collects, moved :one",
            )
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":likes", n(likes))
            .expression_attribute_values(":collects", n(collects))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::None);
        call = match audited.moved {
            Some(0) => call.condition_expression("attribute_not_exists(moved)"),
            Some(moved) => call.condition_expression("moved = :moved").expression_attribute_values(":moved", n(moved)),
            None => call.condition_expression("attribute_not_exists(pk)"),
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|it| it.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(store_error(error)),
        }
    }
}

/// Notes what an item says of an article's counters, if it says anything.
fn note(found: &mut BTreeMap<ArticleId, Audited>, item: &Item) -> Result<(), StoreError> {
    let key = Key::of(item).ok_or_else(|| corrupt("an item without a key"))?;
    if let Some(article) = article_of_counters(&key)? {
        let audited: &mut Audited = found.entry(article).or_default();
        audited.counted = (signed(item, "likes")?, signed(item, "collects")?);
        audited.moved = Some(number_of(item, "moved")?);
    } else if let Some((reaction, article)) = related(&key)? {
        let audited = found.entry(article).or_default();
        match reaction {
            Reaction::Like => audited.there.0 += 1,
            Reaction::Collect => audited.there.1 += 1,
        }
    }
    Ok(())
}

/// A number that may have fallen below 0 by a fault.
fn signed(item: &Item, name: &str) -> Result<i64, StoreError> {
    let Some(value) = item.get(name) else { return Ok(0) };
    value.as_n().map_err(|_| corrupt("a counter that is no number"))?.parse().map_err(corrupt)
}
