//! A shared cache in memory that keeps the contract and may lose any key at any moment.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use shared::{
    domain::Timestamp,
    ports::{
        StoreError,
        cache::{CacheKey, Claim, Entry, FillToken, Found, SharedCache, Stale, Wanted},
        system::System,
    },
};

use super::{Simulated, step};

/// What vanishes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Loss {
    Values,
    Rights,
    Everything,
}

#[derive(Default)]
struct Keys {
    values: HashMap<CacheKey, (Entry, Timestamp)>,
    rights: HashMap<CacheKey, (FillToken, Timestamp)>,
}

/// The cache. Each of its operations takes three steps: to it, in it, and back.
pub(crate) struct FakeCache {
    system: Arc<Simulated>,
    keys: Mutex<Keys>,
    /// Readers find it away; writers do not.
    pub(crate) away: AtomicBool,
    pub(crate) grants: AtomicUsize,
}

impl FakeCache {
    pub(crate) fn new(system: Arc<Simulated>) -> Self {
        Self { system, keys: Mutex::default(), away: AtomicBool::new(false), grants: AtomicUsize::new(0) }
    }

    pub(crate) fn lose(&self, what: Loss) {
        let mut keys = self.keys.lock().unwrap();
        if !matches!(what, Loss::Rights) {
            keys.values.clear();
        }
        if !matches!(what, Loss::Values) {
            keys.rights.clear();
        }
    }

    /// Stores bytes as another release would.
    pub(crate) fn store(&self, key: CacheKey, entry: Entry, ttl: Duration) {
        self.keys.lock().unwrap().values.insert(key, (entry, self.system.now().plus(ttl)));
    }

    async fn with<T>(&self, act: impl FnOnce(&mut Keys, Timestamp) -> T + Send) -> T {
        step().await;
        let answer = {
            let now = self.system.now();
            let mut keys = self.keys.lock().unwrap();
            keys.values.retain(|_, (_, end)| *end > now);
            keys.rights.retain(|_, (_, end)| *end > now);
            act(&mut keys, now)
        };
        step().await;
        answer
    }

    fn reachable(&self) -> Result<(), StoreError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(StoreError::Unavailable { service: "Redis", source: "away".into() });
        }
        Ok(())
    }
}

impl Keys {
    fn found(&self, wanted: &Wanted) -> Found {
        match self.values.get(&wanted.key) {
            None => Found::Nothing,
            Some((entry, _)) if Some(entry.version) == wanted.known => Found::Same { fresh_until: entry.fresh_until },
            Some((entry, _)) => Found::Entry(entry.clone()),
        }
    }

    fn version(&self, key: &CacheKey) -> Option<u64> {
        self.values.get(key).map(|(entry, _)| entry.version)
    }
}

#[async_trait]
impl SharedCache for FakeCache {
    async fn read(&self, wanted: &[Wanted]) -> Result<Vec<Found>, StoreError> {
        self.reachable()?;
        Ok(self.with(|keys, _| wanted.iter().map(|wanted| keys.found(wanted)).collect()).await)
    }

    async fn claim(
        &self,
        wanted: &Wanted,
        token: FillToken,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        self.reachable()?;
        let claim = |keys: &mut Keys, at: Timestamp| {
            if keys.values.get(&wanted.key).is_some_and(|(entry, _)| entry.fresh_until > now) {
                return Claim::Fresh(keys.found(wanted));
            }
            if keys.rights.get(&wanted.key).is_some_and(|(held, _)| *held != token) {
                return Claim::Held;
            }
            keys.rights.insert(wanted.key.clone(), (token, at.plus(ttl)));
            self.grants.fetch_add(1, Ordering::Relaxed);
            Claim::Granted
        };
        Ok(self.with(claim).await)
    }

    async fn fill(&self, key: &CacheKey, entry: &Entry, ttl: Duration, token: FillToken) -> Result<bool, StoreError> {
        self.reachable()?;
        let fill = |keys: &mut Keys, at: Timestamp| {
            if keys.rights.get(key).is_none_or(|(held, _)| *held != token) {
                return false;
            }
            keys.rights.remove(key);
            if keys.version(key).is_some_and(|version| version > entry.version) {
                return false;
            }
            keys.values.insert(key.clone(), (entry.clone(), at.plus(ttl)));
            true
        };
        Ok(self.with(fill).await)
    }

    async fn put(
        &self,
        key: &CacheKey,
        entry: &Entry,
        ttl: Duration,
        right: Option<FillToken>,
        stale: &[Stale],
    ) -> Result<(), StoreError> {
        let put = |keys: &mut Keys, at: Timestamp| {
            let held = keys.rights.remove(key).map(|(held, _)| held);
            let own = right.is_some() && held == right;
            if keys.version(key).map_or(own, |version| version <= entry.version) {
                keys.values.insert(key.clone(), (entry.clone(), at.plus(ttl)));
            }
        };
        self.with(put).await;
        self.evict(stale).await
    }

    async fn evict(&self, stale: &[Stale]) -> Result<(), StoreError> {
        let evict = |keys: &mut Keys, _| {
            for Stale { key, below } in stale {
                keys.rights.remove(key);
                if keys.version(key).is_some_and(|version| version < *below) {
                    keys.values.remove(key);
                }
            }
        };
        self.with(evict).await;
        Ok(())
    }
}
