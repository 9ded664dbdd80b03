//! Counting what people do about articles: each like and each article in a collection moves a counter, and each of these moves is
//! counted once.

use std::fmt;

use super::{ArticleId, RelationId, Violation, reaction::ArticleCounters};

/// What people do about articles and what is counted by the change stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reaction {
    /// They like one.
    Like,
    /// They collect one.
    Collect,
}

/// A move of a counter: a relation that came, or one that went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Move {
    /// Which counter.
    pub reaction: Reaction,
    /// Which relation; absent of one that was made before relations had ids.
    pub relation: Option<RelationId>,
    /// Whether it came.
    pub came: bool,
}

impl Move {
    /// A relation that came.
    pub fn came(reaction: Reaction, relation: RelationId) -> Self {
        Self { reaction, relation: Some(relation), came: true }
    }

    /// What is added to the counter: 1 or -1.
    pub fn by(self) -> i64 {
        if self.came { 1 } else { -1 }
    }

    /// A name that no other move has, such as `l+01ARZ3NDEKTSV4RRFFQ69G5FAV`: which counter, which way, which relation.
    pub fn name(self) -> Option<String> {
        let counter = match self.reaction {
            Reaction::Like => 'l',
            Reaction::Collect => 'c',
        };
        let way = if self.came { '+' } else { '-' };
        self.relation.map(|relation| format!("{counter}{way}{relation}"))
    }
}

/// How much counters are moved, or have been moved without being told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Moved {
    /// Of likes.
    pub likes: i64,
    /// Of collections.
    pub collects: i64,
}

impl Moved {
    /// What all of `moves` come to.
    pub fn sum(moves: impl IntoIterator<Item = Move>) -> Self {
        moves.into_iter().fold(Self::default(), |mut sum, each| {
            match each.reaction {
                Reaction::Like => sum.likes += each.by(),
                Reaction::Collect => sum.collects += each.by(),
            }
            sum
        })
    }

    /// `counters` after these moves. No counter falls below 0.
    pub fn on(self, counters: ArticleCounters) -> ArticleCounters {
        ArticleCounters {
            likes: counters.likes.saturating_add_signed(self.likes),
            collects: counters.collects.saturating_add_signed(self.collects),
            ..counters
        }
    }
}

/// A shard of a change stream: its records come in order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Shard(String);

impl Shard {
    /// Characters of a shard's id at the most. DynamoDB's have up to 65.
    const MAX_CHARS: usize = 128;

    /// Parses a shard's id.
    ///
    /// # Errors
    /// An empty or overlong one.
    pub fn parse(id: &str) -> Result<Self, Violation> {
        if id.is_empty() {
            return Err(Violation::must_be("the id of a shard"));
        }
        if id.len() > Self::MAX_CHARS {
            return Err(Violation::must_be("at most 128 characters"));
        }
        Ok(Self(id.to_owned()))
    }

    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A record's place in its shard. Later records of a shard have higher numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sequence(String);

impl Sequence {
    /// Digits of a number at the most, by DynamoDB's API. Shorter ones get zeros in front, so that text sorts as numbers do.
    const DIGITS: usize = 40;

    /// Parses a number.
    ///
    /// # Errors
    /// What is no number, or has too many digits.
    pub fn parse(digits: &str) -> Result<Self, Violation> {
        if digits.is_empty() || digits.len() > Self::DIGITS || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Violation::must_be("a number of at most 40 digits"));
        }
        Ok(Self(format!("{digits:0>width$}", width = Self::DIGITS)))
    }

    /// The number with zeros in front, 40 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A move as a record of the change stream tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose counter.
    pub article: ArticleId,
    /// Which way.
    pub moved: Move,
    /// The record's place in its shard.
    pub sequence: Sequence,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_a_shard_sort_as_the_numbers_that_they_are() {
        let of = |digits| Sequence::parse(digits).unwrap();
        assert!(of("9") < of("10") && of("0010") == of("10"));
        for bad in ["", "1a", "-1", &"1".repeat(41)] {
            assert!(Sequence::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_relation_that_came_and_went_are_two_moves_that_come_to_nothing() {
        let came = Move::came(Reaction::Like, RelationId::from_bytes([1; 16]));
        let went = Move { came: false, ..came };
        assert_ne!(came.name(), went.name());
        assert_eq!(Moved::sum([came, went]), Moved::default());
    }

    #[test]
    fn no_counter_falls_below_nothing() {
        let counters = ArticleCounters { likes: 1, ..ArticleCounters::default() };
        assert_eq!(Moved { likes: -2, collects: 1 }.on(counters).likes, 0);
    }
}
