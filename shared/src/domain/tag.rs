//! Tags: shown as written, matched by their folded form.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::{Violation, violation};

/// Tags of one article at the most.
pub const MAX_TAGS: usize = 10;
/// Characters of a tag at the most.
pub const MAX_CHARS: usize = 64;

/// A tag as its writer wrote it, without white space around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag(String);

impl Tag {
    /// Parses one tag.
    ///
    /// # Errors
    /// A blank tag, one with control characters, or one over [`MAX_CHARS`], as written or as folded: some characters are
    /// many when they are folded.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let tag = violation::line(text, MAX_CHARS).map(Self)?;
        if tag.folded().is_tags() { Ok(tag) } else { Err(Violation::too_long(MAX_CHARS)) }
    }

    /// The tag as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What two spellings of one tag have in common.
    pub fn folded(&self) -> FoldedTag {
        FoldedTag::of(&self.0)
    }
}

/// A tag for matching: Unicode NFKC, trimmed, lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FoldedTag(String);

impl FoldedTag {
    fn of(text: &str) -> Self {
        Self(text.nfkc().collect::<String>().trim().to_lowercase())
    }

    fn is_tags(&self) -> bool {
        !self.0.is_empty() && self.0.chars().count() <= MAX_CHARS
    }

    /// Folds what someone looks for; `None` if no tag can be that.
    pub fn wanted(text: &str) -> Option<Self> {
        Some(Self::of(text)).filter(Self::is_tags)
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Parses an article's tags: order kept, later spellings of an earlier tag dropped.
///
/// # Errors
/// The first tag that is none, or more than [`MAX_TAGS`] of them.
pub fn parse_all(texts: &[String]) -> Result<Vec<Tag>, Violation> {
    let mut seen = HashSet::new();
    let mut tags = Vec::new();
    for text in texts {
        let tag = Tag::parse(text)?;
        if seen.insert(tag.folded()) {
            tags.push(tag);
        }
        if tags.len() > MAX_TAGS {
            return Err(Violation(format!("has too many tags (maximum is {MAX_TAGS})").into()));
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_tag_count_once_and_the_first_is_shown() {
        let tags = parse_all(&["Rust".into(), " rust ".into(), "ＲＵＳＴ".into(), "go".into()]).unwrap();
        assert_eq!(tags, [Tag("Rust".into()), Tag("go".into())]);
    }

    #[test]
    fn a_tag_that_grows_too_long_when_it_is_folded_is_refused() {
        let ligatures = "\u{fdfa}".repeat(20);
        assert!(Tag::parse(&ligatures).is_err() && FoldedTag::wanted(&ligatures).is_none());
    }

    #[test]
    fn an_eleventh_tag_is_refused() {
        let texts: Vec<_> = (0..11).map(|n| n.to_string()).collect();
        assert!(parse_all(&texts).is_err());
        assert!(parse_all(&texts[..10]).is_ok());
    }

    #[test]
    fn a_blank_tag_is_refused() {
        assert_eq!(parse_all(&["  ".into()]), Err(Violation::BLANK));
    }
}
