//! Looking for articles.

use std::{collections::HashMap, ops::Bound};

use shared::domain::{
    Timestamp, UserId,
    article::Slug,
    page::Start,
    ranking::Scoring,
    search::{
        ArticleSearch, FoundArticles, Highlight, Hit, MAX_FACETS, Place, SearchText, Sort, Span, TagCount, Wanted,
    },
};
use tantivy::{
    DocAddress, Searcher, TantivyDocument, Term,
    query::{BooleanQuery, EmptyQuery, Occur, Query, RangeQuery},
    schema::{Field, Value},
};

use crate::{
    asked::Asked,
    error::Trouble,
    gather::{By, Gather},
    generation::Generation,
    highlight::Marker,
    near::near,
    query::{Looking, Weighted, only},
    schema::{Fields, Kind, article_id, user_id, whole},
    words::{atoms, folded_atoms},
};

/// What a word counts in the title, in the tags, in the description and in the text.
const WEIGHTS: [f32; 4] = [8.0, 4.0, 2.0, 1.0];

fn weighted(fields: &Fields) -> [Weighted; 4] {
    let [title, tags, description, text] = WEIGHTS;
    [
        Weighted { field: fields.title, weight: title, flat: false },
        Weighted { field: fields.tags, weight: tags, flat: true },
        Weighted { field: fields.description, weight: description, flat: false },
        Weighted { field: fields.text, weight: text, flat: false },
    ]
}

/// One page of what is looked for.
pub(crate) fn articles(
    generation: &Generation,
    search: &ArticleSearch,
    scoring: Scoring,
) -> Result<FoundArticles, Trouble> {
    let fields = &generation.fields;
    let searcher = generation.searcher();
    let by = match search.sort {
        Sort::Relevance => By::Score,
        Sort::Latest => By::Time,
        Sort::Hot => By::Heat(scoring, search.now),
    };
    let searched = weighted(fields);
    let looking =
        Looking { searcher: &searcher, fields: &searched, words: Some(fields.words), scored: matches!(by, By::Score) };
    let asked = Asked::of(&search.text);
    let wanted = looking.wanted(&asked)?;
    let mut clauses = vec![(Occur::Must, only(Term::from_field_u64(fields.kind, Kind::Article as u64)))];
    clauses.extend(wanted.query.map(|query| (Occur::Must, query)));
    clauses.extend(looking.unwanted(&asked)?.into_iter().map(|query| (Occur::MustNot, query)));
    if let Some(tag) = &search.tag {
        clauses.push((Occur::Must, only(Term::from_field_text(fields.tag, tag.as_str()))));
    }
    if let Some(author) = search.author {
        clauses.push((Occur::Must, only(Term::from_field_text(fields.author, &author.to_string()))));
    }
    clauses.extend(within(fields, search.span).map(|query| (Occur::Must, query)));

    let skip = search.skipped();
    let below = match search.page.start {
        Start::Behind(Place::Behind(article)) => Some(u128::from_be_bytes(article.to_bytes())),
        _ => None,
    };
    let gather = Gather { by, keep: skip + search.page.limit + 1, below, facets: true };
    let gathered = searcher.search(&BooleanQuery::new(clauses), &gather)?;

    let marker = Marker::new(wanted.needles);
    let mut places = gathered.first.iter().skip(skip);
    let hits = places.by_ref().take(search.page.limit);
    let hits: Vec<_> =
        hits.map(|placed| hit(&searcher, fields, placed.address, placed.id, &marker)).collect::<Result<_, _>>()?;
    let more = places.next().is_some();
    let next = hits.last().filter(|_| more).and_then(|last| search.next(last.article, hits.len()));
    let did_you_mean = meant(&looking, fields, &search.text)?;
    let tags = most_frequent(gathered.tags).into_iter().map(|(name, count)| TagCount { name, count });
    let authors = most_frequent(gathered.authors).into_iter().map(|(author, count)| (user_id(author), count));
    Ok(FoundArticles {
        hits,
        total: gathered.total,
        tags: tags.collect(),
        authors: authors.collect(),
        did_you_mean,
        next,
    })
}

