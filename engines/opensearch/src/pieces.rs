//! What is typed, cut where one script ends and another begins, so that each piece is looked for in its own way.

use std::collections::HashSet;

use shared::domain::search::Wanted;
use unicode_normalization::UnicodeNormalization as _;

/// What counts of a search: a word counts one, a character of a script without white space too. The engine takes no more than 1,024
/// conditions in one query, and each of these makes half a dozen.
const MOST: usize = 96;

/// A piece.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Piece {
    /// A word of Latin letters.
    Latin(String),
    /// A word of anything else: other letters, digits.
    Other(String),
    /// Characters of a script without white space: perhaps several words.
    Run(String),
}

impl Piece {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Latin(text) | Self::Other(text) | Self::Run(text) => text,
        }
    }

    fn weight(&self) -> usize {
        match self {
            Self::Latin(_) | Self::Other(_) => 1,
            Self::Run(text) => text.chars().count(),
        }
    }
}

/// Whether a character is of a script that puts no white space between words, or that is cut as if it were.
pub(crate) fn is_cjk(c: char) -> bool {
    c.is_alphanumeric()
        && matches!(u32::from(c),
        // Kana, Han, Hangul, and their compatibility forms; Han beyond the basic plane.
        0x3005..=0x3007 | 0x3040..=0x30ff | 0x31f0..=0x31ff | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xac00..=0xd7af
            | 0xf900..=0xfaff | 0xff66..=0xff9f | 0x2_0000..=0x3_ffff)
}

/// Letters whose words have typos: basic Latin and what is written with accents.
pub(crate) fn is_latin(c: char) -> bool {
    c.is_alphabetic() && matches!(u32::from(c), 0x41..=0x24f | 0x1e00..=0x1eff | 0xff21..=0xff5a)
}

/// The pieces of what is typed, each once, in order. What is beyond the most is left out.
pub(crate) fn of<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Piece> {
    let mut seen = HashSet::new();
    let mut pieces = Vec::new();
    let mut room = MOST;
    for mut piece in texts.flat_map(cut) {
        if let Piece::Run(text) = &mut piece
            && let Some((end, _)) = text.char_indices().nth(room)
        {
            text.truncate(end);
        }
        if piece.weight() > room || piece.as_str().is_empty() {
            break;
        }
        if seen.insert(piece.clone()) {
            room -= piece.weight();
            pieces.push(piece);
        }
    }
    pieces
}

/// The words among what is wanted, without phrases.
pub(crate) fn words(wanted: &[Wanted]) -> Vec<Piece> {
    of(wanted.iter().filter_map(|wanted| match wanted {
        Wanted::Words(text) => Some(text.as_str()),
        Wanted::Phrase(_) => None,
    }))
}

fn cut(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut word = String::new();
    let mut run = String::new();
    // One character for a letter with its accents, as it is indexed.
    for c in text.nfc().chain([' ']) {
        let part = if is_cjk(c) { Some(&mut run) } else { in_word(c, &word).then_some(&mut word) };
        if let Some(part) = part {
            part.push(c);
        }
        if !run.is_empty() && !is_cjk(c) {
            pieces.push(Piece::Run(std::mem::take(&mut run)));
        }
        if !word.is_empty() && (is_cjk(c) || !in_word(c, &word)) {
            pieces.extend(piece(&std::mem::take(&mut word)));
        }
    }
    pieces
}

/// Whether `c` goes on with a word: an apostrophe does between letters.
fn in_word(c: char, word: &str) -> bool {
    c.is_alphanumeric() || is_mark(c) || (matches!(c, '\'' | '’') && !word.is_empty())
}

/// Accents that no letter with them has a character for.
fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x300..=0x36f)
}

fn piece(word: &str) -> Option<Piece> {
    let word = word.trim_end_matches(['\'', '’']);
    if !word.chars().any(char::is_alphanumeric) {
        return None;
    }
    Some(if word.chars().all(is_latin) { Piece::Latin(word.to_owned()) } else { Piece::Other(word.to_owned()) })
}

/// A phrase as it is looked for: white space between characters that need none is not there.
pub(crate) fn phrase(text: &str) -> String {
    let text: String = text.nfc().collect();
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let left = rest.trim_start();
        if c.is_whitespace() {
            let between = kept.ends_with(is_cjk) && left.starts_with(is_cjk);
            if !between {
                kept.push(' ');
            }
            rest = left;
        } else {
            kept.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    // As many conditions as a search may have of words.
    kept.chars().take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn latin(text: &str) -> Piece {
        Piece::Latin(text.to_owned())
    }

    fn run(text: &str) -> Piece {
        Piece::Run(text.to_owned())
    }

    #[test]
    fn scripts_are_cut_apart_and_each_piece_is_there_once() {
        assert_eq!(
            of(["用Rust写异步", "state-of-the-art", "don't", "k8s", "rust 用", "Ｒｕｓｔ"].into_iter()),
            [
                run("用"),
                latin("Rust"),
                run("写异步"),
                latin("state"),
                latin("of"),
                latin("the"),
                latin("art"),
                Piece::Other("don't".to_owned()),
                Piece::Other("k8s".to_owned()),
                latin("rust"),
                latin("Ｒｕｓｔ"),
            ]
        );
        assert_eq!(of(["cafe\u{301} ''' 'tis'"].into_iter()), [latin("café"), latin("tis")]);
    }

    #[test]
    fn a_search_has_no_more_than_the_engine_takes() {
        assert_eq!(of(["库".repeat(256).as_str()].into_iter()), [run(&"库".repeat(MOST))]);
        let words: Vec<_> = (0..200).map(|n| format!("w{n}")).collect();
        assert_eq!(of(words.iter().map(String::as_str)).len(), MOST);
    }

    #[test]
    fn a_phrase_has_white_space_where_words_need_it() {
        assert_eq!(phrase("分布 式  系统 in  Rust 语言"), "分布式系统 in Rust 语言");
        assert_eq!(phrase(&"字 ".repeat(200)), "字".repeat(MOST));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_no_piece_is_blank_and_all_fit(typed in ".{0,256}") {
            let pieces = of([typed.as_str()].into_iter());
            prop_assert!(pieces.iter().map(Piece::weight).sum::<usize>() <= MOST);
            prop_assert!(pieces.iter().all(|piece| piece.as_str().chars().any(char::is_alphanumeric)), "{:?}", pieces);
        }
    }
}
