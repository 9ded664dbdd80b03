//! Counters that follow from the change stream: one write for each article of a batch, and each record counted once.
//!
//! Beside the numbers lies a mark for each shard that moved them: the last of its records that was counted. The write is made on the
//! condition that the mark is below the first record that is to be counted. If it is not, the item that the refusal brings along
//! says from which record on to count. A mark is of no use any more when none of its shard's records can come again.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{InteractionTable, counters::counters_from, items::counters_key};
use crate::{
    adapters::dynamodb::{
        error::{SERVICE, corrupt, store_error},
        store::{Item, n, s},
    },
    domain::{
        ArticleId, Timestamp,
        counting::{Moved, Sequence, Shard, Step},
    },
    ports::{
        StoreError,
        counters::{Tallied, Tallies},
    },
    telemetry::chain,
};

/// What the marks' attributes begin with.
const MARK: &str = "mark#";
/// How long a mark is kept. Records of a stream live 24 hours, so none that it covers comes after that; an hour more for clocks.
const KEPT: Duration = Duration::from_secs(25 * 3_600);
/// Marks that are removed at once.
const PRUNED: usize = 20;
/// How often a write is tried that another run of the same shard keeps overtaking. Two at a time are rare already.
const TRIES: usize = 8;

fn mark_name(shard: &Shard) -> String {
    format!("{MARK}{}", shard.as_str())
}

/// The record that a mark is at, and when it was set.
fn mark(value: &AttributeValue) -> Result<(Sequence, i64), StoreError> {
    let part = |name| value.as_m().ok().and_then(|mark| mark.get(name));
    let to = part("to").and_then(|to| to.as_s().ok()).and_then(|to| Sequence::parse(to).ok());
    let at = part("at").and_then(|at| at.as_n().ok()).and_then(|at| at.parse().ok());
    to.zip(at).ok_or_else(|| corrupt("a mark that marks nothing"))
}

/// How a write went.
enum Written {
    /// This is the item now.
    Done(Item),
    /// This was there already.
    Refused(Item),
}

#[async_trait]
impl Tallies for InteractionTable {
    async fn count(
        &self,
        shard: &Shard,
        article: ArticleId,
        steps: &[Step],
        now: Timestamp,
    ) -> Result<Tallied, StoreError> {
        let name = mark_name(shard);
        let mut known: Option<Item> = None;
        for _ in 0..TRIES {
            let done = known.as_ref().and_then(|item| item.get(&name)).map(mark).transpose()?;
            let left = |step: &&Step| done.as_ref().is_none_or(|(done, _)| step.sequence > *done);
            let left: Vec<_> = steps.iter().filter(left).collect();
            let again = left.len() < steps.len();
            if left.is_empty() {
                return Ok(Tallied { counters: counters_from(known.as_ref())?, again });
            }
            match self.write(article, &name, &left, now).await? {
                Written::Done(item) => {
                    self.prune(article, &name, &item, now).await;
                    return Ok(Tallied { counters: counters_from(Some(&item))?, again });
                }
                Written::Refused(item) => known = Some(item),
            }
        }
        Err(StoreError::Contended { service: SERVICE })
    }
}

impl InteractionTable {
    /// Counts `steps`, which are some, if the mark `name` is before all of them.
    async fn write(
        &self,
        article: ArticleId,
        name: &str,
        steps: &[&Step],
        now: Timestamp,
    ) -> Result<Written, StoreError> {
        let (Some(first), Some(last)) = (steps.first(), steps.last()) else { return Err(corrupt("nothing to count")) };
        let Moved { likes, collects } = Moved::sum(steps.iter().map(|step| step.moved));
        let mark = [("to", s(last.sequence.as_str())), ("at", n(now.as_millis()))];
        let mark = mark.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        // Without an item the version is 1: see `ArticleCounters`.
        let mut update = "SET version = if_not_exists(version, :one) + :one, #mark = :mark ADD moved :one".to_owned();
        let mut call = self.dynamo.client.update_item();
        for (number, by, value) in [("likes", likes, ":likes"), ("collects", collects, ":collects")] {
            if by != 0 {
                update.push_str(&format!(", {number} {value}"));
                call = call.expression_attribute_values(value, n(by));
            }
        }
        let call = call
            .table_name(&*self.name)
            .set_key(Some(counters_key(article).attributes()))
            .update_expression(update)
            .condition_expression("attribute_not_exists(#mark) OR #mark.#to < :first")
            .expression_attribute_names("#mark", name)
            .expression_attribute_names("#to", "to")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":mark", AttributeValue::M(mark))
            .expression_attribute_values(":first", s(first.sequence.as_str()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match call.send().await {
            Ok(done) => Ok(Written::Done(done.attributes.unwrap_or_default())),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(refused)) => {
                    let there = refused.item.clone().ok_or_else(|| corrupt("a refusal that does not say of what"))?;
                    Ok(Written::Refused(there))
                }
                _ => Err(store_error(error)),
            },
        }
    }

    /// Removes the marks of `item` that are of no use any more, but for `own`. If it fails, the next one does it.
    async fn prune(&self, article: ArticleId, own: &str, item: &Item, now: Timestamp) {
        let dead = now.as_millis() - i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
        let marks = item.iter().filter(|(name, _)| name.starts_with(MARK) && *name != own);
        let old =
            marks.filter_map(|(name, value)| mark(value).ok().filter(|(_, at)| *at < dead).map(|(_, at)| (name, at)));
        let old: Vec<_> = old.take(PRUNED).collect();
        if old.is_empty() {
            return;
        }
        let (mut removed, mut unmoved) = (Vec::new(), Vec::new());
        let mut call = self.dynamo.client.update_item().expression_attribute_names("#at", "at");
        for (place, (name, at)) in old.into_iter().enumerate() {
            removed.push(format!("#m{place}"));
            unmoved.push(format!("#m{place}.#at = :at{place}"));
            call = call
                .expression_attribute_names(format!("#m{place}"), name)
                .expression_attribute_values(format!(":at{place}"), n(at));
        }
        let call = call
            .table_name(&*self.name)
            .set_key(Some(counters_key(article).attributes()))
            .update_expression(format!("REMOVE {}", removed.join(", ")))
            .condition_expression(unmoved.join(" AND "));
        if let Err(error) = call.send().await {
            tracing::warn!(error = chain(&store_error(error)), "old marks stay until the next write");
        }
    }
}
