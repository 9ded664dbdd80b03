//! The shared cache. A value is a hash of `version`, `fresh_until` (milliseconds) and `value`, which is absent if it is known that
//! there is none; the key's own expiry is the hard one. The right to make it is a second key of the same slot, `fill:<key>`.

use std::time::Duration;

use async_trait::async_trait;
use redis::{Cmd, Value};

use super::{
    Redis,
    wave::{Ask, read, script},
};
use crate::{
    domain::Timestamp,
    ports::{
        StoreError,
        cache::{CacheKey, Claim, Entry, FillToken, Found, SharedCache, Stale, Wanted},
    },
};

/// A value larger than this is not cached, bytes: Redis answers one command at a time, and a large answer keeps the others waiting.
const LARGEST: usize = 512 * 1024;

script!(
    /// Values, or no more than their versions and freshness where the process holds those versions.
    READ = "read.lua"
);
script!(
    /// Takes the right to make the value, unless somebody has it or there is a fresh value.
    CLAIM = "claim.lua"
);
script!(
    /// Stores what was made under the right, and gives the right back.
    FILL = "fill.lua"
);
script!(
    /// Replaces an older value, and takes the right away.
    PUT = "put.lua"
);
script!(
    /// Removes an older value, and takes the right away.
    EVICT = "evict.lua"
);

/// The keys of a value's scripts: itself, and the right to make it.
fn keys(key: &CacheKey) -> [String; 2] {
    [key.to_string(), format!("fill:{key}")]
}

fn millis(ttl: Duration) -> u128 {
    ttl.as_millis().max(1)
}

/// Asks for `wanted`, whatever the process holds; [`found`] reads the answer.
pub(super) fn get(wanted: &Wanted) -> Ask {
    Cmd::hmget(wanted.key.as_str(), &["version", "fresh_until", "value"]).into()
}

/// Asks for those of `wanted` that are not what the process holds; [`found`] reads each element of the answer. One node must have
/// all of them.
pub(super) fn get_changed(wanted: &[&Wanted]) -> Ask {
    let keys: Vec<_> = wanted.iter().map(|wanted| wanted.key.as_str()).collect();
    // No version is called "".
    let known: Vec<_> =
        wanted.iter().map(|wanted| wanted.known.map(|known| known.to_string()).unwrap_or_default()).collect();
    Ask::script(&READ, &keys, known)
}

/// What is said of one value.
pub(super) fn found(answer: &Value) -> Result<Found, StoreError> {
    // Two fields are the version that the process holds; three are another one, or nil.
    if matches!(answer, Value::Array(fields) if fields.len() == 2) {
        let (_, fresh_until): (u64, i64) = read(answer)?;
        return Ok(Found::Same { fresh_until: Timestamp::from_millis(fresh_until) });
    }
    let (version, fresh_until, value): (Option<u64>, Option<i64>, Option<Vec<u8>>) = read(answer)?;
    let entry = version.zip(fresh_until).map(|(version, fresh_until)| Entry {
        version,
        value,
        fresh_until: Timestamp::from_millis(fresh_until),
    });
    Ok(entry.map_or(Found::Nothing, Found::Entry))
}

/// The arguments of `put.lua` and of `fill.lua`. No value is a negative entry.
fn stored(right: Option<FillToken>, entry: &Entry, ttl: Duration) -> Vec<Vec<u8>> {
    let token = right.map(|right| right.0.to_string()).unwrap_or_default();
    let numbers = [entry.version.to_string(), entry.fresh_until.as_millis().to_string(), millis(ttl).to_string()];
    [token].into_iter().chain(numbers).map(String::into_bytes).chain(entry.value.clone()).collect()
}

/// What removes what is stale.
pub(super) fn evict_ask(stale: &Stale) -> Ask {
    Ask::script(&EVICT, &keys(&stale.key), stale.below)
}

/// What makes room for a version that is not stored itself.
fn older(key: &CacheKey, entry: &Entry) -> Stale {
    Stale { key: key.clone(), below: entry.version }
}

fn large(entry: &Entry) -> bool {
    entry.value.as_ref().is_some_and(|value| value.len() > LARGEST)
}

#[async_trait]
impl SharedCache for Redis {
    async fn read(&self, wanted: &[Wanted]) -> Result<Vec<Found>, StoreError> {
        let ask = |wanted: &Wanted| if wanted.known.is_some() { get_changed(&[wanted]) } else { get(wanted) };
        let answers = self.wave(wanted.iter().map(ask).collect()).await?;
        let answer = |(wanted, answer): (&Wanted, Value)| match answer {
            Value::Array(of_one) if wanted.known.is_some() => found(of_one.first().unwrap_or(&Value::Nil)),
            answer => found(&answer),
        };
        wanted.iter().zip(answers).map(answer).collect()
    }

    async fn claim(
        &self,
        wanted: &Wanted,
        token: FillToken,
        ttl: Duration,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let known = wanted.known.map(|known| known.to_string()).unwrap_or_default();
        let args = (token.0, u64::try_from(millis(ttl)).unwrap_or(u64::MAX), now.as_millis(), known);
        match self.ask(Ask::script(&CLAIM, &keys(&wanted.key), args)).await? {
            Value::SimpleString(granted) if granted == "GRANTED" => Ok(Claim::Granted),
            Value::SimpleString(held) if held == "HELD" => Ok(Claim::Held),
            fresh => found(&fresh).map(Claim::Fresh),
        }
    }

    async fn fill(&self, key: &CacheKey, entry: &Entry, ttl: Duration, token: FillToken) -> Result<bool, StoreError> {
        if large(entry) {
            self.evict(&[older(key, entry)]).await?;
            return Ok(false);
        }
        self.ask(Ask::script(&FILL, &keys(key), stored(Some(token), entry, ttl))).await
    }

    async fn put(
        &self,
        key: &CacheKey,
        entry: &Entry,
        ttl: Duration,
        right: Option<FillToken>,
        stale: &[Stale],
    ) -> Result<(), StoreError> {
        let put = if large(entry) {
            evict_ask(&older(key, entry))
        } else {
            Ask::script(&PUT, &keys(key), stored(right, entry, ttl))
        };
        self.wave([put].into_iter().chain(stale.iter().map(evict_ask)).collect()).await.map(drop)
    }

    async fn evict(&self, stale: &[Stale]) -> Result<(), StoreError> {
        self.wave(stale.iter().map(evict_ask).collect()).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_fields_are_what_the_process_holds_and_three_another_version_or_nothing() {
        let text = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let fresh_until = Timestamp::from_millis(5);
        let of = |fields: Vec<Value>| found(&Value::Array(fields)).unwrap();
        assert_eq!(of(vec![text("7"), text("5")]), Found::Same { fresh_until });
        let entry = |value| Found::Entry(Entry { version: 7, value, fresh_until });
        assert_eq!(of(vec![text("7"), text("5"), text("{}")]), entry(Some(b"{}".to_vec())));
        assert_eq!(of(vec![text("7"), text("5"), Value::Nil]), entry(None));
        assert_eq!(of(vec![Value::Nil, Value::Nil, Value::Nil]), Found::Nothing);
    }

    #[test]
    fn the_right_lies_in_the_slot_of_its_value() {
        let [value, right] = keys(&CacheKey::new("article", "how{to}"));
        assert_eq!(value, "article:{how%7Bto%7D}");
        assert_eq!(right, "fill:article:{how%7Bto%7D}");
    }
}
