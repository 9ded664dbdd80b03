//! The cache that all instances share. Anything in it may vanish at any moment, and nothing is lost but time.

use std::{fmt, time::Duration};

use async_trait::async_trait;

use super::StoreError;
use crate::domain::Timestamp;

/// The name of a cached value, such as `article:{how-to}`. What belongs to one value, its lease for example, lies in the same
/// slot of a cluster: the part in braces decides.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey(String);

impl CacheKey {
    /// The value of `kind` that is called `name`. Braces in `name` are escaped, so that no name chooses its slot's tag.
    pub fn new(kind: &'static str, name: &str) -> Self {
        let mut key = String::with_capacity(kind.len() + name.len() + 3);
        key.push_str(kind);
        key.push_str(":{");
        // This is done several times for each request, and most names have none of these.
        let mut rest = name;
        while let Some(place) = rest.bytes().position(|byte| matches!(byte, b'%' | b'{' | b'}')) {
            key.push_str(&rest[..place]);
            key.push_str(match rest.as_bytes()[place] {
                b'%' => "%25",
                b'{' => "%7B",
                _ => "%7D",
            });
            rest = &rest[place + 1..];
        }
        key.push_str(rest);
        key.push('}');
        Self(key)
    }

    /// The key as it is sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CacheKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A cached value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The version of what was cached; a higher one is never overwritten by a lower one. 0 for what never was.
    pub version: u64,
    /// The value, encoded; `None` if it is known that there is none.
    pub value: Option<Vec<u8>>,
    /// Until when it is served as it is. Afterwards it is still served, while one caller makes it anew.
    pub fresh_until: Timestamp,
}

/// A question for one value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// Its name.
    pub key: CacheKey,
    /// The version that the process already holds; if it is the current one, it is not sent again.
    pub known: Option<u64>,
}

/// The answer to a [`Wanted`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Nothing is cached.
    Nothing,
    /// What the process holds is current until this moment, past which it is to be made anew.
    Same {
        /// Until when it is served as it is.
        fresh_until: Timestamp,
    },
    /// Another version than the process holds.
    Entry(Entry),
}

/// The right to make a missing value: a random token that whoever changes the value takes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FillToken(pub u64);

/// What a change made stale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stale {
    /// The value.
    pub key: CacheKey,
    /// Entries of this version or a higher one stay; `u64::MAX` evicts whatever is there.
    pub below: u64,
}

/// The answer to whoever asks for the right to make a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// It has the right.
    Granted,
    /// Somebody else has it.
    Held,
    /// The value has been made meanwhile: here it is.
    Fresh(Found),
}

/// The cache.
#[async_trait]
pub trait SharedCache: Send + Sync {
    /// Reads values, in the order of `wanted`, in one round trip.
    async fn read(&self, wanted: &[Wanted]) -> Result<Vec<Found>, StoreError>;

    /// Gives the right to make the value to one caller for `ttl`, unless there is one that is still fresh at `now`. Asking
    /// again with the same token gives the same answer.
    async fn claim(
        &self,
        wanted: &Wanted,
        token: FillToken,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Claim, StoreError>;

    /// Stores what was made under `token`, for `ttl`, and gives the right back; `false`, and nothing is stored, if the right was
    /// lost meanwhile, a newer version is there, or the value is too large: a value that was read before a change never comes
    /// after it.
    async fn fill(&self, key: &CacheKey, entry: &Entry, ttl: Duration, token: FillToken) -> Result<bool, StoreError>;

    /// Replaces an older version by what a writer has just written to the table, for `ttl`, and takes away the right of whoever is
    /// making the value. Where nothing is cached, it is stored only under the writer's own `right`, claimed before it wrote and not
    /// lost since: the newer version of a slow writer's value may have been there and vanished. What became `stale` beside it is
    /// removed in the same round trip.
    async fn put(
        &self,
        key: &CacheKey,
        entry: &Entry,
        ttl: Duration,
        right: Option<FillToken>,
        stale: &[Stale],
    ) -> Result<(), StoreError>;

    /// Removes what is stale, and takes away the right of whoever is making such a value.
    async fn evict(&self, stale: &[Stale]) -> Result<(), StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_chooses_its_slots_tag() {
        for (name, key) in [
            ("how-to", "article:{how-to}"),
            ("", "article:{}"),
            ("a}b{c%d", "article:{a%7Db%7Bc%25d}"),
            ("é{张}", "article:{é%7B张%7D}"),
        ] {
            assert_eq!(CacheKey::new("article", name).as_str(), key);
        }
    }
}
