//! What people do about articles, and how much of it there is.

use serde::{Deserialize, Serialize};

use super::{ArticleId, Violation, article::Listed, page::Cursor, violation};

/// How often something was done about an article. Each but the last equals the number of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleCounters {
    /// People who like it.
    pub likes: u64,
    /// People who collected it.
    pub collects: u64,
    /// Comments on it.
    pub comments: u64,
    /// Views: a reader counts once an hour.
    pub reads: u64,
    /// Counts the moves of all of them, from 1, at which all are 0.
    pub version: u64,
}

impl Default for ArticleCounters {
    /// Those of an article about which nothing has been done.
    fn default() -> Self {
        Self { likes: 0, collects: 0, comments: 0, reads: 0, version: 1 }
    }
}

/// What somebody has done about an article and its author.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flags {
    /// They like it.
    pub liked: bool,
    /// They collected it.
    pub collected: bool,
    /// They follow its author.
    pub follows_author: bool,
}

/// What was done about an article, as somebody sees it; by default nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reactions {
    /// By all.
    pub counters: ArticleCounters,
    /// By whoever looks.
    pub flags: Flags,
}

impl Reactions {
    /// As somebody sees it who did nothing.
    pub fn of_stranger(counters: ArticleCounters) -> Self {
        Self { counters, flags: Flags::default() }
    }
}

/// The name of a folder of somebody's collection: one line of 1 to [`Folder::MAX_CHARS`] characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Folder(String);

impl Folder {
    /// Characters of a name at the most.
    pub const MAX_CHARS: usize = 64;

    /// Parses a name.
    ///
    /// # Errors
    /// A blank or overlong one, or one with control characters.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        violation::line(text, Self::MAX_CHARS).map(Self)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Where in a collection an article should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Where it is; in no folder if it is new.
    AsItIs,
    /// In this folder, or in none.
    In(Option<Folder>),
}

/// One page of a collection, the newest article first.
#[derive(Debug, Clone)]
pub struct CollectionPage {
    /// The page, each article with its folder.
    pub articles: Vec<(Listed, Option<Folder>)>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor<ArticleId>>,
    /// Articles on all pages.
    pub total: u64,
}
