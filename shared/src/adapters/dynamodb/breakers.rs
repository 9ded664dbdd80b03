//! States of circuit breakers that several instances share: one item for each name.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | breaker | `BREAKER#<name>` | `BREAKER` |

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    error::{corrupt, store_error},
    store::{Dynamo, Key, TableName, from_item, n, to_item},
};
use crate::{
    ports::{
        StoreError,
        breakers::{BreakerStates, Kept},
    },
    resilience::breaker::State,
};

fn breaker_key(name: &str) -> Key {
    Key::new(format!("BREAKER#{name}"), "BREAKER")
}

#[derive(Serialize, Deserialize)]
struct BreakerItem {
    #[serde(flatten)]
    key: Key,
    /// The state as JSON: nobody asks the database for parts of it.
    state: String,
    revision: u64,
}

/// The table of coordination, for breakers.
#[derive(Clone)]
pub struct BreakerTable {
    dynamo: Dynamo,
    name: TableName,
}

impl BreakerTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}

#[async_trait]
impl BreakerStates for BreakerTable {
    async fn load(&self, name: &str) -> Result<Kept, StoreError> {
        let Some(item) = self.dynamo.get(&self.name, breaker_key(name)).await? else { return Ok(Kept::default()) };
        let BreakerItem { state, revision, .. } = from_item(item)?;
        Ok(Kept { state: serde_json::from_str(&state).map_err(corrupt)?, revision })
    }

    async fn swap(&self, name: &str, seen: u64, next: &State) -> Result<bool, StoreError> {
        let state = serde_json::to_string(next).map_err(corrupt)?;
        let item = to_item(&BreakerItem { key: breaker_key(name), state, revision: seen + 1 })?;
        let put = self.dynamo.client.put_item().table_name(&*self.name).set_item(Some(item));
        let put = if seen == 0 {
            put.condition_expression("attribute_not_exists(pk)")
        } else {
            put.condition_expression("revision = :seen").expression_attribute_values(":seen", n(seen))
        };
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(store_error(error)),
        }
    }
}
