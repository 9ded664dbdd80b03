//! `GET /api/articles`, `GET /api/articles/feed`, `GET /api/articles/{slug}` and `GET /api/tags`: everyone reads. Everything is read as last written.

mod wiring;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use futures_util::try_join;
use serde::Deserialize;
use shared::{
    cached::{CachedArticles, CachedLists, CachedProfiles, CachedReactions, FirstPage, Sources},
    domain::{
        UserId, Violation,
        article::{ArticleFilter, Found, Listing, Slug},
        page::{DEFAULT_LIMIT, Page, Start},
        tag::FoldedTag,
        user::Username,
    },
    http::{
        ApiError, Arriving, PageQuery, PathParam, Prefetched, Problem, Query, Reading,
        auth::{MaybeViewer, Viewer},
        views::{ArticleAnswer, ArticlesAnswer, TagsAnswer},
    },
    ports::{
        StoreError,
        articles::{ArticleDetails, ArticleReads},
        cache::Wanted,
        feeds::Feeds,
        reactions::LikeLists,
    },
};
use utoipa::IntoParams;

pub use wiring::{Article, Config};

/// What the handlers use.
pub struct Articles {
    articles: Arc<dyn ArticleReads>,
    details: Arc<dyn ArticleDetails>,
    likes: Arc<dyn LikeLists>,
    feeds: Arc<dyn Feeds>,
    cached: Arc<CachedArticles>,
    profiles: Arc<CachedProfiles>,
    reactions: Arc<CachedReactions>,
    lists: Arc<CachedLists>,
}

/// How many of an author's own articles are read for them in advance.
const WARMED: usize = 3;

impl Articles {
    /// What a request needs of the cache.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        let slug = arriving.param("slug");
        match (arriving.route, arriving.identity) {
            ("/api/articles/{slug}", _) => {
                let article = self.cached.wanted_with_counters(slug, &self.profiles, &self.reactions.counters);
                let html = (arriving.query("format") == HTML).then(|| self.cached.wanted_html(slug)).flatten();
                article.into_iter().chain(html).collect()
            }
            ("/api/articles", _) => self.prefetch_list(arriving),
            ("/api/tags", _) if arriving.query("prefix").is_empty() => vec![self.lists.wanted_tags()],
            _ => Vec::new(),
        }
    }

    /// Who the author is, if only one's articles are asked for; and the page itself, if it may be a cached one.
    fn prefetch_list(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        let cached = arriving.identity.is_none()
            && ["tag", "favorited", "cursor", "offset"].iter().all(|name| arriving.query(name).is_empty());
        let (author, favorited) = (arriving.query("author"), arriving.query("favorited"));
        let list = match author {
            "" => Some(FirstPage::Latest),
            author => self.profiles.last_holder(author).map(FirstPage::Author),
        };
        let page = list.filter(|_| cached).map(|list| self.lists.wanted_page(list));
        let names = [author, favorited].into_iter().filter(|name| !name.is_empty());
        names.flat_map(|name| self.profiles.wanted_holder(name)).chain(page).collect()
    }
}

/// The one `format` besides none.
const HTML: &str = "html";

/// How the text is wanted.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ReadQuery {
    /// `html`: the answer has the text as HTML too, rendered and harmless.
    #[param(pattern = "^html$")]
    format: Option<String>,
}

