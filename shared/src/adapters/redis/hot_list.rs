//! The hot list: one hash of `version` and `list`, which is JSON. What is there is replaced by what is newer only, whoever writes.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;

use super::{
    Redis,
    wave::{Ask, read, script},
};
use crate::{
    domain::ranking::HotList,
    ports::{
        StoreError,
        ranking::{CachedHotList, HotListCache},
    },
};

script! {
    /// The list, or no more than its version if the process holds that version.
    LOAD = "hot_list_load.lua"
}
script! {
    /// Stores a newer list.
    STORE = "hot_list_store.lua"
}

const KEY: &str = "ranking:top_n";
/// A list is made every minute. This is for when none is made any more: then the table is asked once an hour and process.
const LIFE: Duration = Duration::from_secs(3_600);

fn fault(error: serde_json::Error) -> StoreError {
    StoreError::Fault { service: "Redis", source: error.into() }
}

#[async_trait]
impl HotListCache for Redis {
    async fn load(&self, known: Option<u64>) -> Result<CachedHotList, StoreError> {
        let known = known.map(|known| known.to_string()).unwrap_or_default();
        let (version, list): (Option<u64>, Option<Vec<u8>>) = match self.ask(Ask::script(&LOAD, &[KEY], known)).await? {
            Value::Array(fields) if fields.len() == 1 => return Ok(CachedHotList::Same),
            fields => read(&fields)?,
        };
        match version.and(list) {
            Some(list) => serde_json::from_slice(&list).map(CachedHotList::List).map_err(fault),
            None => Ok(CachedHotList::Nothing),
        }
    }

    async fn store(&self, list: &HotList) -> Result<(), StoreError> {
        let json = serde_json::to_vec(list).map_err(fault)?;
        let args = [list.version.to_string().into_bytes(), json, LIFE.as_millis().to_string().into_bytes()];
        self.ask::<i64>(Ask::script(&STORE, &[KEY], &args[..])).await.map(drop)
    }
}
