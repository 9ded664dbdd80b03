//! All searches: one request each, of what is searched right now.

use async_trait::async_trait;
use http::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use shared::{
    domain::{
        article::Slug,
        page::MAX_OFFSET,
        search::{
            ArticleSearch, FoundArticles, FoundUsers, MAX_CHARS, SearchText, SuggestedTitle, Suggestions, TagCount,
        },
        tag::FoldedTag,
    },
    ports::{StoreError, search::Searches},
};
use unicode_normalization::UnicodeNormalization as _;

use crate::{
    OpenSearch,
    articles::{Buckets, Request, Total},
    client::{Body, Reply, away, fault},
    document::{ARTICLE, USER},
    pieces::{self, is_cjk},
    query::Clauses,
};

#[derive(Deserialize)]
struct Answer<T> {
    hits: Hits<T>,
}

#[derive(Deserialize)]
struct Hits<T> {
    total: Total,
    hits: Vec<Found<T>>,
}

#[derive(Deserialize)]
struct Found<T> {
    _source: T,
}

#[derive(Deserialize)]
struct Counted {
    aggregations: Tags,
}

#[derive(Deserialize)]
struct Tags {
    tags: Buckets,
}

#[derive(Deserialize)]
struct User {
    user: String,
}

#[derive(Deserialize)]
struct Name {
    username: String,
}

#[derive(Deserialize)]
struct Title {
    slug: String,
    title: String,
}

impl Tags {
    fn read(self) -> Vec<TagCount> {
        let tags = self.tags.buckets.into_iter();
        tags.map(|bucket| TagCount { name: bucket.key, count: bucket.doc_count }).collect()
    }
}

/// An answer to several searches has one of these for each.
#[derive(Deserialize)]
struct Several {
    responses: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    status: u16,
    #[serde(flatten)]
    answer: Value,
}

impl One {
    /// The answer; nothing if there is no index.
    fn done<T: DeserializeOwned>(self) -> Result<Option<T>, StoreError> {
        match self.status {
            200 => serde_json::from_value(self.answer).map(Some).map_err(fault),
            404 => Ok(None),
            429 | 500.. => Err(away(format!("status {}", self.status))),
            status => Err(fault(format!("status {status}: {}", self.answer))),
        }
    }
}

/// How many articles have which tags that match the engine's regular expression `include`.
fn tags(include: &str, limit: usize) -> Value {
    json!({
        "size": 0,
        "query": {"term": {"kind": ARTICLE}},
        "aggs": {"tags": {"terms": {
            "field": "tag", "size": limit, "include": include, "order": [{"_count": "desc"}, {"_key": "asc"}],
        }}},
    })
}

/// A regular expression that matches `text` and nothing else.
fn literally(text: &str) -> String {
    let mut expression = String::with_capacity(text.len() * 2);
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            expression.push('\\');
        }
        expression.push(c);
    }
    expression
}

/// Tags of which a word begins so. A script without white space has words anywhere.
fn word_of_a_tag(folded: &str) -> String {
    let literal = literally(folded);
    if folded.starts_with(is_cjk) { format!(".*{literal}.*") } else { format!("(.*[^a-z0-9])?{literal}.*") }
}

impl OpenSearch {
    /// Asks what is searched right now. Nothing if there is no index, because nothing was ever written.
    async fn ask(&self, what: &str, body: Body<'_>) -> Result<Option<Reply>, StoreError> {
        let deadline = self.client.deadline(self.timeouts.request);
        let path = format!("/{}/{what}", self.generations.read());
        let reply = self.client.call(Method::POST, &path, body, deadline).await?;
        if !reply.is_missing() {
            return Ok(Some(reply));
        }
        // The one that was searched may have been dropped between finding it by its alias and searching it.
        let reply = self.client.call(Method::POST, &path, body, deadline).await?;
        Ok(Some(reply).filter(|reply| !reply.is_missing()))
    }

    async fn search<T: DeserializeOwned>(&self, body: &Value) -> Result<Option<T>, StoreError> {
        // Where a part of the index is away, a part of the answer would be taken for the whole.
        let reply = self.ask("_search?allow_partial_search_results=false", Body::Json(body)).await?;
        reply.map(|reply| reply.done()).transpose()
    }
}

#[async_trait]
impl Searches for OpenSearch {
    async fn articles(&self, search: &ArticleSearch) -> Result<FoundArticles, StoreError> {
        let request = Request::new(search, &self.scoring);
        let answer = self.search(&request.body).await?;
        answer.map_or_else(|| Ok(FoundArticles::default()), |answer| request.found(search, answer))
    }

