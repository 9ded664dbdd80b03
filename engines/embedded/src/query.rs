//! What is looked for, as a query of the index.

use tantivy::{
    Searcher, Term,
    query::{
        BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, Occur, PhraseQuery, Query,
        TermQuery,
    },
    schema::{Field, IndexRecordOption},
};

use crate::{
    asked::{Asked, Unit},
    error::Trouble,
    near::near,
    unwanted::Unwanted,
    words::atoms,
};

/// More than all words of a search can count together: what has all of them comes before what has some.
const ALL_WORDS: f32 = 10_000.0;
/// What ideographs count that follow each other, but were not taken for this word where they stand.
const APART: f32 = 0.5;
/// What a word counts that differs by one typo; by two, half of that.
const TYPO: f32 = 0.3;
/// Words that are looked for in place of one that may have a typo, at the most.
const MAX_NEAR: usize = 8;

/// A field that is looked through.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weighted {
    pub(crate) field: Field,
    /// What a word counts there.
    pub(crate) weight: f32,
    /// Whether it counts as much however often it is there and however much else: for lists of words.
    pub(crate) flat: bool,
}

/// What is looked through, and how.
pub(crate) struct Looking<'a> {
    pub(crate) searcher: &'a Searcher,
    pub(crate) fields: &'a [Weighted],
    /// The field that has all words as they are written, if typos are looked for.
    pub(crate) words: Option<Field>,
    /// Whether it matters what fits best.
    pub(crate) scored: bool,
}

/// A query, and what makes it match.
pub(crate) struct Made {
    /// `None` where nothing was to be there.
    pub(crate) query: Option<Box<dyn Query>>,
    /// Terms that follow each other where it matches.
    pub(crate) needles: Vec<Vec<String>>,
}

