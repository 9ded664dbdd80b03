//! Tasks that wait, for the schedule that looks after them.

use async_trait::async_trait;

use super::{
    super::{
        leases::applied,
        store::{all_pages, n, s},
    },
    TaskTable,
    items::{self, SHARDS, WAITING, id_of, read, shard_key},
    sends::kept_until,
};
use crate::{
    domain::{Timestamp, sms::TaskEnd},
    ports::{
        StoreError,
        sms::{SmsResends, Waiting},
    },
};

/// Tasks of one shard that are looked after in one run; the oldest come first.
const MOST: usize = 1_000;

fn waiting(item: items::TaskItem) -> Result<Waiting, StoreError> {
    Ok(Waiting {
        id: id_of(&item)?,
        not_before: item.not_before,
        good_until: item.good_until,
        releases: item.releases,
        released_at: item.released_at,
        claimed_until: item.claimed_until,
    })
}

#[async_trait]
impl SmsResends for TaskTable {
    fn shards(&self) -> u8 {
        SHARDS
    }

    async fn waiting(&self, shard: u8) -> Result<Vec<Waiting>, StoreError> {
        let query = self
            .dynamo
            .client
            .query()
            .table_name(&*self.name)
            .consistent_read(true)
            .key_condition_expression("pk = :shard")
            .filter_expression("progress = :waiting")
            .expression_attribute_values(":shard", s(shard_key(shard)))
            .expression_attribute_values(":waiting", s(WAITING));
        let items = all_pages(query, MOST).await?;
        items.into_iter().map(|item| waiting(read(item)?.0)).collect()
    }

    async fn release(&self, task: &Waiting, now: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .update(task.id)
            .update_expression("SET releasedAt = :now ADD releases :one")
            .condition_expression("progress = :waiting AND releases = :releases")
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":releases", n(task.releases));
        Ok(applied(update).await?.is_some())
    }

    async fn expire(&self, task: &Waiting) -> Result<bool, StoreError> {
        let update = self
            .update(task.id)
            .update_expression("SET progress = :end, expiresAt = :expires REMOVE sealed, claimedUntil")
            .condition_expression("progress = :waiting")
            .expression_attribute_values(":end", s(TaskEnd::Expired.name()))
            .expression_attribute_values(":expires", n(kept_until(task.good_until)));
        Ok(applied(update).await?.is_some())
    }
}
