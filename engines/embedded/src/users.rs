//! Looking for users.

use shared::domain::search::{FoundUsers, SearchText};
use tantivy::{
    Term,
    query::{BooleanQuery, BoostQuery, ConstScoreQuery, Occur, Query, TermSetQuery},
};
use unicode_normalization::UnicodeNormalization;

use crate::{
    articles::stored,
    asked::Asked,
    error::Trouble,
    gather::{By, Gather},
    generation::Generation,
    prefix::terms_that_begin,
    query::{Looking, Weighted, only},
    schema::{Kind, user_id},
};

/// What a word counts in a name, of which a bio's counts one.
const NAME: f32 = 8.0;
/// What it counts that a name begins with what is typed: less than to have it as a word.
const BEGINS: f32 = 4.0;
/// Names that begin with what is typed, at the most; of more the first by name are found.
const MAX_NAMES: usize = 1_000;

/// One part of the users who have what is looked for.
pub(crate) fn users(
    generation: &Generation,
    text: &SearchText,
    skip: usize,
    limit: usize,
) -> Result<FoundUsers, Trouble> {
    let fields = &generation.fields;
    let searcher = generation.searcher();
    let searched = [
        Weighted { field: fields.name, weight: NAME, flat: false },
        Weighted { field: fields.bio, weight: 1.0, flat: false },
    ];
    let looking = Looking { searcher: &searcher, fields: &searched, words: None, scored: true };
    let asked = Asked::of(text);
    let mut clauses = vec![(Occur::Must, only(Term::from_field_u64(fields.kind, Kind::User as u64)))];
    if let Some(query) = looking.wanted(&asked)?.query {
        let typed: Vec<_> = text.wanted.iter().map(|wanted| wanted.as_str()).collect();
        let names = terms_that_begin(&searcher, fields.folded_name, &folded(&typed.join(" ")), MAX_NAMES)?;
        let names = names.into_iter().map(|name| Term::from_field_text(fields.folded_name, &name));
        let names: Box<dyn Query> = Box::new(ConstScoreQuery::new(Box::new(TermSetQuery::new(names)), 1.0));
        let names: Box<dyn Query> = Box::new(BoostQuery::new(names, BEGINS));
        clauses.push((Occur::Must, Box::new(BooleanQuery::union(vec![query, names]))));
    }
    clauses.extend(looking.unwanted(&asked)?.into_iter().map(|query| (Occur::MustNot, query)));
    let gather = Gather { by: By::Score, keep: skip.saturating_add(limit), below: None, facets: false };
    let gathered = searcher.search(&BooleanQuery::new(clauses), &gather)?;
    let users = gathered.first.iter().skip(skip).map(|placed| user_id(placed.id)).collect();
    Ok(FoundUsers { users, total: gathered.total })
}

/// The names that begin with what is typed, regardless of case.
pub(crate) fn names(generation: &Generation, typed: &str, limit: usize) -> Result<Vec<String>, Trouble> {
    let fields = &generation.fields;
    let searcher = generation.searcher();
    let names = terms_that_begin(&searcher, fields.folded_name, &folded(typed), MAX_NAMES)?;
    let mut found = Vec::new();
    for name in names {
        let query = only(Term::from_field_text(fields.folded_name, &name));
        let gather = Gather { by: By::Time, keep: 1, below: None, facets: false };
        for placed in searcher.search(query.as_ref(), &gather)?.first {
            let document = searcher.doc(placed.address)?;
            found.extend(stored(&document, fields.name).map(str::to_owned));
        }
        if found.len() >= limit {
            break;
        }
    }
    found.truncate(limit);
    Ok(found)
}

/// What is typed as names are folded.
fn folded(typed: &str) -> String {
    typed.nfkc().collect::<String>().trim().to_lowercase()
}