impl Looking<'_> {
    /// The query for all that is wanted; [`unwanted`](Self::unwanted) is not part of it.
    pub(crate) fn wanted(&self, asked: &Asked) -> Result<Made, Trouble> {
        if !asked.anything {
            return Ok(Made { query: None, needles: Vec::new() });
        }
        if asked.units.is_empty() && asked.phrases.is_empty() {
            return Ok(Made { query: Some(Box::new(EmptyQuery)), needles: Vec::new() });
        }
        let mut needles = asked.phrases.clone();
        let (mut strong, mut weak, mut all) = (Vec::new(), Vec::new(), Vec::new());
        for unit in &asked.units {
            let looked = self.unit(unit)?;
            if unit.weak {
                weak.push((Occur::Should, looked.query));
            } else {
                strong.push((Occur::Should, looked.query));
                needles.extend(looked.needles);
                all.extend(looked.matches.map(|matches| (Occur::Must, matches)));
            }
        }
        let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for phrase in &asked.phrases {
            clauses.push((Occur::Must, self.anywhere(|at| self.phrase(at, phrase))?));
        }
        if asked.phrases.is_empty() {
            clauses.push((Occur::Must, Box::new(BooleanQuery::new(strong))));
        } else if self.scored {
            clauses.append(&mut strong);
        }
        if self.scored {
            clauses.append(&mut weak);
            if !all.is_empty() {
                let all = ConstScoreQuery::new(Box::new(BooleanQuery::new(all)), ALL_WORDS);
                clauses.push((Occur::Should, Box::new(all)));
            }
        }
        Ok(Made { query: Some(Box::new(BooleanQuery::new(clauses))), needles })
    }

    /// Queries of which none may match.
    pub(crate) fn unwanted(&self, asked: &Asked) -> Result<Vec<Box<dyn Query>>, Trouble> {
        let anywhere = |terms| self.anywhere(|at| Ok(following(at.field, terms)));
        asked.unwanted.iter().map(|terms| Ok(Box::new(Unwanted(anywhere(terms)?)) as Box<dyn Query>)).collect()
    }

    fn unit(&self, unit: &Unit) -> Result<LookedFor, Trouble> {
        let exact = self.anywhere(|at| self.word(at, unit))?;
        let mut needles = vec![unit.terms.clone()];
        let matches = self.anywhere(|at| Ok(following(at.field, &unit.terms)))?;
        let (Some(typed), Some(words), false) = (&unit.typed, self.words, unit.weak) else {
            return Ok(LookedFor { query: exact, matches: Some(matches), needles });
        };
        let known = self.documents_with(&unit.terms[0])?;
        let (mut queries, mut others) = (vec![(Occur::Should, exact)], Vec::new());
        for near in near(self.searcher, words, typed, MAX_NEAR)? {
            let stems: Vec<_> = atoms(&near.word).into_iter().map(|atom| atom.term).collect();
            if stems.len() != 1 || needles.contains(&stems) {
                continue;
            }
            let discount = if near.typos > 1 { TYPO / 2.0 } else { TYPO };
            // A word that few have would count more than the one that was typed.
            let rare = (self.rarity(known.max(1)) / self.rarity(near.documents)).min(1.0);
            let counts = discount * rare;
            queries.push((
                Occur::Should,
                self.anywhere(|at| self.phrase(Weighted { weight: at.weight * counts, ..at }, &stems))?,
            ));
            others.push((Occur::Should, self.anywhere(|at| Ok(following(at.field, &stems)))?));
            needles.push(stems);
        }
        // Where the word itself is known, a typo does not make up for it; where nothing is like it, nothing can have it.
        let matches: Option<Box<dyn Query>> = match (known, others.is_empty()) {
            (1.., _) => Some(matches),
            (0, true) => None,
            (0, false) => Some(Box::new(BooleanQuery::new(others))),
        };
        Ok(LookedFor { query: Box::new(BooleanQuery::new(queries)), matches, needles })
    }

    /// A word in one field.
    fn word(&self, at: Weighted, unit: &Unit) -> Result<Box<dyn Query>, Trouble> {
        // What has the word has its characters: without a score, those will do.
        let Some(word) = unit.word.as_ref().filter(|_| self.scored) else { return self.phrase(at, &unit.terms) };
        let whole = self.phrase(at, std::slice::from_ref(word))?;
        let apart = self.phrase(Weighted { weight: at.weight * APART, ..at }, &unit.terms)?;
        Ok(Box::new(DisjunctionMaxQuery::new(vec![whole, apart])))
    }

    /// Terms that follow each other in one field, as much as they count there.
    fn phrase(&self, at: Weighted, terms: &[String]) -> Result<Box<dyn Query>, Trouble> {
        let query = following(at.field, terms);
        if !self.scored {
            return Ok(query);
        }
        if at.flat {
            let mut documents = u64::MAX;
            for term in terms {
                documents = documents.min(self.searcher.doc_freq(&Term::from_field_text(at.field, term))?);
            }
            return Ok(Box::new(ConstScoreQuery::new(query, at.weight * self.rarity(documents))));
        }
        Ok(Box::new(BoostQuery::new(query, at.weight)))
    }

    /// What matches in any of the fields.
    fn anywhere(&self, query: impl Fn(Weighted) -> Result<Box<dyn Query>, Trouble>) -> Result<Box<dyn Query>, Trouble> {
        let queries = self.fields.iter().map(|at| query(*at).map(|query| (Occur::Should, query)));
        Ok(Box::new(BooleanQuery::new(queries.collect::<Result<Vec<_>, _>>()?)))
    }

    /// How many documents have the term, in the field that most have it in.
    pub(crate) fn documents_with(&self, term: &str) -> Result<u64, Trouble> {
        let mut most = 0;
        for at in self.fields {
            most = most.max(self.searcher.doc_freq(&Term::from_field_text(at.field, term))?);
        }
        Ok(most)
    }

    /// What it says that a text has a word that so many documents have: the inverse document frequency of BM25.
    #[allow(clippy::cast_precision_loss, reason = "a weight")]
    fn rarity(&self, documents: u64) -> f32 {
        let all: u64 = self.searcher.segment_readers().iter().map(|segment| u64::from(segment.max_doc())).sum();
        let (all, documents) = (all as f32, documents.min(all) as f32);
        (1.0 + (all - documents + 0.5) / (documents + 0.5)).ln()
    }
}

/// A word that is looked for.
struct LookedFor {
    query: Box<dyn Query>,
    /// What has the word itself; `None` if nothing can.
    matches: Option<Box<dyn Query>>,
    needles: Vec<Vec<String>>,
}

/// Terms that follow each other in one field.
pub(crate) fn following(field: Field, terms: &[String]) -> Box<dyn Query> {
    let mut terms: Vec<_> = terms.iter().map(|term| Term::from_field_text(field, term)).collect();
    match terms.pop() {
        Some(only) if terms.is_empty() => Box::new(TermQuery::new(only, IndexRecordOption::WithFreqs)),
        Some(last) => {
            terms.push(last);
            Box::new(PhraseQuery::new(terms))
        }
        None => Box::new(EmptyQuery),
    }
}

/// What has the term, as a condition that counts nothing.
pub(crate) fn only(term: Term) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(Box::new(TermQuery::new(term, IndexRecordOption::Basic)), 0.0))
}
