//! Tasks in the hands of a dispatcher. Its attempt's number is its fencing token: who was overtaken writes nothing any more.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{operation::update_item::builders::UpdateItemFluentBuilder, types::ReturnValue};

use super::{
    super::{
        error::{corrupt, store_error},
        leases::applied,
        store::{n, s},
    },
    TaskTable,
    items::{WAITING, read, task_key},
};
use crate::{
    domain::{
        TaskId, Timestamp,
        sms::{DOUBTS, TaskEnd},
    },
    ports::{
        StoreError,
        sms::{Claimed, SmsTasks},
    },
};

/// How long a task stays that was not sent, for whoever asks why.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// Whether the task is still that of the attempt `:attempts`.
const HELD: &str = "progress = :waiting AND attempts = :attempts";

/// When a task may go that ended, and whose code was good until `good_until`.
pub(super) fn kept_until(good_until: Timestamp) -> i64 {
    good_until.plus(KEPT).as_secs()
}

impl TaskTable {
    pub(super) fn update(&self, id: TaskId) -> UpdateItemFluentBuilder {
        let update = self.dynamo.client.update_item().table_name(&*self.name);
        update.set_key(Some(task_key(id).attributes())).expression_attribute_values(":waiting", s(WAITING))
    }

    /// An update by the attempt that has `claimed` the task.
    fn held(&self, claimed: &Claimed) -> UpdateItemFluentBuilder {
        self.update(claimed.id).expression_attribute_values(":attempts", n(claimed.attempts))
    }
}

#[async_trait]
impl SmsTasks for TaskTable {
    async fn claim(&self, id: TaskId, now: Timestamp, until: Timestamp) -> Result<Option<Claimed>, StoreError> {
        let update = self
            .update(id)
            .update_expression("SET claimedUntil = :until ADD attempts :one, doubts :one")
            .condition_expression(
                "progress = :waiting AND notBefore <= :now AND doubts < :most \
                 AND (attribute_not_exists(claimedUntil) OR claimedUntil <= :now)",
            )
            .expression_attribute_values(":until", n(until.as_millis()))
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":most", n(DOUBTS))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew);
        let Some(output) = applied(update).await? else { return Ok(None) };
        let (item, sealed) = read(output.attributes.ok_or_else(|| corrupt("a claim without its task"))?)?;
        let sealed = sealed.ok_or_else(|| corrupt("a task that waits without its message"))?;
        let (attempts, doubts) = (item.attempts, item.doubts.saturating_sub(1));
        Ok(Some(Claimed { id, sealed, good_until: item.good_until, attempts, doubts }))
    }

    async fn doubt(&self, claimed: &Claimed) -> Result<bool, StoreError> {
        let update = self
            .held(claimed)
            .update_expression("ADD doubts :one")
            .condition_expression(format!("{HELD} AND doubts < :most"))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":most", n(DOUBTS));
        Ok(applied(update).await?.is_some())
    }

    async fn done(&self, claimed: &Claimed) -> Result<bool, StoreError> {
        let delete = self
            .dynamo
            .client
            .delete_item()
            .table_name(&*self.name)
            .set_key(Some(task_key(claimed.id).attributes()))
            .condition_expression("attempts = :attempts")
            .expression_attribute_values(":attempts", n(claimed.attempts));
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(store_error(error)),
        }
    }

    async fn defer(&self, claimed: &Claimed, not_before: Timestamp, doubts: u32) -> Result<bool, StoreError> {
        let update = self
            .held(claimed)
            .update_expression("SET notBefore = :then, doubts = :doubts REMOVE claimedUntil")
            .condition_expression(HELD)
            .expression_attribute_values(":then", n(not_before.as_millis()))
            .expression_attribute_values(":doubts", n(doubts));
        Ok(applied(update).await?.is_some())
    }

    async fn close(&self, claimed: &Claimed, end: TaskEnd) -> Result<bool, StoreError> {
        let update = self
            .held(claimed)
            .update_expression("SET progress = :end, expiresAt = :expires REMOVE sealed, claimedUntil")
            .condition_expression(HELD)
            .expression_attribute_values(":end", s(end.name()))
            .expression_attribute_values(":expires", n(kept_until(claimed.good_until)));
        Ok(applied(update).await?.is_some())
    }
}
