//! Orders to make the search index anew, and how it stands with them.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | orders | `SEARCH` | `REBUILD` |

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use serde::Deserialize;

use super::{
    error::{corrupt, store_error},
    store::{Dynamo, Key, TableName, from_item, n},
};
use crate::{
    domain::Timestamp,
    ports::{
        StoreError,
        indexing::{RebuildOrders, Rebuilding},
    },
};

fn key() -> Key {
    Key::new("SEARCH", "REBUILD")
}

/// The table that has the orders.
#[derive(Clone)]
pub struct RebuildTable {
    dynamo: Dynamo,
    name: TableName,
}

impl RebuildTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Orders {
    #[serde(default)]
    ordered: u64,
    #[serde(default)]
    begun: u64,
    #[serde(default)]
    done: u64,
    #[serde(default)]
    filled: u64,
    #[serde(default)]
    total: u64,
    reported_at: Option<Timestamp>,
}

#[async_trait]
impl RebuildOrders for RebuildTable {
    async fn order(&self) -> Result<u64, StoreError> {
        let update = self.dynamo.client.update_item().table_name(&*self.name);
        let update = update
            .set_key(Some(key().attributes()))
            .update_expression("ADD ordered :one")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew);
        let item = update.send().await.map_err(store_error)?.attributes;
        let item = item.ok_or_else(|| corrupt("an order without a number"))?;
        Ok(from_item::<Orders>(item)?.ordered)
    }

    async fn standing(&self) -> Result<Rebuilding, StoreError> {
        let Some(item) = self.dynamo.get(&self.name, key()).await? else { return Ok(Rebuilding::default()) };
        let Orders { ordered, begun, done, filled, total, reported_at } = from_item(item)?;
        Ok(Rebuilding { ordered, begun, done, filled, total, at: reported_at })
    }

    async fn report(&self, standing: &Rebuilding) -> Result<(), StoreError> {
        let Rebuilding { ordered: _, begun, done, filled, total, at } = *standing;
        let update = self.dynamo.client.update_item().table_name(&*self.name);
        let update = update
            .set_key(Some(key().attributes()))
            .update_expression(
                "SET #begun = :begun, #done = :done, #filled = :filled, #total = :total, #reportedAt = :at",
            )
            .expression_attribute_values(":at", n(at.map_or(0, Timestamp::as_millis)));
        let named = ["begun", "done", "filled", "total", "reportedAt"];
        let update =
            named.iter().fold(update, |update, name| update.expression_attribute_names(format!("#{name}"), *name));
        let values = [(":begun", begun), (":done", done), (":filled", filled), (":total", total)];
        let update =
            values.iter().fold(update, |update, (name, value)| update.expression_attribute_values(*name, n(value)));
        update.send().await.map_err(store_error)?;
        Ok(())
    }
}
