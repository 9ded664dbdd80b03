//! Searching for articles: the request and its answer.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::{Value, json};
use shared::{
    domain::{
        article::Slug,
        page::Start,
        ranking::Scoring,
        search::{ArticleSearch, FoundArticles, Highlight, Hit, MAX_FACETS, Place, Sort, TagCount},
    },
    ports::StoreError,
};

use crate::{
    client::fault,
    document::ARTICLE,
    highlight::{self, BEFORE, BEHIND},
    query::Clauses,
    spelling::{self, Spelling},
};

/// What a hot article's score is, see [`Scoring`]: hours from its first publication, of which there are none before it.
const HOT: &str = "double age = Math.max(0L, params.now - doc['since'].value) / 3600000.0; \
                   return doc['points'].value / Math.pow(age + 2.0, params.gravity);";
/// A search in the engine's words.
pub(crate) struct Request {
    pub(crate) body: Value,
    spelling: Spelling,
}

impl Request {
    pub(crate) fn new(search: &ArticleSearch, scoring: &Scoring) -> Self {
        let clauses = Clauses::of_articles(&search.text);
        let spelling = Spelling::of(&search.text);
        let highlight = json!({
            "pre_tags": [BEFORE], "post_tags": [BEHIND],
            "highlight_query": clauses.marks(),
            "fields": {
                "title": {"number_of_fragments": 0},
                "short": {"number_of_fragments": 0},
                "text": {
                    "number_of_fragments": 1, "fragment_size": highlight::MOST, "no_match_size": highlight::MOST, "order": "score",
                },
            },
        });
        let facet = |field: &str| {
            json!({"terms": {
                "field": field, "size": MAX_FACETS, "order": [{"_count": "desc"}, {"_key": "asc"}],
            }})
        };
        let mut body = json!({
            "query": query(clauses, search, scoring),
            // One more tells whether there is a next page.
            "size": search.page.limit + 1,
            "track_total_hits": true,
            "sort": match search.sort {
                Sort::Latest => json!([{"article": "desc"}]),
                Sort::Relevance | Sort::Hot => json!([{"_score": "desc"}, {"article": "desc"}]),
            },
            "_source": ["slug", "article", "author", "title"],
            "highlight": highlight,
            "aggs": {"tags": facet("tag"), "authors": facet("author")},
        });
        match search.page.start {
            Start::Offset(skipped) | Start::Behind(Place::After(skipped)) => body["from"] = skipped.into(),
            Start::Behind(Place::Behind(article)) => body["search_after"] = json!([article.to_string()]),
        }
        if !spelling.is_empty() {
            body["aggs"]["known"] = spelling.known();
            body["suggest"] = spelling.suggester();
        }
        Self { body, spelling }
    }

    /// What the answer says was found.
    pub(crate) fn found(&self, search: &ArticleSearch, answer: Answer) -> Result<FoundArticles, StoreError> {
        let Answer { hits, aggregations, suggest } = answer;
        let more = hits.hits.len() > search.page.limit;
        let found = hits.hits.into_iter().take(search.page.limit).map(FoundHit::read);
        let found = found.collect::<Result<Vec<_>, _>>()?;
        let last = found.last().filter(|_| more);
        let next = last.and_then(|last| search.next(last.article, found.len()));
        let Aggregations { tags, authors, known } = aggregations;
        let tags = tags.buckets.into_iter().map(|Bucket { key, doc_count }| TagCount { name: key, count: doc_count });
        let author = |Bucket { key, doc_count }| Ok((key.parse().map_err(fault)?, doc_count));
        let known = known.map(|known| known.words).unwrap_or_default();
        let words = suggest.map(|suggest| suggest.words).unwrap_or_default();
        Ok(FoundArticles {
            hits: found,
            total: hits.total.value,
            tags: tags.collect(),
            authors: authors.buckets.into_iter().map(author).collect::<Result<_, StoreError>>()?,
            did_you_mean: self.spelling.meant(&search.text, &known, &words),
            next,
        })
    }
}

