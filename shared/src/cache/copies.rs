//! The copies in this process, and how what the shared cache says is read with their help.

use std::sync::Arc;

use quick_cache::{Weighter, sync::Cache as Bounded};
use serde::{Serialize, de::DeserializeOwned};

use super::{Lookup, Policy};
use crate::{
    domain::Timestamp,
    ports::{
        StoreError,
        cache::{CacheKey, Found},
    },
};

/// What a copy takes besides its encoded bytes, about.
const OVERHEAD: usize = 200;

/// How many copies room is made for at first.
const EXPECTED: usize = 256;

/// A value as this process knows it.
pub(super) struct Copy<V> {
    pub(super) version: u64,
    /// `None` if it is known that there is none.
    pub(super) value: Option<Arc<V>>,
    bytes: usize,
}

impl<V> Clone for Copy<V> {
    fn clone(&self) -> Self {
        Self { version: self.version, value: self.value.clone(), bytes: self.bytes }
    }
}

/// What an answer of the shared cache amounts to.
pub(super) enum Seen<V> {
    /// To be served.
    Fresh(Copy<V>),
    /// To be served while one caller makes it anew.
    Old(Copy<V>),
    /// Nothing.
    Nothing,
    /// A value of this version that cannot be read: another release's way of writing it.
    Unreadable(u64),
}

/// Counts bytes.
#[derive(Clone)]
struct Bytes;

impl<V> Weighter<CacheKey, Copy<V>> for Bytes {
    fn weight(&self, key: &CacheKey, copy: &Copy<V>) -> u64 {
        (OVERHEAD + key.as_str().len() + copy.bytes) as u64
    }
}

/// Copies by key, the least used leaving first. Those past their hard expiry are among these: nobody finds them current.
pub(super) struct Copies<V>(Bounded<CacheKey, Copy<V>, Bytes>);

impl<V: DeserializeOwned + Send + Sync + 'static> Copies<V> {
    pub(super) fn new(policy: &Policy) -> Self {
        Self(Bounded::with_weighter(EXPECTED, policy.copies, Bytes))
    }

    pub(super) fn get(&self, key: &CacheKey) -> Option<Copy<V>> {
        self.0.get(key)
    }

    /// Keeps what has just been stored.
    pub(super) fn keep(&self, key: &CacheKey, version: u64, value: Option<Arc<V>>, bytes: usize) {
        self.0.insert(key.clone(), Copy { version, value, bytes });
    }

    /// Reads an answer to `lookup`.
    pub(super) fn see(&self, lookup: &Lookup<V>, found: Found, now: Timestamp) -> Seen<V> {
        let (copy, fresh_until) = match found {
            Found::Nothing => return Seen::Nothing,
            Found::Same { fresh_until } => match &lookup.copy {
                Some(copy) => (copy.clone(), fresh_until),
                None => return Seen::Nothing,
            },
            Found::Entry(entry) => {
                let bytes = entry.value.as_ref().map_or(0, Vec::len);
                let Ok(value) = entry.value.as_deref().map(serde_json::from_slice).transpose() else {
                    return Seen::Unreadable(entry.version);
                };
                let copy = Copy { version: entry.version, value: value.map(Arc::new), bytes };
                self.0.insert(lookup.wanted.key.clone(), copy.clone());
                (copy, entry.fresh_until)
            }
        };
        if fresh_until > now { Seen::Fresh(copy) } else { Seen::Old(copy) }
    }
}

/// A value as it is stored.
pub(super) fn encode(value: &impl Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(|error| StoreError::Fault { service: "the cache", source: error.into() })
}
