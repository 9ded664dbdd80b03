//! Several writes that happen together or not at all.

use std::collections::HashMap;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::transact_write_items::TransactWriteItemsError,
    types::{AttributeValue, ConditionCheck, Delete, Put, TransactWriteItem, Update},
};
use backon::BackoffBuilder;

use super::{
    error::{SERVICE, corrupt, store_error},
    store::{Dynamo, Item, Key, n, pause, retries},
};
use crate::ports::StoreError;

/// Reasons of a cancelled transaction that ask to come back later.
const OVERLOADED: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];

/// Why a transaction was not done.
#[derive(Debug)]
pub(super) enum NotCommitted {
    /// The conditions of these parts, counted from 0 in the order of their adding, did not hold.
    Conditions(Vec<usize>),
    /// The store failed.
    Store(StoreError),
}

/// A transaction in the making: at most 100 parts, each on another item.
#[derive(Debug, Default)]
pub(super) struct Transaction(Vec<TransactWriteItem>);

/// An update's expressions and the values they name. `:version`, for example, stands for the value given with it.
pub(super) struct Change {
    pub(super) update: String,
    pub(super) condition: Option<&'static str>,
    pub(super) values: Vec<(&'static str, AttributeValue)>,
}

impl Transaction {
    /// Stores `item`, whatever was there.
    pub(super) fn put(&mut self, table: &str, item: Item) -> Result<(), StoreError> {
        self.put_if(table, item, None, Vec::new()).map(drop)
    }

    /// Stores `item` if nothing is there.
    pub(super) fn put_new(&mut self, table: &str, item: Item) -> Result<(), StoreError> {
        self.put_if(table, item, Some("attribute_not_exists(pk)"), Vec::new()).map(drop)
    }

    /// Stores `item` over one whose `version` is `version`.
    pub(super) fn replace(&mut self, table: &str, item: Item, version: u64) -> Result<(), StoreError> {
        self.put_when(table, item, "version = :version", vec![(":version", n(version))]).map(drop)
    }

    /// Stores `item` if `condition` holds of what is there; answers which part this is.
    pub(super) fn put_when(
        &mut self,
        table: &str,
        item: Item,
        condition: &str,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<usize, StoreError> {
        self.put_if(table, item, Some(condition), values)
    }

    fn put_if(
        &mut self,
        table: &str,
        item: Item,
        condition: Option<&str>,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<usize, StoreError> {
        let put = Put::builder()
            .table_name(table)
            .set_item(Some(item))
            .set_condition_expression(condition.map(str::to_owned))
            .set_expression_attribute_values(named(values));
        self.0.push(TransactWriteItem::builder().put(put.build().map_err(corrupt)?).build());
        Ok(self.0.len() - 1)
    }

    /// Changes the item at `key`.
    pub(super) fn update(&mut self, table: &str, key: Key, change: Change) -> Result<(), StoreError> {
        let update = Update::builder()
            .table_name(table)
            .set_key(Some(key.attributes()))
            .update_expression(change.update)
            .set_condition_expression(change.condition.map(str::to_owned))
            .set_expression_attribute_values(named(change.values));
        self.0.push(TransactWriteItem::builder().update(update.build().map_err(corrupt)?).build());
        Ok(())
    }

    /// Removes the item at `key`, if it is there.
    pub(super) fn delete(&mut self, table: &str, key: Key) -> Result<(), StoreError> {
        let delete = Delete::builder().table_name(table).set_key(Some(key.attributes()));
        self.0.push(TransactWriteItem::builder().delete(delete.build().map_err(corrupt)?).build());
        Ok(())
    }

    /// Removes the item at `key`, and has the transaction fail unless `condition` holds there.
    pub(super) fn delete_when(
        &mut self,
        table: &str,
        key: Key,
        condition: &str,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<(), StoreError> {
        let delete = Delete::builder()
            .table_name(table)
            .set_key(Some(key.attributes()))
            .condition_expression(condition)
            .set_expression_attribute_values(named(values));
        self.0.push(TransactWriteItem::builder().delete(delete.build().map_err(corrupt)?).build());
        Ok(())
    }

    /// The number that the next part will have.
    pub(super) fn next_part(&self) -> usize {
        self.0.len()
    }

    /// Writes nothing to the item at `key`, and has the transaction fail unless `condition` holds there.
    pub(super) fn check(
        &mut self,
        table: &str,
        key: Key,
        condition: &str,
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<(), StoreError> {
        let check = ConditionCheck::builder()
            .table_name(table)
            .set_key(Some(key.attributes()))
            .condition_expression(condition)
            .set_expression_attribute_values(named(values));
        self.0.push(TransactWriteItem::builder().condition_check(check.build().map_err(corrupt)?).build());
        Ok(())
    }

    /// Does all of it, trying again with jitter while others hold one of the items or the table is overloaded.
    pub(super) async fn commit(self, dynamo: &Dynamo) -> Result<(), NotCommitted> {
        let mut pauses = retries().build();
        loop {
            let attempt = dynamo.client.transact_write_items().set_transact_items(Some(self.0.clone()));
            let Err(error) = attempt.send().await else { return Ok(()) };
            let reasons = cancellations(&error);
            if reasons.iter().any(|reason| reason == "TransactionConflict") {
                pause(&mut pauses)
                    .await
                    .map_err(|_| NotCommitted::Store(StoreError::Contended { service: SERVICE }))?;
                continue;
            }
            if reasons.iter().any(|reason| OVERLOADED.contains(&reason.as_str())) {
                pause(&mut pauses).await.map_err(NotCommitted::Store)?;
                continue;
            }
            let failed = |(n, reason): (usize, &String)| (reason == "ConditionalCheckFailed").then_some(n);
            let failed: Vec<_> = reasons.iter().enumerate().filter_map(failed).collect();
            return Err(if failed.is_empty() {
                NotCommitted::Store(store_error(error))
            } else {
                NotCommitted::Conditions(failed)
            });
        }
    }
}

/// The values as the SDK has them; it takes none rather than an empty map.
fn named(values: Vec<(&'static str, AttributeValue)>) -> Option<HashMap<String, AttributeValue>> {
    (!values.is_empty()).then(|| values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

/// Why each part was cancelled, in order; nothing if the transaction was not cancelled but failed.
fn cancellations<R>(error: &SdkError<TransactWriteItemsError, R>) -> Vec<String> {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default().to_owned()).collect()
        }
        _ => Vec::new(),
    }
}
