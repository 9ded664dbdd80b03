//! `cache-evict` over a cache in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use cache_evict::Evictions;
use shared::{
    domain::{ArticleId, Timestamp, counting::Move, reaction::ArticleCounters, view::Reader},
    ports::{
        StoreError,
        cache::{CacheKey, FillToken, Stale},
        counters::{Begun, CounterCache, Glimpse, Settled},
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
impl CounterCache for Cache {
    async fn look(&self, _: &[ArticleId], _: Option<Reader>, _: Timestamp) -> Result<Vec<Glimpse>, StoreError> {
        unasked()
    }

    async fn begin(&self, _: ArticleId, _: FillToken, _: Option<Reader>, _: Timestamp) -> Result<Begun, StoreError> {
        unasked()
    }

    async fn fill(
        &self,
        _: ArticleId,
        _: FillToken,
        _: &ArticleCounters,
        _: u64,
        _: Timestamp,
    ) -> Result<Option<ArticleCounters>, StoreError> {
        unasked()
    }

    async fn moved(&self, _: ArticleId, _: Move, _: Timestamp, _: &[Stale]) -> Result<Glimpse, StoreError> {
        unasked()
    }

    async fn announce(&self, _: FillToken, _: &[ArticleId], _: Timestamp) -> Result<(), StoreError> {
        unasked()
    }

    async fn settled(&self, _: FillToken, _: &[Settled], _: Timestamp) -> Result<(), StoreError> {
        unasked()
    }

    async fn forget(&self, articles: &[(ArticleId, u64)], stale: &[Stale]) -> Result<(), StoreError> {
        let counters = articles.iter().map(|(id, below)| (CacheKey::new("counters", &id.to_string()), *below));
        for (key, below) in counters.chain(stale.iter().map(|stale| (stale.key.clone(), stale.below))) {
            self.faults.next()?;
            self.versions.lock().unwrap().retain(|cached, version| *cached != key || *version >= below);
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