impl ReadQuery {
    /// Whether HTML is wanted.
    fn html(&self) -> Result<bool, ApiError> {
        match self.format.as_deref() {
            None => Ok(false),
            Some(HTML) => Ok(true),
            Some(_) => Err(ApiError::invalid("format", Violation::must_be("\"html\""))),
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
    State(state): State<Arc<Articles>>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let page = Page::parse(query.limit.as_deref(), query.offset.as_deref(), query.cursor.as_deref())?;
    let viewer = viewer.map(|viewer| viewer.user_id);
    let (filter, fan) = match state.wanted(query, &prefetched).await? {
        Some(wanted) => wanted,
        None => return Ok(reading.answer(ArticlesAnswer::from(Listing::default()))),
    };
    if let Some(first) = first_page(&filter).filter(|_| fan.is_none() && !reading.personal && FirstPage::has(page)) {
        let whole = Page { start: Start::Offset(0), limit: DEFAULT_LIMIT };
        let load = || state.articles.list(&filter, None, whole);
        return Ok(state.lists.page(first, &prefetched, load).await?.answer(&reading, page.limit));
    }
    let listing = match fan {
        Some(fan) => state.likes.likes(fan, &filter, viewer, page).await?,
        None => state.articles.list(&filter, viewer, page).await?,
    };
    // Who looks at their own articles opens one of them next.
    if viewer.is_some() && viewer == filter.author {
        let next: Vec<_> = listing.articles.iter().take(WARMED).map(|listed| &listed.article.slug).collect();
        state.cached.warm(&next, &*state.details).await;
    }
    Ok(reading.answer(ArticlesAnswer::from(listing)))
}

/// What those write whom I follow
#[utoipa::path(get, path = "/api/articles/feed", tag = "Articles", operation_id = "GetArticlesFeed", params(PageQuery),
    responses(
        (status = 200, body = ArticlesAnswer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn feed(
    State(state): State<Arc<Articles>>,
    viewer: Viewer,
    reading: Reading,
    Query(query): Query<PageQuery>,
) -> Result<Response, ApiError> {
    let page = query.page()?;
    let listing = state.feeds.feed(viewer.identity.user_id, page).await?;
    Ok(reading.answer(ArticlesAnswer::from(listing)))
}

/// One article
#[utoipa::path(get, path = "/api/articles/{slug}", tag = "Articles", operation_id = "GetArticle",
    params(("slug" = String, Path, description = "Which"), ReadQuery),
    responses(
        (status = 200, body = ArticleAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn read(
    State(state): State<Arc<Articles>>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
    Query(query): Query<ReadQuery>,
) -> Result<Response, ApiError> {
    let slug = Slug::parse(&slug).ok_or(ApiError::NotFound("article"))?;
    let sources = Sources { articles: &*state.details, profiles: &state.profiles, prefetched: &prefetched };
    let html = query.html();
    if viewer.is_none() && matches!(html, Ok(false)) {
        return there(state.cached.show(&slug, sources, &state.reactions, &reading).await?);
    }
    let seen = there(state.cached.seen(&slug, viewer, sources, &state.reactions).await?)?;
    if !html? {
        return Ok(reading.answer(ArticleAnswer::from(seen)));
    }
    // Without its HTML the article was deleted in between.
    let html = state.cached.html(&seen.read.article, sources).await?;
    let html = html.ok_or(ApiError::NotFound("article"))?;
    Ok(reading.answer(ArticleAnswer::from(seen).with_html(&html)))
}

/// What was found, if there is an article.
fn there<T>(found: Option<Found<T>>) -> Result<T, ApiError> {
    match found {
        Some(Found::Read(found)) => Ok(*found),
        Some(Found::Withdrawn { .. }) => Err(ApiError::Gone("article")),
        None => Err(ApiError::NotFound("article")),
    }
}

/// Which tags.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TagsQuery {
    /// Only those that begin like this, regardless of case.
    prefix: Option<String>,
}

/// The tags in use
///
/// The most used first, at most 5,000.
#[utoipa::path(get, path = "/api/tags", tag = "Tags", operation_id = "GetTags", params(TagsQuery),
    responses(
        (status = 200, body = TagsAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json")))]
async fn tags(
    State(state): State<Arc<Articles>>,
    reading: Reading,
    prefetched: Prefetched,
    Query(query): Query<TagsQuery>,
) -> Result<Response, ApiError> {
    let Some(prefix) = query.prefix.filter(|prefix| !prefix.trim().is_empty()) else {
        return Ok(state.lists.tags(&prefetched, &*state.articles).await?.answer(&reading));
    };
    let tags = match FoldedTag::wanted(&prefix) {
        Some(prefix) => state.articles.tags(Some(&prefix)).await?,
        // No tag is that long.
        None => Vec::new(),
    };
    Ok(reading.answer(TagsAnswer { tags }))
}

/// The list of `filter`, if its first page is cached.
fn first_page(filter: &ArticleFilter) -> Option<FirstPage> {
    match filter {
        ArticleFilter { tag: None, author: None } => Some(FirstPage::Latest),
        ArticleFilter { tag: None, author: Some(author) } => Some(FirstPage::Author(*author)),
        ArticleFilter { tag: Some(_), .. } => None,
    }
}

impl Articles {
    /// The filter of a list, and whose likes it is about if anyone's; `None` if no article can pass, for there is no such tag or
    /// user.
    async fn wanted(
        &self,
        query: ListQuery,
        prefetched: &Prefetched,
    ) -> Result<Option<(ArticleFilter, Option<UserId>)>, StoreError> {
        let tag = match query.tag.map(|tag| FoldedTag::wanted(&tag)) {
            Some(None) => return Ok(None),
            tag => tag.flatten(),
        };
        let (author, fan) = try_join!(self.holder(query.author, prefetched), self.holder(query.favorited, prefetched))?;
        let all = author.zip(fan);
        Ok(all.map(|(author, fan)| (ArticleFilter { tag, author }, fan)))
    }

    /// Who has the name, if one is given; `None` if nobody has it.
    async fn holder(
        &self,
        name: Option<String>,
        prefetched: &Prefetched,
    ) -> Result<Option<Option<UserId>>, StoreError> {
        let Some(name) = name else { return Ok(Some(None)) };
        let Ok(name) = Username::parse(&name) else { return Ok(None) };
        Ok(self.profiles.holder(&name, prefetched).await?.map(Some))
    }
}