/// What was first published within the span: identifiers begin with the millisecond, in 48 bits.
fn within(fields: &Fields, span: Span) -> Option<Box<dyn Query>> {
    let bound =
        |at: Option<Timestamp>| at.map(|at| u64::try_from(at.as_millis()).unwrap_or(0).min(u64::MAX >> 16) << 16);
    let (from, until) = (bound(span.from), bound(span.until));
    if from.is_none() && until.is_none() {
        return None;
    }
    if from.zip(until).is_some_and(|(from, until)| from >= until) {
        return Some(Box::new(EmptyQuery));
    }
    let term = |at| Term::from_field_u64(fields.id_high, at);
    let from = from.map_or(Bound::Unbounded, |at| Bound::Included(term(at)));
    let until = until.map_or(Bound::Unbounded, |at| Bound::Excluded(term(at)));
    Some(Box::new(RangeQuery::new(from, until)))
}

fn hit(searcher: &Searcher, fields: &Fields, at: DocAddress, id: u128, marker: &Marker) -> Result<Hit, Trouble> {
    let document: TantivyDocument = searcher.doc(at)?;
    let slug = stored(&document, fields.slug).and_then(Slug::parse);
    let highlight = Highlight {
        title: marker.whole(stored(&document, fields.title).unwrap_or_default()),
        body: marker.part(stored(&document, fields.text).unwrap_or_default()),
    };
    Ok(Hit {
        article: article_id(id),
        slug: slug.ok_or(Trouble::Strange("an article without an address"))?,
        author: author(searcher, at)?,
        highlight,
    })
}

/// A stored text of a document.
pub(crate) fn stored(document: &TantivyDocument, field: Field) -> Option<&str> {
    document.get_first(field).and_then(|value| value.as_str())
}

fn author(searcher: &Searcher, at: DocAddress) -> Result<UserId, Trouble> {
    use crate::schema::column::{AUTHOR_HIGH, AUTHOR_LOW};
    let columns = searcher.segment_reader(at.segment_ord).fast_fields();
    let (high, low) = (columns.u64(AUTHOR_HIGH)?.first(at.doc_id), columns.u64(AUTHOR_LOW)?.first(at.doc_id));
    let halves = high.zip(low).ok_or(Trouble::Strange("an article without an author"))?;
    Ok(user_id(whole(halves.0, halves.1)))
}

/// The most frequent of all, equally frequent ones in their own order.
fn most_frequent<T: Ord>(counts: HashMap<T, u64>) -> Vec<(T, u64)> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    counts.truncate(MAX_FACETS);
    counts
}

/// What was typed, with the nearest word in place of each that no article has; `None` if there is nothing to replace.
fn meant(looking: &Looking<'_>, fields: &Fields, text: &SearchText) -> Result<Option<String>, Trouble> {
    let mut changed = false;
    let mut pieces = Vec::new();
    for wanted in &text.wanted {
        let typed = wanted.as_str();
        let mut piece = String::new();
        let mut at = 0;
        for (atom, stem) in folded_atoms(typed).into_iter().zip(atoms(typed)) {
            if atom.ideograph || looking.documents_with(&stem.term)? > 0 {
                continue;
            }
            if let Some(near) = near(looking.searcher, fields.words, &atom.term, 1)?.pop() {
                piece.push_str(&typed[at..atom.at.start]);
                piece.push_str(&near.word);
                at = atom.at.end;
                changed = true;
            }
        }
        piece.push_str(&typed[at..]);
        pieces.push(match wanted {
            Wanted::Words(_) => piece,
            Wanted::Phrase(_) => format!("\"{piece}\""),
        });
    }
    pieces.extend(text.unwanted.iter().map(|unwanted| match unwanted {
        Wanted::Words(words) => format!("-{words}"),
        Wanted::Phrase(phrase) => format!("-\"{phrase}\""),
    }));
    Ok(changed.then(|| pieces.join(" ")))
}
