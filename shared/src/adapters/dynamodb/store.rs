//! What all tables have in common: keys, consistent reads, batches.

use std::{collections::HashMap, sync::Arc, time::Duration};

use aws_sdk_dynamodb::{
    Client,
    config::SharedHttpClient,
    operation::query::builders::QueryFluentBuilder,
    types::{AttributeValue, DeleteRequest, KeysAndAttributes, WriteRequest},
};
use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    DynamoSettings, Recorder,
    client::client,
    error::{SERVICE, corrupt, store_error},
};
use crate::ports::{
    StoreError,
    permission::{Permission, Resource, Table},
};

/// An item as the SDK has it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// Items that one `BatchGetItem` may ask for.
const BATCH_GET: usize = 100;
/// Batches of one read that are under way at the same time.
const BATCHES: usize = 8;
/// Writes that one `BatchWriteItem` may hold.
const BATCH_WRITE: usize = 25;

/// The key of an item in any of our tables.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) struct Key {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Key {
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(super) fn attributes(self) -> Item {
        HashMap::from([("pk".to_owned(), AttributeValue::S(self.pk)), ("sk".to_owned(), AttributeValue::S(self.sk))])
    }

    pub(super) fn of(item: &Item) -> Option<Self> {
        let part = |name| item.get(name).and_then(|value| value.as_s().ok()).cloned();
        Some(Self { pk: part("pk")?, sk: part("sk")? })
    }
}

/// What each of the platform's tables is called in this deployment; a function knows the names of those that it uses.
#[derive(Debug, Clone, Default)]
pub struct TableNames {
    /// The table of users.
    pub users: Option<String>,
    /// The table of sessions.
    pub sessions: Option<String>,
    /// The table of articles.
    pub articles: Option<String>,
    /// The table of comments.
    pub comments: Option<String>,
    /// The table of leases and idempotency keys.
    pub coordination: Option<String>,
    /// The table of likes, collections, follows and counters.
    pub interactions: Option<String>,
    /// The table of messages to send, and of how many there were.
    pub tasks: Option<String>,
}

impl TableNames {
    /// What `table` is called, if it is known here.
    pub fn name(&self, table: Table) -> Option<&str> {
        match table {
            Table::Users => self.users.as_deref(),
            Table::Sessions => self.sessions.as_deref(),
            Table::Articles => self.articles.as_deref(),
            Table::Comments => self.comments.as_deref(),
            Table::Coordination => self.coordination.as_deref(),
            Table::Interactions => self.interactions.as_deref(),
            Table::Tasks => self.tasks.as_deref(),
        }
    }

    /// Which table bears `name`.
    pub fn table(&self, name: &str) -> Option<Table> {
        let all = [
            Table::Users,
            Table::Sessions,
            Table::Articles,
            Table::Comments,
            Table::Coordination,
            Table::Interactions,
            Table::Tasks,
        ];
        all.into_iter().find(|table| self.name(*table) == Some(name))
    }
}

/// A client of DynamoDB, made once per process and function. Clones share its connections.
#[derive(Debug, Clone)]
pub struct Dynamo {
    pub(super) client: Client,
}

impl Dynamo {
    /// A client over `http` whose every call `recorder` watches.
    pub fn new(settings: &DynamoSettings, http: SharedHttpClient, recorder: Recorder) -> Self {
        Self { client: client(settings, http, recorder) }
    }

    /// Opens a connection by a call that changes nothing and that `permissions` allow: a read of an item that is not there,
    /// or a write whose condition never holds.
    ///
    /// # Errors
    /// Whatever the call met; the next one tries anew.
    pub(in crate::adapters) async fn connect(
        &self,
        tables: &TableNames,
        permissions: &[Permission],
    ) -> Result<(), StoreError> {
        let allowed = |wanted| {
            permissions.iter().find_map(|permission| match permission {
                Permission { resource: Resource::Table(table), action } if *action == wanted => Some(*table),
                _ => None,
            })
        };
        let nothing = Key::new("-", "-");
        if let Some(table) = allowed("GetItem").and_then(|table| tables.name(table)) {
            return self.get(table, nothing).await.map(drop);
        }
        let Some(table) = allowed("PutItem").and_then(|table| tables.name(table)) else { return Ok(()) };
        let put = self.client.put_item().table_name(table).set_item(Some(nothing.attributes()));
        match put.condition_expression("attribute_exists(pk)").send().await {
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            other => other.map(drop).map_err(store_error),
        }
    }

