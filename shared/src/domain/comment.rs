//! Comments on articles, in threads: a comment on the article begins one, and all replies below it stand in it, whomever they answer.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{ArticleId, Timestamp, UserId, Violation, page::Cursor, user::Profile};

/// Characters of a comment at the most.
pub const MAX_BODY_CHARS: usize = 10_000;
/// Replies that a list shows of each thread: its first.
pub const OPENING: usize = 3;

/// 2025-01-01T00:00:00Z, from which ids count their milliseconds.
const EPOCH: i64 = 1_735_689_600_000;
/// The low bits of an id, which tell comments of one millisecond apart.
const RANDOM_BITS: u32 = 12;
/// The high bits, which last until 2094.
const TIME_BITS: u32 = 41;

/// Identifies a comment among those of its article, and orders it by time: 1 to 2^53 - 1, which every JSON parser reads exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u64")]
pub struct CommentId(u64);

impl CommentId {
    /// The highest.
    pub const MAX: u64 = (1 << (TIME_BITS + RANDOM_BITS)) - 1;

    /// An identifier made at `now`.
    pub fn new(now: Timestamp, random: [u8; 2]) -> Self {
        let millis = u64::try_from(now.as_millis().saturating_sub(EPOCH)).unwrap_or_default();
        let random = u64::from(u16::from_be_bytes(random)) & ((1 << RANDOM_BITS) - 1);
        Self(((millis.min(Self::MAX >> RANDOM_BITS) << RANDOM_BITS) | random).max(1))
    }

    /// The identifier `number`, if it can be one.
    pub fn from_number(number: u64) -> Option<Self> {
        (1..=Self::MAX).contains(&number).then_some(Self(number))
    }

    /// The identifier as a number.
    pub const fn number(self) -> u64 {
        self.0
    }

    /// This, or one shortly after `other` if that is not lower: an answer sorts after what it answers, whatever the clocks say. How
    /// shortly, the random bits decide, so that many who have to be after the same one do not all want the next.
    pub fn after(self, other: Self) -> Self {
        let random = self.0 & ((1 << RANDOM_BITS) - 1);
        if self > other { self } else { Self((other.0 + 1 + random).min(Self::MAX)) }
    }
}

/// A number that no comment can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no comment can have this id")]
pub struct NoCommentId;

impl TryFrom<u64> for CommentId {
    type Error = NoCommentId;

    fn try_from(number: u64) -> Result<Self, NoCommentId> {
        Self::from_number(number).ok_or(NoCommentId)
    }
}

impl fmt::Display for CommentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CommentId {
    type Err = NoCommentId;

    fn from_str(text: &str) -> Result<Self, NoCommentId> {
        let id = text.parse().ok().and_then(Self::from_number).ok_or(NoCommentId)?;
        // No sign and no leading zeros: each comment has one address.
        if id.to_string() == text { Ok(id) } else { Err(NoCommentId) }
    }
}

/// A comment without its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Stays the same for life.
    pub id: CommentId,
    /// What it is on.
    pub article: ArticleId,
    /// Who wrote it; `None` once it was deleted and keeps its place for its answers' sake.
    pub author_id: Option<UserId>,
    /// What it answers; `None` if it begins a thread.
    pub reply: Option<Reply>,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was written or deleted.
    pub updated_at: Timestamp,
}

/// What a reply answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// The comment that began the thread.
    pub root: CommentId,
    /// The comment that is answered.
    pub parent: CommentId,
    /// Who wrote that, if it is a reply itself.
    pub to: Option<UserId>,
}

impl Comment {
    /// What a comment that answers this one answers.
    pub fn reply(&self) -> Reply {
        match &self.reply {
            None => Reply { root: self.id, parent: self.id, to: None },
            Some(reply) => Reply { root: reply.root, parent: self.id, to: self.author_id },
        }
    }

