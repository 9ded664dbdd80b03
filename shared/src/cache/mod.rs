//! Values in two levels of cache: copies in this process, before the cache that all instances share.
//!
//! A copy is used only if the shared cache, asked in the request's one round trip, says that its version is the current one.
//! Past its soft expiry a value is still served while one caller of the whole fleet makes it anew; past the hard one it is gone.
//! That there is no such value is cached too, briefly. Whoever makes a value holds a right to it, which every writer takes away:
//! what was read before a change is never stored after it.
//!
//! Alone, [`Cache::get`] is a round trip and no more when the value is cached. In a request that asks for more than one thing,
//! [`Cache::look_up`] says what to ask for, and [`Cache::resolve`] takes it from there:
//!
//! ```ignore
//! let lookup = articles.look_up("how-to");
//! let found = /* one wave: limits, session, lookup.wanted */;
//! let article = articles.resolve(lookup, found, || store.article("how-to")).await?;
//! ```

mod copies;
mod counts;
mod flights;
mod making;

use std::{slice, sync::Arc, time::Duration};

use futures_util::future::join_all;
use serde::{Serialize, de::DeserializeOwned};

pub use self::counts::{CacheCounts, Counts};
use self::{
    copies::{Copies, Copy, Seen},
    flights::Flights,
    making::Outcome,
};
use crate::{
    ports::{
        StoreError,
        cache::{CacheKey, Claim, Entry, FillToken, Found, SharedCache, Stale, Wanted},
        system::System,
    },
    telemetry::chain,
};

/// A value that knows its version: at least 1, and higher after every change. Equal versions are equal values.
pub trait Versioned {
    /// The version.
    fn version(&self) -> u64;
}

/// What a cache keeps, and for how long. Lifetimes vary by 10 % from value to value, so that what was stored together does not
/// expire together.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The first part of the keys. Another one, such as `article2`, where values are encoded in another way than before.
    pub kind: &'static str,
    /// The soft expiry: until then a value is served as it is.
    pub fresh: Duration,
    /// The hard expiry: later than this nobody sees a value, whatever was lost.
    pub keep: Duration,
    /// How long it is known that there is no value; a few seconds.
    pub missing: Duration,
    /// How many bytes of encoded values this process keeps.
    pub copies: u64,
}

/// Values of one kind.
pub struct Cache<V> {
    policy: Policy,
    shared: Arc<dyn SharedCache>,
    system: Arc<dyn System>,
    copies: Copies<V>,
    flights: Flights<Outcome<V>>,
    counts: Counts,
}

/// A value that is about to be asked for.
pub struct Lookup<V> {
    /// The question for the shared cache.
    pub wanted: Wanted,
    copy: Option<Copy<V>>,
}

/// The right to add a value that is about to be written.
#[derive(Debug)]
pub struct Reserved(FillToken);

impl<V> Lookup<V> {
    /// What this process remembers of the value, current or not: good for what never changes about it.
    pub fn remembered(&self) -> Option<&V> {
        self.copy.as_ref()?.value.as_deref()
    }
}