    /// The item as last written.
    pub(super) async fn get(&self, table: &str, key: Key) -> Result<Option<Item>, StoreError> {
        let get = self.client.get_item().table_name(table).set_key(Some(key.attributes())).consistent_read(true);
        Ok(get.send().await.map_err(store_error)?.item)
    }

    /// Those of the items that are there, as last written, by key. Batches of 100 are asked for at the
    /// same time, up to [`BATCHES`] of them.
    pub(super) async fn get_all(&self, wanted: Vec<(&str, Key)>) -> Result<HashMap<Key, Item>, StoreError> {
        let mut batches = Vec::new();
        for batch in wanted.chunks(BATCH_GET) {
            let mut keys: HashMap<&str, Vec<Item>> = HashMap::new();
            for (table, key) in batch {
                keys.entry(table).or_default().push(key.clone().attributes());
            }
            let mut request = HashMap::new();
            for (table, keys) in keys {
                let all = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true).build();
                request.insert(table.to_owned(), all.map_err(corrupt)?);
            }
            batches.push(self.get_batch(request));
        }
        let found: Vec<_> = stream::iter(batches).buffer_unordered(BATCHES).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn get_batch(
        &self,
        mut request: HashMap<String, KeysAndAttributes>,
    ) -> Result<HashMap<Key, Item>, StoreError> {
        let mut pauses = retries().build();
        let mut found = HashMap::new();
        while !request.is_empty() {
            let batch =
                self.client.batch_get_item().set_request_items(Some(request)).send().await.map_err(store_error)?;
            for item in batch.responses.into_iter().flatten().flat_map(|(_, items)| items) {
                let key = Key::of(&item).ok_or_else(|| corrupt("an item without a key"))?;
                found.insert(key, item);
            }
            request = batch.unprocessed_keys.unwrap_or_default();
            if !request.is_empty() {
                pause(&mut pauses).await?;
            }
        }
        Ok(found)
    }

    /// Deletes items, those that are not there any more as well, one batch after another.
    pub(super) async fn delete_all(&self, table: &str, keys: Vec<Key>) -> Result<(), StoreError> {
        let deletion = |key: Key| {
            let request = DeleteRequest::builder().set_key(Some(key.attributes())).build().map_err(corrupt)?;
            Ok(WriteRequest::builder().delete_request(request).build())
        };
        let deletions: Vec<_> = keys.into_iter().map(deletion).collect::<Result<_, StoreError>>()?;
        let mut pauses = retries().build();
        for batch in deletions.chunks(BATCH_WRITE) {
            let mut batch = HashMap::from([(table.to_owned(), batch.to_vec())]);
            while !batch.is_empty() {
                let request = self.client.batch_write_item().set_request_items(Some(batch));
                batch = request.send().await.map_err(store_error)?.unprocessed_items.unwrap_or_default();
                if !batch.is_empty() {
                    pause(&mut pauses).await?;
                }
            }
        }
        Ok(())
    }
}

/// The first `count` items that `query` yields, over as many calls as it takes.
pub(super) async fn all_pages(query: QueryFluentBuilder, count: usize) -> Result<Vec<Item>, StoreError> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let page = query.clone().set_exclusive_start_key(start).send().await.map_err(store_error)?;
        items.extend(page.items.into_iter().flatten());
        start = page.last_evaluated_key;
        if start.is_none() || items.len() >= count {
            return Ok(items);
        }
    }
}

/// Pauses of 10 to 200 ms between tries of what another request got in the way of, with jitter; 13 tries in all.
pub(super) fn retries() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(10))
        .with_max_delay(Duration::from_millis(200))
        .with_max_times(12)
        .with_jitter()
}

/// Waits for the next of `pauses`.
///
/// # Errors
/// [`StoreError::Unavailable`] when there have been enough.
pub(super) async fn pause(pauses: &mut impl Iterator<Item = Duration>) -> Result<(), StoreError> {
    let Some(pause) = pauses.next() else {
        return Err(StoreError::Unavailable { service: SERVICE, source: "still busy after many tries".into() });
    };
    tokio::time::sleep(pause).await;
    Ok(())
}

/// A stored item as the type that it was stored from.
pub(super) fn from_item<T: DeserializeOwned>(item: Item) -> Result<T, StoreError> {
    serde_dynamo::from_item(item).map_err(corrupt)
}

/// A value as the item to store.
pub(super) fn to_item<T: Serialize>(value: &T) -> Result<Item, StoreError> {
    serde_dynamo::to_item(value).map_err(corrupt)
}

/// A string attribute.
pub(super) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

/// A number attribute.
pub(super) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// Shares what a table's adapter needs without a lifetime.
pub(super) type TableName = Arc<str>;
