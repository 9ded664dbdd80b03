//! The smallest parts of a text that can be looked for: words of letters, and single characters of scripts without white space.

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};

use super::fold::{fold, is_accent, is_apostrophe};

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Atom {
    /// As the index has it: folded, and a word of ASCII letters by its English stem.
    pub(crate) term: String,
    /// Where it stands in the text, in bytes.
    pub(crate) at: Range<usize>,
    /// Whether it is a character of a script without white space.
    pub(crate) ideograph: bool,
}

/// Whether it is of a script without white space: Han, and the Japanese syllables among which it stands.
fn is_ideograph(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
        && c.is_alphanumeric()
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || is_accent(c)
}

/// The parts of a text in their order, with their stems.
pub(crate) fn atoms(text: &str) -> Vec<Atom> {
    stemmed_atoms(text, |_| true)
}

/// The parts of a text in their order; those have their stems whose folded form `needs` it.
pub(crate) fn stemmed_atoms(text: &str, needs: impl Fn(&str) -> bool) -> Vec<Atom> {
    let stemmer = Stemmer::create(Algorithm::English);
    let mut atoms = folded_atoms(text);
    for atom in &mut atoms {
        if atom.term.len() > 2 && atom.term.bytes().all(|b| b.is_ascii_lowercase()) && needs(&atom.term) {
            atom.term = stemmer.stem(&atom.term).into_owned();
        }
    }
    atoms
}

/// The parts of a text in their order, folded but not stemmed.
pub(crate) fn folded_atoms(text: &str) -> Vec<Atom> {
    let mut atoms = Vec::new();
    let mut rest = text.char_indices().peekable();
    while let Some((from, first)) = rest.next() {
        if !first.is_alphanumeric() {
            continue;
        }
        let mut to = from + first.len_utf8();
        let ideograph = is_ideograph(first);
        if !ideograph {
            let mut letters = 1;
            while let Some((at, c)) = rest.peek().copied() {
                let next = text[at + c.len_utf8()..].chars().next();
                let joins = is_apostrophe(c) && next.is_some_and(|next| is_letter(next) && !is_ideograph(next));
                if !joins && (!is_letter(c) || is_ideograph(c)) {
                    break;
                }
                letters += 1;
                to = at + c.len_utf8();
                rest.next();
            }
            // Languages with one letter have more to their name.
            if letters == 1 && first.is_ascii_alphabetic() {
                let behind = &text[to..];
                let sign = if behind.starts_with("++") { 2 } else { usize::from(behind.starts_with('#')) };
                for _ in 0..sign {
                    rest.next();
                }
                to += sign;
            }
        }
        let term = fold(&text[from..to]);
        if !term.is_empty() {
            atoms.push(Atom { term, at: from..to, ideograph });
        }
    }
    atoms
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn terms(text: &str) -> Vec<String> {
        atoms(text).into_iter().map(|atom| atom.term).collect()
    }

    #[test]
    fn words_are_parted_by_what_is_no_letter_and_by_script() {
        assert_eq!(terms("Running state-of-the-art, (a_b)!"), ["run", "state", "of", "the", "art", "a", "b"]);
        assert_eq!(terms("用Rust写 C++ C# F1"), ["用", "rust", "写", "c++", "c#", "f1"]);
        assert_eq!(terms("Ann's don't ' 'quoted'"), ["ann", "dont", "quot"]);
        assert_eq!(terms("，。！😀 \u{feff}"), [""; 0]);
    }

    proptest! {
        #[test]
        fn whatever_the_text_parts_follow_each_other_and_none_is_empty(text in ".{0,64}") {
            let mut end = 0;
            for atom in atoms(&text) {
                prop_assert!(atom.at.start >= end && atom.at.start < atom.at.end && !atom.term.is_empty());
                prop_assert!(text.get(atom.at.clone()).is_some());
                end = atom.at.end;
            }
        }
    }
}
