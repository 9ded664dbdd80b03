//! How a value is made that is missing or old: by one caller of the fleet, if all goes well.

use std::{sync::Arc, time::Duration};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    Cache, Lookup, Versioned,
    copies::{Copy, Seen, encode},
    counts::Counts,
};
use crate::{
    ports::{
        StoreError,
        cache::{Claim, FillToken, Stale},
    },
    telemetry::chain,
};

/// The life of the right to make a value: longer than a read of the table may take with all its tries, so that it is lost only
/// with its holder.
pub(super) const RIGHT: Duration = Duration::from_secs(5);
/// How long one waits for somebody else to make a value before one loads it oneself.
const PATIENCE: Duration = Duration::from_millis(500);
/// The first pause between two looks, about a read of the table; each is twice the one before.
const PAUSE: Duration = Duration::from_millis(5);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(80);

/// What a load ended in; several callers may share it.
pub(super) type Outcome<V> = Result<Option<Arc<V>>, Arc<StoreError>>;

/// The value up to `version`.
fn stale<V>(lookup: &Lookup<V>, version: u64) -> Stale {
    Stale { key: lookup.wanted.key.clone(), below: version.saturating_add(1) }
}

/// A shared error for one of those who share it.
fn own(error: &StoreError) -> StoreError {
    let source = chain(error).into();
    match error {
        StoreError::Unavailable { service, .. } => StoreError::Unavailable { service, source },
        StoreError::Contended { service } => StoreError::Contended { service },
        StoreError::Fault { service, .. } => StoreError::Fault { service, source },
    }
}

impl<V> Cache<V>
where
    V: Versioned + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// The value that was not found, made by this caller or by another.
    pub(super) async fn make<L, F>(&self, lookup: &Lookup<V>, load: L) -> Result<Option<Arc<V>>, StoreError>
    where
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        let make = || async { self.make_or_wait(lookup, load).await.map_err(Arc::new) };
        self.flights.share(&lookup.wanted.key, make).await.map_err(|error| own(&error))
    }

    /// The value while the shared cache is away.
    pub(super) async fn load_without_cache<L, F>(
        &self,
        lookup: &Lookup<V>,
        load: L,
    ) -> Result<Option<Arc<V>>, StoreError>
    where
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        let load = || async { self.load(load).await.map_err(Arc::new) };
        self.flights.share(&lookup.wanted.key, load).await.map_err(|error| own(&error))
    }

    /// The value past its soft expiry: anew for the one caller who gets the right, as it was for the others.
    pub(super) async fn refresh<L, F>(
        &self,
        lookup: &Lookup<V>,
        old: Copy<V>,
        load: L,
    ) -> Result<Option<Arc<V>>, StoreError>
    where
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        if let Some(_turn) = self.flights.alone(&lookup.wanted.key) {
            let token = self.token();
            match self.shared.claim(&lookup.wanted, token, RIGHT, self.system.now()).await {
                Ok(Claim::Granted) => match self.load_and_fill(lookup, Some(&old), token, load).await {
                    Ok(value) => return Ok(value),
                    Err(error) => {
                        tracing::warn!(error = chain(&error), "an old value is served: there is no newer one")
                    }
                },
                Ok(Claim::Held) => {}
                Ok(Claim::Fresh(found)) => {
                    if let Seen::Fresh(copy) = self.copies.see(lookup, found, self.system.now()) {
                        return Ok(self.hit(copy));
                    }
                }
                Err(error) => tracing::debug!(error = chain(&error), "an old value is served: the cache is away"),
            }
        }
        Counts::add(&self.counts.stale);
        Ok(old.value)
    }

    async fn make_or_wait<L, F>(&self, lookup: &Lookup<V>, load: L) -> Result<Option<Arc<V>>, StoreError>
    where
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        let token = self.token();
        let (mut pause, mut waited) = (PAUSE, Duration::ZERO);
        loop {
            match self.shared.claim(&lookup.wanted, token, RIGHT, self.system.now()).await {
                Ok(Claim::Granted) => return self.load_and_fill(lookup, None, token, load).await,
                Ok(Claim::Held) => {}
                Ok(Claim::Fresh(found)) => match self.copies.see(lookup, found, self.system.now()) {
                    Seen::Fresh(copy) | Seen::Old(copy) => return Ok(copy.value),
                    Seen::Nothing => {}
                    Seen::Unreadable(version) => self.discard(lookup, version).await,
                },
                Err(error) => {
                    tracing::debug!(error = chain(&error), "the right to make a value cannot be asked for");
                    return self.load(load).await;
                }
            }
            if waited >= PATIENCE {
                return self.load(load).await;
            }
            tokio::time::sleep(pause).await;
            waited += pause;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn load<L, F>(&self, load: L) -> Result<Option<Arc<V>>, StoreError>
    where
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        Counts::add(&self.counts.loads);
        load().await.map(|value| value.map(Arc::new))
    }

    /// Loads the value under the right `token`, and stores it. Whatever becomes of the storing, the value is good.
    async fn load_and_fill<L, F>(
        &self,
        lookup: &Lookup<V>,
        old: Option<&Copy<V>>,
        token: FillToken,
        load: L,
    ) -> Result<Option<Arc<V>>, StoreError>
    where
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        let value = self.load(load).await?;
        match self.store(lookup, old, token, value.clone()).await {
            Ok(true) => {}
            Ok(false) => Counts::add(&self.counts.unfilled),
            Err(error) => {
                Counts::add(&self.counts.unfilled);
                tracing::debug!(error = chain(&error), "a value was loaded and could not be cached");
            }
        }
        Ok(value)
    }

    async fn store(
        &self,
        lookup: &Lookup<V>,
        old: Option<&Copy<V>>,
        token: FillToken,
        value: Option<Arc<V>>,
    ) -> Result<bool, StoreError> {
        let key = &lookup.wanted.key;
        let version = match (&value, old) {
            (Some(value), _) => value.version(),
            (None, None) => 0,
            (None, Some(old)) if old.value.is_none() => old.version,
            (None, Some(old)) => {
                // Nobody has said at which version it was deleted, and 0 would replace nothing.
                self.shared.evict(&[stale(lookup, old.version)]).await?;
                return Ok(true);
            }
        };
        let encoded = value.as_deref().map(encode).transpose()?;
        let bytes = encoded.as_ref().map_or(0, Vec::len);
        let (entry, ttl) = self.entry(version, encoded);
        let stored = self.shared.fill(key, &entry, ttl, token).await?;
        if stored {
            self.copies.keep(key, version, value, bytes);
        }
        Ok(stored)
    }

    /// Makes room where another release has left what this one cannot read.
    async fn discard(&self, lookup: &Lookup<V>, version: u64) {
        if let Err(error) = self.shared.evict(&[stale(lookup, version)]).await {
            tracing::debug!(error = chain(&error), "what cannot be read cannot be removed either");
        }
    }

    pub(super) fn token(&self) -> FillToken {
        FillToken(u64::from_le_bytes(self.system.random()))
    }
}