fn query(clauses: Clauses, search: &ArticleSearch, scoring: &Scoring) -> Value {
    let mut filter = vec![json!({"term": {"kind": ARTICLE}})];
    if let Some(tag) = &search.tag {
        filter.push(json!({"term": {"tag": tag.as_str()}}));
    }
    if let Some(author) = &search.author {
        filter.push(json!({"term": {"author": author.to_string()}}));
    }
    let mut span = serde_json::Map::new();
    if let Some(from) = search.span.from {
        span.insert("gte".to_owned(), from.as_millis().into());
    }
    if let Some(until) = search.span.until {
        span.insert("lt".to_owned(), until.as_millis().into());
    }
    if !span.is_empty() {
        filter.push(json!({"range": {"since": span}}));
    }
    let query = clauses.query(filter);
    match search.sort {
        Sort::Relevance => query,
        // Nothing is scored.
        Sort::Latest => json!({"bool": {"filter": [query]}}),
        Sort::Hot => json!({"function_score": {
            "query": {"bool": {"filter": [query]}},
            "boost_mode": "replace",
            "script_score": {"script": {
                "source": HOT, "params": {"now": search.now.as_millis(), "gravity": scoring.gravity},
            }},
        }}),
    }
}

/// An answer: all that is read of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    hits: Hits,
    aggregations: Aggregations,
    suggest: Option<Suggest>,
}

#[derive(Debug, Deserialize)]
struct Hits {
    total: Total,
    hits: Vec<FoundHit>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Total {
    pub(crate) value: u64,
}

#[derive(Debug, Deserialize)]
struct FoundHit {
    _source: Source,
    #[serde(default)]
    highlight: HashMap<String, Vec<String>>,
}

#[derive(Debug, Deserialize)]
struct Source {
    slug: String,
    article: String,
    author: String,
    title: String,
}

#[derive(Debug, Deserialize)]
struct Aggregations {
    tags: Buckets,
    authors: Buckets,
    known: Option<KnownWords>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Buckets {
    pub(crate) buckets: Vec<Bucket>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) key: String,
    pub(crate) doc_count: u64,
}

#[derive(Debug, Deserialize)]
struct KnownWords {
    /// Of all documents: not used, but it must not be taken for a word.
    #[serde(rename = "doc_count")]
    _documents: u64,
    #[serde(flatten)]
    words: HashMap<String, spelling::Known>,
}

#[derive(Debug, Deserialize)]
struct Suggest {
    words: Vec<spelling::Entry>,
}

impl FoundHit {
    fn read(self) -> Result<Hit, StoreError> {
        let Self { _source: source, highlight } = self;
        let slug = Slug::parse(&source.slug).ok_or_else(|| fault(format!("{} is no address", source.slug)))?;
        let marked = |field: &str| highlight.get(field).and_then(|fragments| fragments.first());
        let highlight = Highlight {
            // The engine leaves out what has nothing of it.
            title: highlight::whole(marked("title").unwrap_or(&source.title)),
            body: marked("short")
                .or_else(|| marked("text"))
                .map(|marked| highlight::fragment(marked))
                .unwrap_or_default(),
        };
        let (article, author) = (source.article.parse().map_err(fault)?, source.author.parse().map_err(fault)?);
        Ok(Hit { article, slug, author, highlight })
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::{
        ArticleId, Timestamp,
        page::Page,
        search::{SearchText, Span},
    };

    use super::*;

    fn search(typed: &str, sort: Sort) -> ArticleSearch {
        ArticleSearch {
            text: SearchText::parse(typed).unwrap(),
            tag: None,
            author: None,
            span: Span { from: Some(Timestamp::from_millis(1)), until: Some(Timestamp::from_millis(2)) },
            sort,
            page: Page { start: Start::Offset(40), limit: 20 },
            now: Timestamp::from_millis(7),
        }
    }

    #[test]
    fn a_span_has_its_beginning_and_not_its_end() {
        let body = Request::new(&search("rust", Sort::Relevance), &Scoring::default()).body;
        assert_eq!(body["query"]["bool"]["filter"][1], json!({"range": {"since": {"gte": 1, "lt": 2}}}));
        assert_eq!((&body["from"], &body["size"]), (&json!(40), &json!(21)));
    }

    #[test]
    fn what_is_hot_is_reckoned_by_the_time_and_gravity_of_the_caller() {
        let scoring = Scoring { gravity: 1.8, ..Scoring::default() };
        let body = Request::new(&search("", Sort::Hot), &scoring).body;
        let script = &body["query"]["function_score"]["script_score"]["script"];
        assert_eq!(script["params"], json!({"now": 7, "gravity": 1.8}));
        assert_eq!(body["suggest"], Value::Null);
    }

    #[test]
    fn the_latest_go_on_behind_an_article() {
        let article = ArticleId::from_bytes([7; 16]);
        let mut search = search("", Sort::Latest);
        search.page.start = Start::Behind(Place::Behind(article));
        let body = Request::new(&search, &Scoring::default()).body;
        assert_eq!(body["search_after"], json!([article.to_string()]));
        assert_eq!(body["from"], Value::Null);
    }
}
