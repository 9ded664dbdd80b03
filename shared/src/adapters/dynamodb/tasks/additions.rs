//! Asking for messages, and counting wrong tries.

use async_trait::async_trait;

use super::{
    super::{
        leases::applied,
        store::{from_item, n},
        transaction::{NotCommitted, Transaction},
    },
    TaskTable,
    counts::{PhoneDay, expires_at, phone_key},
    items::new_item,
};
use crate::{
    domain::{
        Timestamp,
        code::Pseudonym,
        sms::{SmsQuotas, Task, tomorrow},
    },
    ports::{
        StoreError,
        codes::{AddTaskError, CodeTasks, Counted},
    },
};

/// The parts of the transaction that have a name; those behind are counts of the day only.
const TASK: usize = 0;
const PHONE: usize = 1;

#[async_trait]
impl CodeTasks for TaskTable {
    async fn add(
        &self,
        task: &Task,
        counted: &Counted,
        quotas: &SmsQuotas,
        now: Timestamp,
    ) -> Result<(), AddTaskError> {
        let mut transaction = Transaction::default();
        transaction.put_new(&self.name, new_item(task)?)?;
        self.count(&mut transaction, task.id, counted, quotas, now)?;
        let failed = match transaction.commit(&self.dynamo).await {
            Ok(()) => return Ok(()),
            Err(NotCommitted::Store(error)) => return Err(error.into()),
            Err(NotCommitted::Conditions(failed)) => failed,
        };
        // Nobody else has this name: what is there is the outcome of the same call, whose answer was lost.
        if failed.contains(&TASK) {
            return Ok(());
        }
        if failed.iter().any(|part| *part > PHONE) {
            return Err(AddTaskError::Exhausted(tomorrow(now)));
        }
        let day = self.dynamo.get(&self.name, phone_key(&counted.phone, now)).await?;
        let day: PhoneDay = day.map(from_item).transpose()?.unwrap_or_default();
        Err(AddTaskError::Exhausted(day.next(quotas, now)))
    }

    async fn wrong(&self, phone: &Pseudonym, now: Timestamp) -> Result<(), StoreError> {
        let update = self
            .dynamo
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(phone_key(phone, now).attributes()))
            .update_expression("SET expiresAt = :expires ADD wrong :one")
            .expression_attribute_values(":expires", n(expires_at(now)))
            .expression_attribute_values(":one", n(1));
        applied(update).await.map(drop)
    }
}
