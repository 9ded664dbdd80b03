//! Articles: what one is made of, and how readers see it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    ArticleId, DraftId, Timestamp, UserId, Violation,
    page::Cursor,
    reaction::Reactions,
    tag::{FoldedTag, Tag},
    user::Profile,
    violation,
};

/// Bytes of a body at the most.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

/// A published article without its text, which is a revision of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Article {
    /// Stays the same for life; orders articles by first publication.
    pub id: ArticleId,
    /// The draft that it was made of, whose bodies it shows.
    pub draft_id: DraftId,
    /// The article's address; stays the same for life and is never given again.
    pub slug: Slug,
    /// Who wrote it.
    pub author_id: UserId,
    /// The title.
    pub title: Title,
    /// What it is about, in a sentence.
    pub description: Description,
    /// In the author's order.
    pub tags: Vec<Tag>,
    /// Which of the draft's bodies is shown, from 1.
    pub revision: u32,
    /// When it was published first.
    pub created_at: Timestamp,
    /// When anything of it changed last.
    pub updated_at: Timestamp,
    /// Counts the changes, from 1.
    pub version: u64,
}

impl Article {
    /// The tags for matching.
    pub fn folded_tags(&self) -> Vec<FoldedTag> {
        self.tags.iter().map(Tag::folded).collect()
    }
}

/// What is at an article's address.
#[derive(Debug, Clone)]
pub enum Standing {
    /// An article that everyone can read.
    Live(Article),
    /// What the article was when its author withdrew it. Its version counts on.
    Withdrawn(Article),
    /// Nothing, for good: the author is gone, and the text with them. To readers it is withdrawn.
    Erased {
        /// Which change of the article that was.
        version: u64,
    },
}

impl Standing {
    /// The article as it is or was; `None` if nothing of it is left.
    pub fn article(&self) -> Option<&Article> {
        match self {
            Self::Live(article) | Self::Withdrawn(article) => Some(article),
            Self::Erased { .. } => None,
        }
    }
}

/// Everything that readers need of an article: nothing of it is blank.
#[derive(Debug, Clone)]
pub struct Manuscript {
    /// The title.
    pub title: Title,
    /// What it is about.
    pub description: Description,
    /// The text.
    pub body: ArticleBody,
    /// In the author's order.
    pub tags: Vec<Tag>,
}

/// What an author wants to be different; `None` keeps what is stored.
#[derive(Debug, Clone, Default)]
pub struct ArticleChanges {
    /// A new title; the slug stays.
    pub title: Option<Title>,
    /// A new description.
    pub description: Option<Description>,
    /// A new text.
    pub body: Option<ArticleBody>,
    /// New tags in place of all the old ones.
    pub tags: Option<Vec<Tag>>,
}

impl ArticleChanges {
    /// `article` with these changes made at `now`. The body is not part of it: a new one will be stored as `revision`.
    pub fn apply(&self, mut article: Article, revision: u32, now: Timestamp) -> Article {
        article.title = self.title.clone().unwrap_or(article.title);
        article.description = self.description.clone().unwrap_or(article.description);
        article.tags = self.tags.clone().unwrap_or(article.tags);
        if self.body.is_some() {
            article.revision = revision;
        }
        article.updated_at = article.updated_at.next(now);
        article.version += 1;
        article
    }
}

/// An article in a list, as its readers see it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Listed {
    /// The article.
    pub article: Article,
    /// Who wrote it.
    pub author: Profile,
    /// What was done about it.
    pub reactions: Reactions,
}

/// An article with its text, as somebody sees it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The article.
    pub read: Read,
    /// What was done about it.
    pub reactions: Reactions,
}

/// What whoever follows an article's address finds there.
#[derive(Debug, Clone)]
pub enum Found<T = Read> {
    /// The article.
    Read(Box<T>),
    /// Its author has withdrawn it.
    Withdrawn {
        /// Which change of the article that was.
        version: u64,
    },
}

/// An article with its text.
#[derive(Debug, Clone)]
pub struct Read {
    /// The article.
    pub article: Article,
    /// Its text.
    pub body: ArticleBody,
    /// Who wrote it.
    pub author: Profile,
}

/// One page of a list, and how long the whole list is.
#[derive(Debug, Clone, Default)]
pub struct Listing {
    /// The page, newest first.
    pub articles: Vec<Listed>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor<ArticleId>>,
    /// Articles in the whole list.
    pub total: u64,
}

/// Which articles a list has.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ArticleFilter {
    /// Only those with this tag.
    pub tag: Option<FoldedTag>,
    /// Only those of this author.
    pub author: Option<UserId>,
}

/// An article's address: lower-case ASCII letters, digits and single hyphens, at most [`Slug::MAX_CHARS`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Slug(String);

impl Slug {
    /// Characters of a slug at the most.
    pub const MAX_CHARS: usize = 96;

    /// Words that name a route below `/api/articles/` or may come to name one.
    const RESERVED: [&str; 8] = ["feed", "hot", "search", "latest", "drafts", "tags", "new", "count"];

    /// Parses an address; `None` if no article can have it.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = !text.is_empty()
            && text.len() <= Self::MAX_CHARS
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        (well_formed && !Self::RESERVED.contains(&text)).then(|| Self(text.to_owned()))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A title: one line of 1 to 256 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title(String);

/// What an article is about: one line of 1 to 1,024 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Description(String);

/// An article's text in Markdown: at most [`MAX_BODY_BYTES`] of UTF-8, not blank.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleBody(String);

/// An article's text as HTML that any page may show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleHtml(String);

impl ArticleHtml {
    /// HTML that has been made harmless.
    pub fn new(harmless: String) -> Self {
        Self(harmless)
    }

    /// The HTML.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Title {
    /// Parses a title.
    ///
    /// # Errors
    /// A blank or overlong one, or one with control characters.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        violation::line(text, 256).map(Self)
    }

    /// The title.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Description {
    /// Parses a description.
    ///
    /// # Errors
    /// A blank or overlong one, or one with control characters.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        violation::line(text, 1_024).map(Self)
    }

    /// The description.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ArticleBody {
    /// Parses a text; nothing of it is trimmed.
    ///
    /// # Errors
    /// A blank or overlong one.
    pub fn parse(text: String) -> Result<Self, Violation> {
        if text.trim().is_empty() {
            Err(Violation::BLANK)
        } else if text.len() > MAX_BODY_BYTES {
            Err(Violation::too_long_in_bytes(MAX_BODY_BYTES))
        } else {
            Ok(Self(text))
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_and_what_is_no_address_are_no_slugs() {
        for text in ["", "feed", "hot", "search", "-a", "a-", "a--b", "A", "é", "a/b", "a b", &"x".repeat(97)] {
            assert_eq!(Slug::parse(text), None, "{text:?}");
        }
        assert!(Slug::parse("how-to-train-your-dragon-2").is_some());
    }

    #[test]
    fn a_body_is_measured_in_bytes() {
        assert!(ArticleBody::parse("é".repeat(MAX_BODY_BYTES / 2)).is_ok());
        assert!(ArticleBody::parse("é".repeat(MAX_BODY_BYTES / 2) + "x").is_err());
    }
}