    async fn users(&self, text: &SearchText, skip: usize, limit: usize) -> Result<FoundUsers, StoreError> {
        let body = json!({
            "query": Clauses::of_users(text).query(vec![json!({"term": {"kind": USER}})]),
            "from": skip.min(MAX_OFFSET),
            // So deep nobody is looked for.
            "size": if skip > MAX_OFFSET { 0 } else { limit.min(100) },
            "track_total_hits": true,
            "sort": [{"_score": "desc"}, {"user": "asc"}],
            "_source": ["user"],
        });
        let Some(Answer { hits }) = self.search::<Answer<User>>(&body).await? else {
            return Ok(FoundUsers::default());
        };
        let users = hits.hits.into_iter().map(|found| found._source.user.parse().map_err(fault));
        Ok(FoundUsers { users: users.collect::<Result<_, _>>()?, total: hits.total.value })
    }

    async fn tags(&self, text: &str, limit: usize) -> Result<Vec<TagCount>, StoreError> {
        // What is too long for a tag is in none.
        let Some(folded) = FoldedTag::wanted(text).filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let body = tags(&word_of_a_tag(folded.as_str()), limit);
        let found = self.search::<Counted>(&body).await?;
        Ok(found.map(|found| found.aggregations.read()).unwrap_or_default())
    }

    async fn suggest(&self, typed: &str, limit: usize) -> Result<Suggestions, StoreError> {
        let typed: String = typed.trim().nfc().take(MAX_CHARS).collect();
        let pieces = pieces::of([typed.as_str()].into_iter());
        if pieces.is_empty() || limit == 0 {
            return Ok(Suggestions::default());
        }
        let titles = json!({
            "query": Clauses::of_titles(&pieces).query(vec![json!({"term": {"kind": ARTICLE}})]),
            "size": limit,
            "sort": [{"_score": "desc"}, {"article": "desc"}],
            "_source": ["slug", "title"],
        });
        let users = json!({
            "query": {"bool": {"filter": [
                {"term": {"kind": USER}},
                {"prefix": {"username.folded": {"value": typed.to_lowercase()}}},
            ]}},
            "size": limit,
            "sort": [{"username.folded": "asc"}, {"user": "asc"}],
            "_source": ["username"],
        });
        let tag = FoldedTag::wanted(&typed);
        let tags = tag.map(|tag| tags(&format!("{}.*", literally(tag.as_str())), limit));
        let searches = [Some(titles), Some(users), tags];
        let whole = json!({"allow_partial_search_results": false});
        let lines: String = searches.iter().flatten().map(|search| format!("{whole}\n{search}\n")).collect();
        let Some(reply) = self.ask("_msearch", Body::Lines(&lines)).await? else { return Ok(Suggestions::default()) };
        let mut answers = reply.done::<Several>()?.responses.into_iter();
        let mut next = || answers.next().ok_or_else(|| fault("fewer answers than searches"));
        let titles = next()?.done::<Answer<Title>>()?.map(|answer| answer.hits.hits).unwrap_or_default();
        let users = next()?.done::<Answer<Name>>()?.map(|answer| answer.hits.hits).unwrap_or_default();
        let tags = if searches[2].is_some() { next()?.done::<Counted>()? } else { None };
        let title = |Found { _source: Title { slug, title } }| {
            let slug = Slug::parse(&slug).ok_or_else(|| fault(format!("{slug} is no address")))?;
            Ok(SuggestedTitle { slug, title })
        };
        Ok(Suggestions {
            titles: titles.into_iter().map(title).collect::<Result<_, StoreError>>()?,
            tags: tags.map(|found| found.aggregations.read()).unwrap_or_default(),
            users: users.into_iter().map(|found| found._source.username).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_no_expression() {
        assert_eq!(word_of_a_tag("c++ (a|b)"), r"(.*[^a-z0-9])?c\+\+ \(a\|b\).*");
        assert_eq!(word_of_a_tag("数据.*"), r".*数据\.\*.*");
    }

    #[test]
    fn an_overloaded_part_of_an_answer_is_not_taken_for_nothing() {
        let one = |status| One { status, answer: json!({}) };
        assert!(matches!(one(429).done::<Counted>(), Err(StoreError::Unavailable { .. })));
        assert!(matches!(one(400).done::<Counted>(), Err(StoreError::Fault { .. })));
        assert!(matches!(one(404).done::<Counted>(), Ok(None)));
    }
}
