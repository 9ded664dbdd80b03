//! Tags, and what somebody may be about to type.

use shared::domain::{
    article::Slug,
    search::{SuggestedTitle, Suggestions, TagCount},
};
use tantivy::{
    Term,
    query::{BooleanQuery, ConstScoreQuery, Occur, Query, TermSetQuery},
};
use unicode_normalization::UnicodeNormalization;

use crate::{
    articles::stored,
    error::Trouble,
    gather::{By, Gather},
    generation::Generation,
    prefix::{counted_terms, terms_that_begin},
    query::{following, only},
    schema::Kind,
    users::names,
    words::{atoms, folded_atoms},
};

/// Words that may be meant by the beginning of one, at the most; of more the first by letter.
const MAX_WORDS: usize = 200;

/// Tags that have what is typed at the beginning of one of their words.
pub(crate) fn tags(generation: &Generation, typed: &str, limit: usize) -> Result<Vec<TagCount>, Trouble> {
    let typed = folded(typed);
    counted_tags(generation, limit, |tag| {
        let begins = |(at, _): (usize, &str)| {
            let before = tag[..at].chars().next_back();
            // A script without white space may have a word begin anywhere, next to another script at the least.
            before.is_none_or(|before| !before.is_alphanumeric() || before.is_ascii() != typed.is_ascii())
        };
        tag.match_indices(&typed).any(begins)
    })
}

/// What may be about to be typed.
pub(crate) fn suggest(generation: &Generation, typed: &str, limit: usize) -> Result<Suggestions, Trouble> {
    let beginning = folded(typed);
    if beginning.is_empty() {
        return Ok(Suggestions::default());
    }
    Ok(Suggestions {
        titles: titles(generation, typed, limit)?,
        tags: counted_tags(generation, limit, |tag| tag.starts_with(&beginning))?,
        users: names(generation, typed, limit)?,
    })
}

fn counted_tags(
    generation: &Generation,
    limit: usize,
    wanted: impl Fn(&str) -> bool,
) -> Result<Vec<TagCount>, Trouble> {
    let found = counted_terms(&generation.searcher(), generation.fields.tag, wanted)?;
    let mut found: Vec<_> = found.into_iter().map(|(name, count)| TagCount { name, count }).collect();
    found.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    found.truncate(limit);
    Ok(found)
}

/// What is typed as tags are folded.
fn folded(typed: &str) -> String {
    typed.nfkc().collect::<String>().trim().to_lowercase()
}

/// Articles whose title has all that is typed, the last word of letters as a word or as the beginning of one.
fn titles(generation: &Generation, typed: &str, limit: usize) -> Result<Vec<SuggestedTitle>, Trouble> {
    let fields = &generation.fields;
    let searcher = generation.searcher();
    let (atoms, folded) = (atoms(typed), folded_atoms(typed));
    let mut clauses = vec![(Occur::Must, only(Term::from_field_u64(fields.kind, Kind::Article as u64)))];
    let mut passed = 0;
    for run in atoms.chunk_by(|a, b| a.ideograph && b.ideograph && a.at.end == b.at.start) {
        passed += run.len();
        let terms: Vec<_> = run.iter().map(|atom| atom.term.clone()).collect();
        let whole = following(fields.title, &terms);
        let last = folded.last().filter(|last| passed == atoms.len() && !last.ideograph && last.at.end == typed.len());
        let query: Box<dyn Query> = match last {
            Some(last) => {
                let words = terms_that_begin(&searcher, fields.title_words, &last.term, MAX_WORDS)?;
                let words = words.into_iter().map(|word| Term::from_field_text(fields.title_words, &word));
                let begun = ConstScoreQuery::new(Box::new(TermSetQuery::new(words)), 1.0);
                Box::new(BooleanQuery::union(vec![whole, Box::new(begun)]))
            }
            None => whole,
        };
        clauses.push((Occur::Must, query));
    }
    if passed == 0 {
        return Ok(Vec::new());
    }
    let gather = Gather { by: By::Score, keep: limit, below: None, facets: false };
    let mut titles = Vec::new();
    for placed in searcher.search(&BooleanQuery::new(clauses), &gather)?.first {
        let document = searcher.doc(placed.address)?;
        let slug = stored(&document, fields.slug).and_then(Slug::parse);
        let slug = slug.ok_or(Trouble::Strange("an article without an address"))?;
        titles.push(SuggestedTitle { slug, title: stored(&document, fields.title).unwrap_or_default().to_owned() });
    }
    Ok(titles)
}
