//! `GET /api/articles`, `GET /api/articles/{slug}` and `GET /api/tags`: everyone reads. Everything is read as last written.

mod wiring;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde::Deserialize;
use shared::{
    cached::{CachedArticles, CachedProfiles},
    domain::{
        article::{ArticleFilter, Found, Listing, Slug},
        page::Page,
        tag::FoldedTag,
        user::Username,
    },
    http::{
        ApiError, Arriving, PathParam, Prefetched, Problem, Query, Reading,
        auth::MaybeViewer,
        views::{ArticleAnswer, ArticlesAnswer, TagsAnswer},
    },
    ports::{StoreError, articles::ArticleReads, cache::Wanted},
};
use utoipa::IntoParams;

pub use wiring::{Article, Config};

/// What the handlers use.
#[derive(Clone)]
pub struct Articles {
    articles: Arc<dyn ArticleReads>,
    cached: Arc<CachedArticles>,
    profiles: Arc<CachedProfiles>,
}

impl Articles {
    /// What a request needs of the cache.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        match arriving.route {
            "/api/articles/{slug}" => self.cached.wanted(arriving.param("slug"), &self.profiles),
            "/api/articles" => match arriving.query("author") {
                author if author.is_empty() => Vec::new(),
                author => self.profiles.wanted_holder(&author),
            },
            _ => Vec::new(),
        }
    }
}

/// Which articles, and which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Only those with this tag, regardless of case.
    tag: Option<String>,
    /// Only those of this user.
    author: Option<String>,
    /// Only those that this user likes.
    favorited: Option<String>,
    /// How many; more than 100 get 100.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
    /// How many of the newest to skip.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 10000, default = 0)]
    offset: Option<String>,
    /// What the page before answered as `cursor`: reaches any depth, and stays in its place when articles come and go.
    cursor: Option<String>,
}

/// The latest articles
#[utoipa::path(get, path = "/api/articles", tag = "Articles", operation_id = "GetArticles", params(ListQuery),
    responses(
        (status = 200, body = ArticlesAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn list(
    State(state): State<Articles>,
    _: MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let page = Page::parse(query.limit.as_deref(), query.offset.as_deref(), query.cursor.as_deref())?;
    // Nobody likes anything until there is liking.
    if query.favorited.is_some() {
        return Ok(reading.answer(ArticlesAnswer::from(Listing::default())));
    }
    let listing = match state.filter(query.tag, query.author, &prefetched).await? {
        Some(filter) => state.articles.list(&filter, page).await?,
        None => Listing::default(),
    };
    Ok(reading.answer(ArticlesAnswer::from(listing)))
}

/// One article
#[utoipa::path(get, path = "/api/articles/{slug}", tag = "Articles", operation_id = "GetArticle",
    params(("slug" = String, Path, description = "Which")),
    responses(
        (status = 200, body = ArticleAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn read(
    State(state): State<Articles>,
    _: MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
) -> Result<Response, ApiError> {
    let slug = Slug::parse(&slug).ok_or(ApiError::NotFound("article"))?;
    match state.cached.read(&slug, &*state.articles, &state.profiles, &prefetched).await? {
        Some(Found::Read(read)) => Ok(reading.answer(ArticleAnswer::from(*read))),
        Some(Found::Withdrawn { .. }) => Err(ApiError::Gone("article")),
        None => Err(ApiError::NotFound("article")),
    }
}

/// The tags in use
///
/// The most used first, at most 5,000.
#[utoipa::path(get, path = "/api/tags", tag = "Tags", operation_id = "GetTags", responses((status = 200, body = TagsAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names")))]
async fn tags(State(state): State<Articles>, reading: Reading) -> Result<Response, ApiError> {
    Ok(reading.answer(TagsAnswer { tags: state.articles.tags().await? }))
}

impl Articles {
    /// The filter of a list; `None` if no article can pass it, for there is no such tag or author.
    async fn filter(
        &self,
        tag: Option<String>,
        author: Option<String>,
        prefetched: &Prefetched,
    ) -> Result<Option<ArticleFilter>, StoreError> {
        let tag = match tag.map(|tag| FoldedTag::wanted(&tag)) {
            Some(None) => return Ok(None),
            tag => tag.flatten(),
        };
        let Some(name) = author else { return Ok(Some(ArticleFilter { tag, author: None })) };
        let Ok(name) = Username::parse(&name) else { return Ok(None) };
        let author = self.profiles.holder(&name, prefetched).await?;
        Ok(author.map(|author| ArticleFilter { tag, author: Some(author) }))
    }
}
