//! `cache-evict` over a cache in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use cache_evict::Evictions;
use shared::{
    domain::Timestamp,
    ports::{
        StoreError,
        cache::{CacheKey, Claim, Entry, FillToken, Found, SharedCache, Stale, Wanted},
    },
};

use crate::{
    contract::{Case, Over},
    surroundings::{Faults, delivery},
};

/// Versions of cached values. Only evictions are asked of it, and it can fail between any two.
struct Cache {
    versions: Mutex<BTreeMap<CacheKey, u64>>,
    faults: Arc<Faults>,
}

fn unasked<T>() -> Result<T, StoreError> {
    Err(StoreError::Fault { service: "the cache", source: "an eviction asks for nothing else".into() })
}

#[async_trait]
impl SharedCache for Cache {
    async fn read(&self, _: &[Wanted]) -> Result<Vec<Found>, StoreError> {
        unasked()
    }

    async fn claim(&self, _: &Wanted, _: FillToken, _: Duration, _: Timestamp) -> Result<Claim, StoreError> {
        unasked()
    }

    async fn fill(&self, _: &CacheKey, _: &Entry, _: Duration, _: FillToken) -> Result<bool, StoreError> {
        unasked()
    }

    async fn put(
        &self,
        _: &CacheKey,
        _: &Entry,
        _: Duration,
        _: Option<FillToken>,
        _: &[Stale],
    ) -> Result<(), StoreError> {
        unasked()
    }

    async fn evict(&self, stale: &[Stale]) -> Result<(), StoreError> {
        for Stale { key, below } in stale {
            self.faults.next()?;
            self.versions.lock().unwrap().retain(|cached, version| cached != key || *version >= *below);
        }
        Ok(())
    }
}

/// What is cached before the messages come. A writer has put `new`'s last version there already.
fn cached() -> BTreeMap<CacheKey, u64> {
    let article = |slug: &str| CacheKey::new("article", slug);
    BTreeMap::from([
        (article("old"), 1),
        (article("new"), 3),
        (article("gone"), 2),
        (article("untouched"), 1),
        (CacheKey::new("user:info", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), 4),
        (CacheKey::new("counters", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), 7),
        (CacheKey::new("follows", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), 7),
        (CacheKey::new("name", "ann"), 1),
        (CacheKey::new("name", "bea"), 0),
    ])
}

fn messages() -> Vec<String> {
    [
        r#"{"form":1,"what":"article","id":"old","version":1,"gone":false}"#,
        r#"{"form":1,"what":"article","id":"new","version":2,"gone":false}"#,
        r#"{"form":1,"what":"article","id":"old","version":2,"gone":false}"#,
        r#"{"form":1,"what":"article","id":"new","version":3,"gone":false}"#,
        r#"{"form":1,"what":"article","id":"gone","version":3,"gone":true}"#,
        r#"{"form":1,"what":"user","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","version":5,"gone":false}"#,
        r#"{"form":1,"what":"articleCounters","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","version":8,"gone":false}"#,
        r#"{"form":1,"what":"followCounters","id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","version":7,"gone":false}"#,
        r#"{"form":1,"what":"username","id":"ann","version":null,"gone":true}"#,
        r#"{"form":1,"what":"username","id":"bea","version":null,"gone":false}"#,
    ]
    .map(str::to_owned)
    .into()
}

/// The case.
pub fn case() -> Case {
    Case {
        name: "cache-evict",
        messages,
        make: |faults, noted| {
            let store = Arc::new(Cache { versions: Mutex::new(cached()), faults });
            let delivery = delivery(Evictions { cache: store.clone() }, noted);
            let outcome = |store: &Cache| format!("{:?}", store.versions.lock().unwrap());
            Box::new(Over { delivery, store, outcome })
        },
    }
}

#[tokio::test]
async fn what_a_writer_put_there_meanwhile_stays() {
    let case = case();
    let consumer = (case.make)(Faults::of([]), Arc::default());
    let body = messages().swap_remove(1);
    let before = consumer.outcome();
    let message = shared::queue::QueueMessage { body, ..Default::default() };
    consumer.deliver(shared::queue::QueueEvent { records: vec![message] }).await;
    assert_eq!(consumer.outcome(), before);
}
