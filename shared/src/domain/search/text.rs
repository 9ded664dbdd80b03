//! What is typed into a search: words, "phrases", and -words that must not be there. Everything else is a word.

use crate::domain::Violation;

/// Characters of what is typed at the most.
pub const MAX_CHARS: usize = 256;

/// What is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchText {
    /// What is to be there, in the order in which it was typed.
    pub wanted: Vec<Wanted>,
    /// What must not be there.
    pub unwanted: Vec<Wanted>,
}

/// A piece of what is typed, not blank.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// What stands between white space. A language without white space has many words in one of these.
    Words(String),
    /// What stands in quotes: these words in this order.
    Phrase(String),
}

impl Wanted {
    /// The text without quotes.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Words(text) | Self::Phrase(text) => text,
        }
    }
}

impl SearchText {
    /// Parses what is typed. A quote that is not closed, and one within a word, is not there.
    ///
    /// # Errors
    /// More than [`MAX_CHARS`].
    pub fn parse(typed: &str) -> Result<Self, Violation> {
        if typed.chars().count() > MAX_CHARS {
            return Err(Violation::too_long(MAX_CHARS));
        }
        let mut parsed = Self::default();
        // Typographic quotes are what phones write.
        let typed = typed.replace(['“', '”', '„', '«', '»'], "\"");
        let mut rest = typed.trim_start();
        while !rest.is_empty() {
            let (negated, begun) = match rest.strip_prefix('-') {
                Some(begun) if begun.starts_with(|c: char| !c.is_whitespace() && c != '-') => (true, begun),
                _ => (false, rest),
            };
            let quoted = begun.strip_prefix('"').and_then(|inner| inner.split_once('"'));
            let (piece, left) = match quoted {
                Some((phrase, left)) => (Wanted::Phrase(phrase.trim().to_owned()), left),
                None => {
                    let end = begun.find(char::is_whitespace).unwrap_or(begun.len());
                    let (word, left) = begun.split_at(end);
                    (Wanted::Words(word.replace('"', "")), left)
                }
            };
            // Of punctuation alone an index has nothing.
            if piece.as_str().chars().any(char::is_alphanumeric) {
                if negated { parsed.unwanted.push(piece) } else { parsed.wanted.push(piece) }
            }
            rest = left.trim_start();
        }
        Ok(parsed)
    }

    /// Whether everything is looked for.
    pub fn is_empty(&self) -> bool {
        self.wanted.is_empty() && self.unwanted.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(texts: &[&str]) -> Vec<Wanted> {
        texts.iter().map(|text| Wanted::Words((*text).to_owned())).collect()
    }

    fn phrase(text: &str) -> Wanted {
        Wanted::Phrase(text.to_owned())
    }

    #[test]
    fn words_phrases_and_what_must_not_be_there_are_told_apart() {
        let parsed =
            SearchText::parse(r#" rust "zero cost"  -java -"null pointer" state-of-the-art 分布式 “双 引号” "#)
                .unwrap();
        assert_eq!(parsed.wanted[0], words(&["rust"])[0]);
        assert_eq!(parsed.wanted[1], phrase("zero cost"));
        assert_eq!(parsed.wanted[2..4], words(&["state-of-the-art", "分布式"]));
        assert_eq!(parsed.wanted[4], phrase("双 引号"));
        assert_eq!(parsed.unwanted, [words(&["java"])[0].clone(), phrase("null pointer")]);
    }

    #[test]
    fn what_is_not_closed_or_makes_no_word_is_not_there() {
        for (typed, wanted) in [
            ("\"open ended", words(&["open", "ended"])),
            ("5\" disk", words(&["5", "disk"])),
            ("- -- \"\" \" \" + && ||", vec![]),
            ("--help", words(&["--help"])),
            ("a:b AND c* (d", words(&["a:b", "AND", "c*", "(d"])),
        ] {
            let parsed = SearchText::parse(typed).unwrap();
            assert_eq!((parsed.wanted, parsed.unwanted), (wanted, vec![]), "{typed}");
        }
        assert!(SearchText::parse(" \t").unwrap().is_empty());
    }

    #[test]
    fn what_is_longer_than_anyone_types_is_refused() {
        assert!(SearchText::parse(&"字".repeat(MAX_CHARS)).is_ok());
        assert!(SearchText::parse(&"字".repeat(MAX_CHARS + 1)).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_typed_no_piece_is_blank(typed in ".{0,256}") {
            let parsed = SearchText::parse(&typed).unwrap();
            for piece in parsed.wanted.iter().chain(&parsed.unwanted) {
                prop_assert!(!piece.as_str().trim().is_empty());
            }
        }
    }
}
