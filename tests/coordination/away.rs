//! A cache that nobody reaches.

use std::sync::Mutex;

use async_trait::async_trait;
use shared::{
    domain::{ArticleId, Timestamp, counting::Move, reaction::ArticleCounters, view::Reader},
    ports::{
        StoreError,
        cache::{FillToken, Stale},
        counters::{Begun, CounterCache, Glimpse, Settled},
    },
};

/// The cache, which is away. It notes what it was to be told.
#[derive(Default)]
pub(crate) struct Away {
    told: Mutex<Vec<Told>>,
}

/// What the cache was to be told of how many articles.
#[derive(Debug, PartialEq)]
pub(crate) enum Told {
    Announced(usize),
    Settled(usize),
}

impl Away {
    /// What it was to be told since this was asked last.
    pub(crate) fn take(&self) -> Vec<Told> {
        std::mem::take(&mut *self.told.lock().unwrap())
    }
}

fn away<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable { service: "the cache", source: "it is away".into() })
}

#[async_trait]
impl CounterCache for Away {
    async fn look(&self, _: &[ArticleId], _: Option<Reader>, _: Timestamp) -> Result<Vec<Glimpse>, StoreError> {
        away()
    }

    async fn begin(&self, _: ArticleId, _: FillToken, _: Option<Reader>, _: Timestamp) -> Result<Begun, StoreError> {
        away()
    }

    async fn fill(
        &self,
        _: ArticleId,
        _: FillToken,
        _: &ArticleCounters,
        _: u64,
        _: Timestamp,
    ) -> Result<Option<ArticleCounters>, StoreError> {
        away()
    }

    async fn moved(&self, _: ArticleId, _: Move, _: Timestamp, _: &[Stale]) -> Result<Glimpse, StoreError> {
        away()
    }

    async fn announce(&self, _: FillToken, articles: &[ArticleId], _: Timestamp) -> Result<(), StoreError> {
        self.told.lock().unwrap().push(Told::Announced(articles.len()));
        away()
    }

    async fn settled(&self, _: FillToken, settled: &[Settled], _: Timestamp) -> Result<(), StoreError> {
        self.told.lock().unwrap().push(Told::Settled(settled.len()));
        away()
    }

    async fn forget(&self, _: &[(ArticleId, u64)], _: &[Stale]) -> Result<(), StoreError> {
        away()
    }
}
