//! Why messages died. `pk` is `FAILURE#<queue>`, `sk` the message's id; it expires with the message.

use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;

use super::{
    error::store_error,
    store::{Dynamo, Key, TableName, to_item},
};
use crate::{
    domain::Timestamp,
    ports::{
        StoreError,
        failures::{Failure, Failures},
    },
};

/// As long as the template's dead-letter queues keep messages.
const KEPT: Duration = Duration::from_hours(14 * 24);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FailureItem<'a> {
    #[serde(flatten)]
    key: Key,
    error: &'a str,
    at: Timestamp,
    /// Seconds since the epoch, as DynamoDB's time to live wants them.
    expires_at: i64,
}

/// The table of coordination, for those who note failures.
#[derive(Clone)]
pub struct FailureTable {
    dynamo: Dynamo,
    name: TableName,
}

impl FailureTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}

#[async_trait]
impl Failures for FailureTable {
    async fn note(&self, failure: &Failure) -> Result<(), StoreError> {
        let Failure { queue, message_id, error, at } = failure;
        let key = Key::new(format!("FAILURE#{}", queue.name()), message_id);
        let item = to_item(&FailureItem { key, error, at: *at, expires_at: at.plus(KEPT).as_secs() })?;
        let put = self.dynamo.client.put_item().table_name(&*self.name).set_item(Some(item));
        put.send().await.map(drop).map_err(store_error)
    }
}
