//! What is typed, as what the index has.

use shared::domain::search::{SearchText, Wanted};

use crate::words::{Atom, atoms, cut, fold, folded_atoms, is_stop_word, parts};

/// Words that are looked for at the most; what comes behind them is not looked at.
const MAX_UNITS: usize = 32;

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    /// What follows each other in a text that has it: one stem, or one term for each ideograph.
    pub(crate) terms: Vec<String>,
    /// A word of several ideographs.
    pub(crate) word: Option<String>,
    /// A word of letters as it was typed, folded.
    pub(crate) typed: Option<String>,
    /// Whether it says so little that a text need not have it.
    pub(crate) weak: bool,
}

/// All that is looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Words, each once. Unless all are weak, those count only where another is found.
    pub(crate) units: Vec<Unit>,
    /// Terms of phrases that must be there.
    pub(crate) phrases: Vec<Vec<String>>,
    /// Terms of what must not.
    pub(crate) unwanted: Vec<Vec<String>>,
    /// Whether anything was to be there.
    pub(crate) anything: bool,
}

impl Asked {
    pub(crate) fn of(text: &SearchText) -> Self {
        let mut asked = Self { anything: !text.wanted.is_empty(), ..Self::default() };
        for wanted in &text.wanted {
            match wanted {
                Wanted::Words(words) => asked.units.extend(units(words)),
                Wanted::Phrase(phrase) => asked.phrases.push(terms(&atoms(phrase))),
            }
        }
        asked.unwanted.extend(text.unwanted.iter().map(|unwanted| terms(&atoms(unwanted.as_str()))));
        asked.phrases.retain(|terms| !terms.is_empty());
        asked.unwanted.retain(|terms| !terms.is_empty());
        let mut seen = std::collections::HashSet::new();
        asked.units.retain(|unit| seen.insert(unit.terms.clone()));
        asked.units.truncate(MAX_UNITS);
        if asked.units.iter().all(|unit| unit.weak) {
            asked.units.iter_mut().for_each(|unit| unit.weak = false);
        }
        asked
    }
}

fn terms(atoms: &[Atom]) -> Vec<String> {
    atoms.iter().map(|atom| atom.term.clone()).collect()
}

/// A word of ideographs.
fn ideographs(word: &str, atoms: &[Atom], weak: bool) -> Unit {
    Unit { terms: terms(atoms), word: (atoms.len() > 1).then(|| fold(word)), typed: None, weak }
}

/// The words of a text without quotes.
pub(crate) fn units(text: &str) -> Vec<Unit> {
    let atoms = atoms(text);
    let mut folded = folded_atoms(text).into_iter();
    let mut units = Vec::new();
    for run in atoms.chunk_by(|a, b| a.ideograph && b.ideograph && a.at.end == b.at.start) {
        let typed: Vec<_> = folded.by_ref().take(run.len()).map(|atom| atom.term).collect();
        if !run[0].ideograph {
            let typed = typed.into_iter().next();
            let weak = typed.as_deref().is_some_and(is_stop_word);
            units.push(Unit { terms: terms(run), word: None, typed, weak });
            continue;
        }
        let mut rest = run;
        for word in cut(&text[run[0].at.start..run[run.len() - 1].at.end]) {
            let (mut of_word, left) = rest.split_at(word.chars().count());
            rest = left;
            let Some(parts) = parts(word) else {
                units.push(ideographs(word, of_word, is_stop_word(word)));
                continue;
            };
            // Its parts must be there; it is better if they are together.
            units.push(ideographs(word, of_word, true));
            for part in parts {
                let (of_part, left) = of_word.split_at(part.chars().count());
                of_word = left;
                units.push(ideographs(part, of_part, false));
            }
        }
    }
    units
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_cut_and_those_that_say_little_are_weak() {
        let asked = Asked::of(&SearchText::parse("How to use 数据库的性能 use \"null pointers\" -java").unwrap());
        let words: Vec<_> = asked.units.iter().map(|unit| (unit.terms.concat(), unit.weak)).collect();
        let expected = [("how", true), ("to", true), ("use", false), ("数据库", false), ("的", true), ("性能", false)];
        assert_eq!(words, expected.map(|(word, weak)| (word.to_owned(), weak)));
        assert_eq!(asked.phrases, [["null", "pointer"]]);
        assert_eq!(asked.unwanted, [["java"]]);
        assert!(Asked::of(&SearchText::parse("how to").unwrap()).units.iter().all(|unit| !unit.weak));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_units_have_terms(text in "[\\u4e00-\\u4e20a-z ,。\\u3041\\uf900\\u0301]{0,64}|.{0,64}") {
            for unit in units(&text) {
                prop_assert!(!unit.terms.is_empty() && unit.terms.iter().all(|term| !term.is_empty()));
            }
        }
    }
}
