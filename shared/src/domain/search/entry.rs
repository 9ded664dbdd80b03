//! What an index has of an article and of a user.

use crate::domain::{ArticleId, UserId, article::Slug, tag::Tag, user::Username};

/// Which state of something an entry shows: of two of one thing, the greater is the later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryVersion(u64);

/// Bits for the version of an article's counters, below those of the article: a trillion.
const COUNTERS: u32 = 40;
/// The greatest version of counters that can be told from the next.
const MAX_COUNTERS: u64 = (1 << COUNTERS) - 1;

impl EntryVersion {
    /// Of a live article and its counters, in whatever order they were read: whoever indexes the later of their last changes has read
    /// both as they are, and no reading of earlier ones makes a greater version.
    pub fn live(article: u64, counters: u64) -> Self {
        Self(article.min(u64::from(u32::MAX >> 9)) << COUNTERS | counters.min(MAX_COUNTERS - 1))
    }

    /// Of what is withdrawn or deleted: later than the same version of it with any counters.
    pub fn gone(article: u64) -> Self {
        Self(article.min(u64::from(u32::MAX >> 9)) << COUNTERS | MAX_COUNTERS)
    }

    /// Of a user, or of a user who is gone.
    pub fn user(version: u64) -> Self {
        Self(version)
    }

    /// As a number, for an index to keep: at most 63 bits.
    pub fn get(self) -> u64 {
        self.0
    }

    /// What [`get`](Self::get) gave.
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }
}

/// What an index has one entry of.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EntryKey {
    /// An article, by its address.
    Article(String),
    /// A user.
    User(UserId),
}

/// A change of an index.
#[derive(Debug, Clone, PartialEq)]
pub enum Entry {
    /// An article that everyone can read.
    Article(Box<ArticleEntry>),
    /// A user.
    User(Box<UserEntry>),
    /// Nothing any more. Older entries that come later are refused.
    Gone(EntryKey, EntryVersion),
}

impl Entry {
    /// What it is of.
    pub fn key(&self) -> EntryKey {
        match self {
            Self::Article(article) => EntryKey::Article(article.slug.as_str().to_owned()),
            Self::User(user) => EntryKey::User(user.user),
            Self::Gone(key, _) => key.clone(),
        }
    }

    /// Which state it shows.
    pub fn version(&self) -> EntryVersion {
        match self {
            Self::Article(article) => article.version,
            Self::User(user) => user.version,
            Self::Gone(_, version) => *version,
        }
    }
}

/// An article, as it is found.
#[derive(Debug, Clone, PartialEq)]
pub struct ArticleEntry {
    /// Its address.
    pub slug: Slug,
    /// Which it is. Its time is that of the first publication, by which it is ordered.
    pub article: ArticleId,
    /// Whose it is.
    pub author: UserId,
    /// Which state.
    pub version: EntryVersion,
    /// The title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// In the author's order.
    pub tags: Vec<Tag>,
    /// What there is to read, without Markdown.
    pub text: String,
    /// What it has earned by what was done about it, see [`Scoring::points`](crate::domain::ranking::Scoring::points).
    pub points: f64,
}

/// A user, as they are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserEntry {
    /// Who.
    pub user: UserId,
    /// Which state.
    pub version: EntryVersion,
    /// The name.
    pub username: Username,
    /// What they say of themselves.
    pub bio: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_change_of_the_article_counts_more_than_any_of_its_counters_and_its_end_most() {
        let order = [
            EntryVersion::live(1, 0),
            EntryVersion::live(1, 7),
            EntryVersion::live(1, u64::MAX),
            EntryVersion::gone(1),
            EntryVersion::live(2, 0),
            EntryVersion::gone(u64::MAX),
        ];
        assert!(order.is_sorted_by(|a, b| a < b));
        assert!(order[5].get() < 1 << 63);
    }
}