impl<V> Cache<V>
where
    V: Versioned + Serialize + DeserializeOwned + Send + Sync + 'static,
{
    /// A cache before `shared`.
    pub fn new(policy: Policy, shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        let copies = Copies::new(&policy);
        Self { policy, shared, system, copies, flights: Flights::default(), counts: Counts::default() }
    }

    /// The value `name`: from the cache in one round trip, or else by `load`.
    ///
    /// # Errors
    /// What `load` answers, unless an older value can be served instead. A cache that is away is no error: `load` is asked.
    pub async fn get<L, F>(&self, name: &str, load: L) -> Result<Option<Arc<V>>, StoreError>
    where
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        let lookup = self.look_up(name);
        let found = match self.shared.read(slice::from_ref(&lookup.wanted)).await {
            Ok(mut found) => found.pop(),
            Err(error) => {
                tracing::debug!(error = chain(&error), "the cache cannot be asked");
                None
            }
        };
        self.resolve(lookup, found, load).await
    }

    /// What is known of the value that was looked up, without making it: `None` if the cache does not know or could not be asked.
    pub fn known(&self, lookup: &Lookup<V>, found: Option<Found>) -> Option<Option<Arc<V>>> {
        match found.map(|found| self.copies.see(lookup, found, self.system.now())) {
            Some(Seen::Fresh(copy) | Seen::Old(copy)) => Some(self.hit(copy)),
            Some(Seen::Nothing | Seen::Unreadable(_)) => {
                Counts::add(&self.counts.misses);
                None
            }
            None => {
                Counts::add(&self.counts.away);
                None
            }
        }
    }

    /// Has the values `names` in the cache for whoever asks next: what is there is left alone, what is not is made by `load`.
    ///
    /// # Errors
    /// What `load` answers first; the others are cached all the same. A cache that is away is no error: nothing is loaded.
    pub async fn warm<F>(&self, names: &[&str], load: impl Fn(usize) -> F + Sync) -> Result<(), StoreError>
    where
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        let lookups: Vec<_> = names.iter().map(|name| self.look_up(name)).collect();
        let wanted: Vec<_> = lookups.iter().map(|lookup| lookup.wanted.clone()).collect();
        let Ok(found) = self.shared.read(&wanted).await else { return Ok(()) };
        let load = &load;
        let all = lookups.into_iter().zip(found).enumerate();
        let all = all.map(|(n, (lookup, found))| self.resolve(lookup, Some(found), move || load(n)));
        join_all(all).await.into_iter().try_for_each(|made| made.map(drop))
    }

    /// What to ask the shared cache for.
    pub fn look_up(&self, name: &str) -> Lookup<V> {
        let key = self.key(name);
        let copy = self.copies.get(&key);
        Lookup { wanted: Wanted { key, known: copy.as_ref().map(|copy| copy.version) }, copy }
    }

    /// The value that was looked up, now that the shared cache has answered; `found` is `None` if it could not be asked. `load`
    /// must read consistently: what it answers is at least as new as the moment at which it was called.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub async fn resolve<L, F>(
        &self,
        lookup: Lookup<V>,
        found: Option<Found>,
        load: L,
    ) -> Result<Option<Arc<V>>, StoreError>
    where
        L: FnOnce() -> F + Send,
        F: Future<Output = Result<Option<V>, StoreError>> + Send,
    {
        match found.map(|found| self.copies.see(&lookup, found, self.system.now())) {
            Some(Seen::Fresh(copy)) => Ok(self.hit(copy)),
            Some(Seen::Old(copy)) => self.refresh(&lookup, copy, load).await,
            Some(Seen::Nothing | Seen::Unreadable(_)) => {
                Counts::add(&self.counts.misses);
                self.make(&lookup, load).await
            }
            None => {
                Counts::add(&self.counts.away);
                self.load_without_cache(&lookup, load).await
            }
        }
    }

    /// Takes the right to add the value `name`, which is about to be written to the table: call it before the write, and hand what
    /// it answers to [`put`](Self::put). Meanwhile readers who find nothing wait for the value. `None` if there is one already,
    /// somebody else makes it, or the shared cache is away.
    pub async fn reserve(&self, name: &str) -> Option<Reserved> {
        let wanted = Wanted { key: self.key(name), known: None };
        let token = self.token();
        match self.shared.claim(&wanted, token, making::RIGHT, self.system.now()).await {
            Ok(Claim::Granted) => Some(Reserved(token)),
            Ok(Claim::Held | Claim::Fresh(_)) => None,
            Err(error) => {
                tracing::debug!(error = chain(&error), "no room is kept for a value: the cache is away");
                None
            }
        }
    }

    /// Gives back the right to add the value `name`, which was not written after all.
    ///
    /// # Errors
    /// If the shared cache is away. Then the right ends by itself within seconds.
    pub async fn release(&self, name: &str, _: Reserved) -> Result<(), StoreError> {
        // Below 0 there is nothing: no value is removed.
        self.evict(name, 0, &[]).await
    }

    /// Replaces the cached value, if there is one, by what has just been written to the table: call it after the commit and
    /// before answering. Where nothing is cached it is added if its place was `reserved`; else the next reader makes it. What became
    /// stale `beside` it, of whatever kind, is removed in the same round trip.
    ///
    /// # Errors
    /// If the shared cache is away. Then it may go on serving the older value, until the change stream evicts it or its hard
    /// expiry at the latest.
    pub async fn put(
        &self,
        name: &str,
        value: &V,
        reserved: Option<Reserved>,
        beside: &[Stale],
    ) -> Result<(), StoreError> {
        let encoded = copies::encode(value)?;
        let (entry, ttl) = self.entry(value.version(), Some(encoded));
        self.shared.put(&self.key(name), &entry, ttl, reserved.map(|reserved| reserved.0), beside).await
    }

    /// As [`put`](Self::put), for a value that has been deleted: `version` is higher than its last.
    ///
    /// # Errors
    /// As [`put`](Self::put).
    pub async fn put_missing(&self, name: &str, version: u64, beside: &[Stale]) -> Result<(), StoreError> {
        let (entry, ttl) = self.entry(version, None);
        self.shared.put(&self.key(name), &entry, ttl, None, beside).await
    }

    /// Removes the cached value if its version is below `below`; `u64::MAX` removes any. What became stale `beside` it goes too.
    ///
    /// # Errors
    /// If the shared cache is away.
    pub async fn evict(&self, name: &str, below: u64, beside: &[Stale]) -> Result<(), StoreError> {
        let own = [Stale { key: self.key(name), below }];
        self.shared.evict(&[&own, beside].concat()).await
    }

    /// What has happened so far.
    pub fn counts(&self) -> CacheCounts {
        self.counts.read()
    }

    fn key(&self, name: &str) -> CacheKey {
        CacheKey::new(self.policy.kind, name)
    }

    fn hit(&self, copy: Copy<V>) -> Option<Arc<V>> {
        Counts::add(if copy.value.is_some() { &self.counts.hits } else { &self.counts.negatives });
        copy.value
    }

    /// An entry of now, and its hard expiry.
    fn entry(&self, version: u64, value: Option<Vec<u8>>) -> (Entry, Duration) {
        let (fresh, keep) = match value {
            Some(_) => (self.policy.fresh, self.policy.keep),
            None => (self.policy.missing, self.policy.missing),
        };
        let permille = 900 + u32::from(u16::from_le_bytes(self.system.random())) % 201;
        let vary = |ttl: Duration| ttl * permille / 1000;
        (Entry { version, value, fresh_until: self.system.now().plus(vary(fresh)) }, vary(keep))
    }
}
