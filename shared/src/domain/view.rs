//! Views: that somebody reads an article. However often they do, it counts once in an hour.

use std::{net::IpAddr, time::Duration};

use super::{ArticleId, Timestamp, idempotency::HmacKey, limit::Caller};

const HOUR_SECS: i64 = 3_600;

/// Somebody who reads, within an hour of the clock: a pseudonym that is theirs until the hour is over. Without the key nobody can tell
/// whose it is, nor that two of different hours are one reader's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reader {
    hour: i64,
    mark: [u8; Self::BYTES],
}

impl Reader {
    /// Bytes of a pseudonym: of a million readers of an article two have the same one once in tens of millions of hours.
    pub const BYTES: usize = 8;

    /// `caller` as they read at `now`: a user, or whoever else comes from an address.
    pub fn new(key: &HmacKey, caller: Caller, now: Timestamp) -> Self {
        let hour = now.as_secs().div_euclid(HOUR_SECS);
        let mut message = [0; 25];
        message[..8].copy_from_slice(&hour.to_be_bytes());
        match caller {
            Caller::User(id) => message[9..].copy_from_slice(&id.to_bytes()),
            Caller::Address(IpAddr::V4(address)) => {
                message[8] = 4;
                message[9..13].copy_from_slice(&address.octets());
            }
            Caller::Address(IpAddr::V6(address)) => {
                message[8] = 6;
                message[9..].copy_from_slice(&address.octets());
            }
        }
        let tag = key.tag("reader", &message);
        let mut mark = [0; Self::BYTES];
        mark.copy_from_slice(&tag[..Self::BYTES]);
        Self { hour, mark }
    }

    /// The hour, counted from 1970.
    pub fn hour(&self) -> i64 {
        self.hour
    }

    /// The pseudonym.
    pub fn mark(&self) -> &[u8; Self::BYTES] {
        &self.mark
    }

    /// How long it is from `now` until the hour is over.
    pub fn rest(&self, now: Timestamp) -> Duration {
        now.until(Timestamp::from_millis((self.hour + 1) * HOUR_SECS * 1_000))
    }
}

/// That somebody reads an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View {
    /// What.
    pub article: ArticleId,
    /// Who.
    pub reader: Reader,
}

/// A part of all articles: views of each part wait by themselves to be counted, so that no single key has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Part(u8);

impl Part {
    /// How many parts there are. A Redis Cluster has as many or fewer nodes that share the work. It is not to be changed while views
    /// wait: they would be looked for elsewhere.
    pub const COUNT: u8 = 64;

    /// The part of an article, by the random bits of its id.
    pub fn of(article: ArticleId) -> Self {
        Self(article.to_bytes()[15] % Self::COUNT)
    }

    /// All parts.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..Self::COUNT).map(Self)
    }

    /// Which one it is, below [`COUNT`](Self::COUNT).
    pub fn number(self) -> u8 {
        self.0
    }
}

/// A batch of views, by when its first view was counted, in milliseconds since 1970: of a part's batches the later one is above the one
/// before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Batch(pub u64);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::UserId;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn key(byte: u8) -> HmacKey {
        HmacKey::parse(&HmacKey::encode([byte; 32])).unwrap()
    }

    #[test]
    fn a_reader_is_the_same_until_the_hour_is_over_and_nobody_elses() {
        let caller = Caller::Address([192, 0, 2, 1].into());
        let reader = Reader::new(&key(1), caller, NOW);
        let last = NOW.plus(reader.rest(NOW) - Duration::from_millis(1));
        assert_eq!(Reader::new(&key(1), caller, last), reader);
        let next = Reader::new(&key(1), caller, last.plus(Duration::from_millis(1)));
        assert_eq!(next.hour(), reader.hour() + 1);
        assert_ne!(next.mark(), reader.mark(), "one reader's hours are not to be linked");
        for other in [Caller::Address([192, 0, 2, 2].into()), Caller::User(UserId::from_bytes([1; 16]))] {
            assert_ne!(Reader::new(&key(1), other, NOW), reader);
        }
        assert_ne!(Reader::new(&key(2), caller, NOW), reader, "an address cannot be found without the key");
    }

    #[test]
    fn an_address_is_no_user_whose_id_has_the_same_bytes() {
        let bytes = [7; 16];
        let (user, address) = (Caller::User(UserId::from_bytes(bytes)), Caller::Address(IpAddr::from(bytes)));
        assert_ne!(Reader::new(&key(1), user, NOW), Reader::new(&key(1), address, NOW));
    }

    #[test]
    fn every_article_has_a_part() {
        let mut parts: Vec<_> = (0..=u8::MAX).map(|byte| Part::of(ArticleId::from_bytes([byte; 16]))).collect();
        parts.sort();
        parts.dedup();
        assert!(parts.into_iter().eq(Part::all()));
    }
}