    /// The comment that began the thread that this one stands in.
    pub fn root(&self) -> CommentId {
        self.reply.map_or(self.id, |reply| reply.root)
    }
}

/// What is said: at most [`MAX_BODY_CHARS`], not blank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentBody(String);

impl CommentBody {
    /// Parses a text; nothing of it is trimmed.
    ///
    /// # Errors
    /// A blank or overlong one.
    pub fn parse(text: String) -> Result<Self, Violation> {
        if text.trim().is_empty() {
            Err(Violation::BLANK)
        } else if text.chars().count() > MAX_BODY_CHARS {
            Err(Violation::too_long(MAX_BODY_CHARS))
        } else {
            Ok(Self(text))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Somebody as a reader sees them.
#[derive(Debug, Clone)]
pub struct Person {
    /// The profile.
    pub profile: Profile,
    /// Whether the reader follows them.
    pub followed: bool,
}

/// A comment as its readers see it.
#[derive(Debug, Clone)]
pub struct ShownComment {
    /// The comment.
    pub comment: Comment,
    /// What it says; `None` if it was deleted.
    pub body: Option<CommentBody>,
    /// Who wrote it; `None` if it was deleted.
    pub author: Option<Person>,
    /// Whom it answers, if that is a reply.
    pub reply_to: Option<Person>,
    /// How many replies there are in the thread that it begins. What was deleted does not count.
    pub replies_count: u64,
    /// The first [`OPENING`] of them, in a list of threads.
    pub replies: Vec<ShownComment>,
}

/// One page of comments.
#[derive(Debug, Clone, Default)]
pub struct CommentPage {
    /// In the list's order. What was deleted in the meantime is left out.
    pub comments: Vec<ShownComment>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor<CommentId>>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Times of this platform's life, in milliseconds.
    fn times() -> impl Strategy<Value = i64> {
        EPOCH..EPOCH + (1 << TIME_BITS)
    }

    proptest! {
        #[test]
        fn ids_sort_by_time_and_stay_below_2_to_the_53(
            early in times(), late in times(), first in any::<[u8; 2]>(), second in any::<[u8; 2]>(),
        ) {
            let id = |millis, random| CommentId::new(Timestamp::from_millis(millis), random);
            let (one, other) = (id(early, first), id(late, second));
            prop_assert!((1..1 << 53).contains(&one.number()));
            if early != late {
                prop_assert_eq!(early.cmp(&late), one.cmp(&other));
            }
        }

        #[test]
        fn no_clock_makes_an_id_that_is_none(millis in any::<i64>(), random in any::<[u8; 2]>()) {
            let id = CommentId::new(Timestamp::from_millis(millis), random);
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }

        #[test]
        fn an_answer_sorts_after_what_it_answers(mine in 1..CommentId::MAX, theirs in 1..CommentId::MAX) {
            let (mine, theirs) = (CommentId(mine), CommentId(theirs));
            let id = mine.after(theirs);
            prop_assert!(id > theirs && id >= mine && CommentId::from_number(id.number()).is_some());
        }
    }

    #[test]
    fn what_is_no_id_is_none() {
        for text in
            ["0", "-1", "+1", "01", "9007199254740992", "1e3", "1.0", "x", "", " 1", "1000000000000000000000000000000"]
        {
            assert_eq!(text.parse::<CommentId>(), Err(NoCommentId), "{text:?}");
        }
        assert_eq!("9007199254740991".parse::<CommentId>().unwrap().number(), (1 << 53) - 1);
    }

    #[test]
    fn a_body_is_measured_in_characters_and_may_not_be_blank() {
        assert!(CommentBody::parse("评".repeat(MAX_BODY_CHARS)).is_ok());
        assert!(CommentBody::parse("评".repeat(MAX_BODY_CHARS + 1)).is_err());
        assert_eq!(CommentBody::parse(" \n\t ".to_owned()), Err(Violation::BLANK));
    }
}
