//! Leases: one item for each name, which is never deleted, as it holds the last fencing token that was given.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | lease | `LEASE#<name>` | `LEASE` |

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, UpdateItemOutput, builders::UpdateItemFluentBuilder},
    types::ReturnValue,
};
use backon::BackoffBuilder;
use serde::Deserialize;

use super::{
    error::{SERVICE, corrupt, store_error},
    store::{Dynamo, Key, TableName, from_item, n, pause, retries, s},
    transaction::Transaction,
};
use crate::{
    domain::{HolderId, Timestamp},
    ports::{
        StoreError,
        leases::{Fence, Lease, Leases},
    },
};

fn lease_key(name: &str) -> Key {
    Key::new(format!("LEASE#{name}"), "LEASE")
}

/// Whether the lease is still that of the grant `:fence`. A release takes `heldUntil` away, so that whoever gave a lease back
/// writes no more.
const HELD: &str = "fence = :fence AND attribute_exists(heldUntil)";

/// The table of leases. Times are in milliseconds; no item has a time to live.
#[derive(Clone)]
pub struct LeaseTable {
    dynamo: Dynamo,
    name: TableName,
}

impl LeaseTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }

    /// Has `transaction` do nothing unless `lease` is still its holder's. The failed condition is that of the part that is
    /// added here.
    pub(super) fn guard(&self, transaction: &mut Transaction, lease: &Lease) -> Result<(), StoreError> {
        transaction.check(&self.name, lease_key(&lease.name), HELD, vec![(":fence", n(lease.fence.0))])
    }

    fn update(&self, name: &str) -> UpdateItemFluentBuilder {
        self.dynamo.client.update_item().table_name(&*self.name).set_key(Some(lease_key(name).attributes()))
    }
}

/// What an update returns of the item.
#[derive(Deserialize)]
struct Granted {
    fence: u64,
}

#[async_trait]
impl Leases for LeaseTable {
    async fn acquire(
        &self,
        name: &str,
        holder: HolderId,
        now: Timestamp,
        life: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let update = self
            .update(name)
            .update_expression("SET holder = :holder, heldUntil = :until ADD fence :one")
            .condition_expression("attribute_not_exists(heldUntil) OR heldUntil <= :now OR holder = :holder")
            .expression_attribute_values(":holder", s(holder.to_string()))
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":until", n(now.plus(life).as_millis()))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew);
        let Some(output) = applied(update).await? else { return Ok(None) };
        let granted: Granted = from_item(output.attributes.ok_or_else(|| corrupt("a grant without its fence"))?)?;
        Ok(Some(Lease { name: name.to_owned(), fence: Fence(granted.fence) }))
    }

    async fn renew(&self, lease: &Lease, now: Timestamp, life: Duration) -> Result<bool, StoreError> {
        let update = self
            .update(&lease.name)
            .update_expression("SET heldUntil = :until")
            .condition_expression("fence = :fence AND heldUntil > :now")
            .expression_attribute_values(":fence", n(lease.fence.0))
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":until", n(now.plus(life).as_millis()));
        Ok(applied(update).await?.is_some())
    }

    async fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        let update = self
            .update(&lease.name)
            .update_expression("REMOVE holder, heldUntil")
            .condition_expression(HELD)
            .expression_attribute_values(":fence", n(lease.fence.0));
        applied(update).await.map(drop)
    }
}

/// What the update answered; `None` if its condition did not hold. A guarded transaction under way is waited for: it holds the
/// item for a moment only.
pub(super) async fn applied(update: UpdateItemFluentBuilder) -> Result<Option<UpdateItemOutput>, StoreError> {
    let mut pauses = retries().build();
    loop {
        let error = match update.clone().send().await {
            Ok(output) => return Ok(Some(output)),
            Err(error) => error,
        };
        if matches!(error.as_service_error(), Some(UpdateItemError::ConditionalCheckFailedException(_))) {
            return Ok(None);
        }
        match store_error(error) {
            StoreError::Contended { .. } => {
                pause(&mut pauses).await.map_err(|_| StoreError::Contended { service: SERVICE })?;
            }
            other => return Err(other),
        }
    }
}
