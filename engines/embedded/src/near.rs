//! Words that may be meant by a word with a typo.

use std::collections::HashMap;

use tantivy::{Searcher, Term, query::FuzzyTermQuery, schema::Field};

use crate::error::Trouble;

/// A word that differs by a typo or two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Near {
    /// As it is written, folded.
    pub(crate) word: String,
    /// How many typos.
    pub(crate) typos: usize,
    /// How many documents have it, about: those that were replaced count until they are merged away.
    pub(crate) documents: u64,
}

/// How many typos a word may have: none below 4 letters and with digits, where another is something else; two from 8 letters on.
fn typos(word: &str) -> u8 {
    if !word.chars().all(char::is_alphabetic) {
        return 0;
    }
    match word.chars().count() {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    }
}

/// The words of `field` that may be meant by `word`, the nearest first, and of those the most frequent, at most `most`. The first letter
/// is seldom wrong: what has another is not meant.
pub(crate) fn near(searcher: &Searcher, field: Field, word: &str, most: usize) -> Result<Vec<Near>, Trouble> {
    let typos = typos(word);
    if typos == 0 {
        return Ok(Vec::new());
    }
    let first = word.chars().next();
    let query = FuzzyTermQuery::new(Term::from_field_text(field, word), typos, true);
    let mut found: HashMap<String, u64> = HashMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut terms = index.terms().search(query.automaton()?).into_stream()?;
        while terms.advance() {
            let Ok(term) = std::str::from_utf8(terms.key()) else {
                return Err(Trouble::Strange("a word that is no text"));
            };
            if term != word && term.chars().next() == first {
                *found.entry(term.to_owned()).or_default() += u64::from(terms.value().doc_freq);
            }
        }
    }
    let found = found.into_iter().map(|(near, documents)| Near { typos: distance(word, &near), word: near, documents });
    let mut found: Vec<_> = found.collect();
    found.sort_by(|a, b| (a.typos, b.documents, &a.word).cmp(&(b.typos, a.documents, &b.word)));
    found.truncate(most);
    Ok(found)
}

/// How many letters are missing, too many, others, or turned around with the next.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_counted() {
        for (a, b, typos) in
            [("kernel", "kernel", 0), ("kernl", "kernel", 1), ("kenrel", "kernel", 1), ("algorythem", "algorithm", 2)]
        {
            assert_eq!(distance(a, b), typos, "{a} {b}");
            assert_eq!(distance(b, a), typos, "{b} {a}");
        }
    }

    #[test]
    fn short_words_and_numbers_have_none() {
        assert_eq!(["cat", "cats", "database", "2024", "utf8", "数"].map(typos), [0, 1, 2, 0, 0, 0]);
    }
}
