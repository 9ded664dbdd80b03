//! Terms by what they begin with.

use std::collections::{BTreeSet, HashMap};

use tantivy::{
    DocSet, Searcher, TERMINATED,
    schema::{Field, IndexRecordOption},
};

use crate::error::Trouble;

/// The terms of `field` that begin so, in their order, at most `most`. Some may be of documents that are not there any more.
pub(crate) fn terms_that_begin(
    searcher: &Searcher,
    field: Field,
    prefix: &str,
    most: usize,
) -> Result<BTreeSet<String>, Trouble> {
    let mut found = BTreeSet::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut terms = index.terms().range().ge(prefix).into_stream()?;
        let mut left = most;
        while left > 0 && terms.advance() && terms.key().starts_with(prefix.as_bytes()) {
            found.insert(text(terms.key())?.to_owned());
            left -= 1;
        }
    }
    while found.len() > most {
        found.pop_last();
    }
    Ok(found)
}

/// The terms of `field` that are `wanted`, and how many documents have each. All terms of the field are looked at.
pub(crate) fn counted_terms(
    searcher: &Searcher,
    field: Field,
    wanted: impl Fn(&str) -> bool,
) -> Result<HashMap<String, u64>, Trouble> {
    let mut found: HashMap<String, u64> = HashMap::new();
    for segment in searcher.segment_readers() {
        let index = segment.inverted_index(field)?;
        let mut terms = index.terms().stream()?;
        while terms.advance() {
            let term = text(terms.key())?;
            if !wanted(term) {
                continue;
            }
            let documents = if segment.has_deletes() {
                let mut documents = index.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic)?;
                let mut alive = 0;
                while documents.doc() != TERMINATED {
                    alive += u64::from(!segment.is_deleted(documents.doc()));
                    documents.advance();
                }
                alive
            } else {
                u64::from(terms.value().doc_freq)
            };
            if documents > 0 {
                *found.entry(term.to_owned()).or_default() += documents;
            }
        }
    }
    Ok(found)
}

fn text(term: &[u8]) -> Result<&str, Trouble> {
    std::str::from_utf8(term).map_err(|_| Trouble::Strange("a word that is no text"))
}
