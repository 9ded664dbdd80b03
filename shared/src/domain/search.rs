//! Search: what is looked for, what an index has of an article and of a user, and what is found.

mod cursor;
mod entry;
mod text;

pub use cursor::{Place, Sort, Span};
pub use entry::{ArticleEntry, Entry, EntryKey, EntryVersion, UserEntry};
pub use text::{MAX_CHARS, SearchText, Wanted};

use serde::Serialize;

use super::{
    ArticleId, Timestamp, UserId,
    article::Slug,
    page::{MAX_OFFSET, Page, Start},
    tag::FoldedTag,
};

/// Names of tags and of authors that an answer counts its articles by, at the most.
pub const MAX_FACETS: usize = 10;

/// Which articles are looked for.
#[derive(Debug, Clone)]
pub struct ArticleSearch {
    /// What is typed.
    pub text: SearchText,
    /// Only those with this tag.
    pub tag: Option<FoldedTag>,
    /// Only those of this author.
    pub author: Option<UserId>,
    /// Only those that were first published then.
    pub span: Span,
    /// In which order.
    pub sort: Sort,
    /// Which part.
    pub page: Page<Place>,
    /// When it is looked for: how hot an article is depends on how old it is.
    pub now: Timestamp,
}

impl ArticleSearch {
    /// Where the page behind `last`, the last of `count` articles of this page, begins; `None` behind [`MAX_OFFSET`], where no page is
    /// counted off any more.
    pub fn next(&self, last: ArticleId, count: usize) -> Option<Place> {
        match self.sort {
            Sort::Latest => Some(Place::Behind(last)),
            Sort::Relevance | Sort::Hot => Some(self.skipped() + count).filter(|n| *n <= MAX_OFFSET).map(Place::After),
        }
    }

    /// How many of the first are left out.
    pub fn skipped(&self) -> usize {
        match self.page.start {
            Start::Offset(offset) | Start::Behind(Place::After(offset)) => offset,
            Start::Behind(Place::Behind(_)) => 0,
        }
    }
}

/// Articles that were found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FoundArticles {
    /// The page.
    pub hits: Vec<Hit>,
    /// How many there are in all.
    pub total: u64,
    /// How many of all have which tag, the most frequent first, at most [`MAX_FACETS`]; equally frequent ones by name.
    pub tags: Vec<TagCount>,
    /// How many of all are whose, the most frequent first, at most [`MAX_FACETS`].
    pub authors: Vec<(UserId, u64)>,
    /// What may have been meant, where the index does not know a word of what was typed.
    pub did_you_mean: Option<String>,
    /// Where the next page begins, if there is one.
    pub next: Option<Place>,
}

/// An article that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// Which.
    pub article: ArticleId,
    /// Its address.
    pub slug: Slug,
    /// Whose it is.
    pub author: UserId,
    /// Where it has what was looked for.
    pub highlight: Highlight,
}

/// Where an article has what was looked for: HTML-escaped text with `<em>` around the words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Highlight {
    /// The whole title.
    pub title: String,
    /// The part of the text, at most some 200 characters, that has most of it; the beginning of the text if it has nothing of it.
    pub body: String,
}

/// How many articles have a tag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TagCount {
    /// The tag as it is matched: in lower case.
    pub name: String,
    /// How many.
    pub count: u64,
}

/// Users that were found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FoundUsers {
    /// The page.
    pub users: Vec<UserId>,
    /// How many there are in all.
    pub total: u64,
}

/// What somebody may be about to type.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Suggestions {
    /// Articles with such a title: what the last word begins with counts as the word.
    pub titles: Vec<SuggestedTitle>,
    /// Tags that begin so, the most used first.
    pub tags: Vec<TagCount>,
    /// Names of users that begin so, regardless of case.
    pub users: Vec<String>,
}

/// An article whose title may be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuggestedTitle {
    /// Its address.
    pub slug: Slug,
    /// Its title.
    pub title: String,
}
