//! What may have been meant: for each word that no article has in any form, the one in the dictionary that is most like it.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use shared::domain::search::{SearchText, Wanted};

use crate::{
    pieces::{self, Piece, is_latin},
    query::has_typos,
};

/// Letters from which on two typos are forgiven.
const TWO_TYPOS: usize = 8;
/// Words that are looked up at the most.
const MOST: usize = 12;

/// The words of a search that can have been meant otherwise.
#[derive(Debug, Default)]
pub(crate) struct Spelling(Vec<String>);

/// What the engine says of a word.
#[derive(Debug, Deserialize)]
pub(crate) struct Entry {
    options: Vec<Choice>,
}

#[derive(Debug, Deserialize)]
struct Choice {
    text: String,
    score: f64,
}

/// How many articles have a word in any form.
#[derive(Debug, Deserialize)]
pub(crate) struct Known {
    doc_count: u64,
}

impl Spelling {
    pub(crate) fn of(text: &SearchText) -> Self {
        let pieces = pieces::of(text.wanted.iter().map(Wanted::as_str)).into_iter().filter(has_typos);
        let words = pieces.filter_map(|piece| match piece {
            Piece::Latin(word) => Some(word),
            Piece::Other(_) | Piece::Run(_) => None,
        });
        Self(words.take(MOST).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Asks the dictionary for words like them, for those only that it does not have.
    pub(crate) fn suggester(&self) -> Value {
        json!({"text": self.0.join(" "), "words": {"term": {
            "field": "all.plain", "suggest_mode": "missing", "size": 1, "sort": "score", "max_edits": 2,
            "min_word_length": 4, "prefix_length": 0,
        }}})
    }

    /// Asks which of them articles have in any form, whatever else is looked for.
    pub(crate) fn known(&self) -> Value {
        let words = self.0.iter().enumerate();
        let known: serde_json::Map<_, _> =
            words.map(|(place, word)| (place.to_string(), json!({"filter": {"match": {"all": word}}}))).collect();
        json!({"global": {}, "aggs": known})
    }

    /// What was typed with other words in the place of unknown ones; nothing if there are none.
    pub(crate) fn meant(&self, text: &SearchText, known: &HashMap<String, Known>, entries: &[Entry]) -> Option<String> {
        // An analyser that cuts a word in two would put all that follows beside its place.
        if entries.len() != self.0.len() {
            return None;
        }
        let mut others = HashMap::new();
        for (place, (word, entry)) in self.0.iter().zip(entries).enumerate() {
            let letters = word.chars().count();
            let unknown = known.get(&place.to_string()).is_none_or(|known| known.doc_count == 0);
            let best = entry.options.first().filter(|_| unknown);
            // A score is how much of a word is alike.
            #[allow(clippy::cast_precision_loss, reason = "words have few letters")]
            let near = |choice: &&Choice| letters >= TWO_TYPOS || choice.score > 1.0 - 1.5 / letters as f64;
            if let Some(choice) = best.filter(near) {
                others.insert(word.as_str(), choice.text.as_str());
            }
        }
        if others.is_empty() {
            return None;
        }
        let wanted = text.wanted.iter().map(|wanted| match wanted {
            Wanted::Words(words) => replaced(words, &others),
            Wanted::Phrase(phrase) => format!("\"{}\"", replaced(phrase, &others)),
        });
        let unwanted = text.unwanted.iter().map(|unwanted| match unwanted {
            Wanted::Words(words) => format!("-{words}"),
            Wanted::Phrase(phrase) => format!("-\"{phrase}\""),
        });
        Some(wanted.chain(unwanted).collect::<Vec<_>>().join(" "))
    }
}

fn replaced(text: &str, others: &HashMap<&str, &str>) -> String {
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (word, left) = rest.split_at(rest.find(|c| !is_latin(c)).unwrap_or(rest.len()));
        made.push_str(others.get(word).copied().unwrap_or(word));
        let (between, left) = left.split_at(left.find(is_latin).unwrap_or(left.len()));
        made.push_str(between);
        rest = left;
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(typed: &str, known: &[u64], options: &[(&str, f64)]) -> Option<String> {
        let text = SearchText::parse(typed).unwrap();
        let known = known.iter().enumerate().map(|(n, count)| (n.to_string(), Known { doc_count: *count })).collect();
        let entries: Vec<_> = options
            .iter()
            .map(|&(text, score)| Entry {
                options: if text.is_empty() { Vec::new() } else { vec![Choice { text: text.to_owned(), score }] },
            })
            .collect();
        Spelling::of(&text).meant(&text, &known, &entries)
    }

    #[test]
    fn unknown_words_are_replaced_and_the_rest_stays_as_it_was_typed() {
        assert_eq!(
            meant(
                "Fast databse -java \"of distribted Rust\" 库databse",
                &[3, 0, 0, 1],
                &[("", 0.0), ("database", 0.85), ("distributed", 0.9), ("", 0.0)]
            )
            .as_deref(),
            Some("Fast database \"of distributed Rust\" 库database -java")
        );
    }

    #[test]
    fn a_word_that_articles_have_in_another_form_is_what_was_meant() {
        assert_eq!(meant("databases", &[2], &[("database", 0.88)]), None);
    }

    #[test]
    fn short_words_may_have_one_typo_and_longer_ones_two() {
        assert_eq!(meant("brigde", &[0], &[("bridge", 0.84)]).as_deref(), Some("bridge"));
        assert_eq!(meant("britje", &[0], &[("bridge", 0.67)]), None);
        assert_eq!(meant("algorythem", &[0], &[("algorithm", 0.78)]).as_deref(), Some("algorithm"));
    }

    #[test]
    fn an_answer_of_another_length_says_nothing() {
        assert_eq!(meant("databse", &[0], &[("database", 0.9), ("x", 0.9)]), None);
    }
}
