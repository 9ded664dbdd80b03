//! `POST` and `DELETE /api/articles/{slug}/favorite` and `…/collect`, `GET /api/user/likes` and `/api/user/collections`: what one
//! likes and collects. To do it again changes nothing; everyone after it sees the count, which the change stream moves in the table.

mod wiring;

use std::sync::Arc;

use axum::{Json, extract::State, http::Method, response::Response};
use futures_util::join;
use serde::Deserialize;
use shared::{
    cached::{CachedArticles, CachedCounters, CachedProfiles, Sources},
    domain::{
        ArticleId, Field, RelationId, UserId,
        article::{ArticleFilter, Found, Read, Seen, Slug},
        counting::Move,
        page::Page,
        policy::Action,
        reaction::{Folder, Place, Reactions},
    },
    http::{
        ApiError, Arriving, OptionalJsonBody, PageQuery, PathParam, Prefetched, Problem, Query, Reading,
        auth::Viewer,
        views::{ArticleAnswer, ArticlesAnswer, CollectionsAnswer},
    },
    ports::{
        articles::ArticleDetails,
        cache::Wanted,
        reactions::{Collections, CounterViews, LikeLists, Likes, ReactionViews},
        system::System,
    },
};
use utoipa::{IntoParams, ToSchema};

pub use wiring::{Config, Like};

/// What the handlers use.
#[derive(Clone)]
pub struct Likings {
    likes: Arc<dyn Likes>,
    like_lists: Arc<dyn LikeLists>,
    collections: Arc<dyn Collections>,
    views: Arc<dyn ReactionViews>,
    counter_views: Arc<dyn CounterViews>,
    articles: Arc<dyn ArticleDetails>,
    cached: Arc<CachedArticles>,
    profiles: Arc<CachedProfiles>,
    counters: Arc<CachedCounters>,
    system: Arc<dyn System>,
}

impl Likings {
    /// What a request needs of the cache: the article that it is about, and its counters, which are shown if nothing changes.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        match *arriving.method {
            Method::POST | Method::DELETE => {
                self.cached.wanted_with_counters(arriving.param("slug"), &self.profiles, &self.counters, |_| ())
            }
            _ => Vec::new(),
        }
    }
}

/// Which part of a collection.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct CollectionQuery {
    /// Only what is in this folder.
    folder: Option<String>,
    /// How many; more than 100 get 100.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
    /// How many of the newest to skip.
    #[param(value_type = Option<u64>, minimum = 0, maximum = 10000, default = 0)]
    offset: Option<String>,
    /// The `cursor` of the page before, in place of an offset.
    cursor: Option<String>,
}

/// Where to collect an article.
#[derive(Deserialize, ToSchema)]
struct CollectRequest {
    /// The folder's name; `null` or `""` for none. If it is absent, what is collected already stays in its folder.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 64)]
    folder: Field<String>,
}

impl CollectRequest {
    fn parse(self) -> Result<Place, ApiError> {
        let folder = self.folder.clearable().map(|folder| folder.map(|text| Folder::parse(&text)).transpose());
        let folder = folder.transpose().map_err(|violation| ApiError::invalid("folder", violation))?;
        Ok(folder.map_or(Place::AsItIs, Place::In))
    }
}

/// Like an article
///
/// To like it again changes nothing.
#[utoipa::path(post, path = "/api/articles/{slug}/favorite", tag = "Favorites", operation_id = "CreateArticleFavorite",
    params(("slug" = String, Path, description = "Which")),
    responses(
        (status = 200, body = ArticleAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn like(
    State(state): State<Likings>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
) -> Result<Json<ArticleAnswer>, ApiError> {
    let me = viewer.identity.user_id;
    viewer.may(Action::React, "article", &[])?;
    let read = state.article(&slug, &prefetched).await?;
    let moved = state.likes.like(me, &read.article, state.new_relation()).await?;
    state.answer(me, read, moved, &prefetched).await
}

/// No longer like an article
///
/// Not to like what one does not like changes nothing.
#[utoipa::path(delete, path = "/api/articles/{slug}/favorite", tag = "Favorites", operation_id = "DeleteArticleFavorite",
    params(("slug" = String, Path, description = "Which")),
    responses(
        (status = 200, body = ArticleAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn unlike(
    State(state): State<Likings>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
) -> Result<Json<ArticleAnswer>, ApiError> {
    let me = viewer.identity.user_id;
    viewer.may(Action::React, "article", &[])?;
    let read = state.article(&slug, &prefetched).await?;
    let moved = state.likes.unlike(me, read.article.id).await?;
    state.answer(me, read, moved, &prefetched).await
}

/// Collect an article
///
/// To collect it again moves it into the folder that is named, if one is.
#[utoipa::path(post, path = "/api/articles/{slug}/collect", tag = "Collections", operation_id = "CollectArticle",
    params(("slug" = String, Path, description = "Which")),
    request_body = Option<CollectRequest>,
    responses(
        (status = 200, body = ArticleAnswer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn collect(
    State(state): State<Likings>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
    OptionalJsonBody(request): OptionalJsonBody<CollectRequest>,
) -> Result<Json<ArticleAnswer>, ApiError> {
    let me = viewer.identity.user_id;
    viewer.may(Action::React, "article", &[])?;
    let read = state.article(&slug, &prefetched).await?;
    let place = request.map_or(Ok(Place::AsItIs), CollectRequest::parse)?;
    let moved = state.collections.collect(me, &read.article, state.new_relation(), &place).await?;
    state.answer(me, read, moved, &prefetched).await
}

/// Take an article out of the collection
///
/// To take out what is not in it changes nothing.
#[utoipa::path(delete, path = "/api/articles/{slug}/collect", tag = "Collections", operation_id = "UncollectArticle",
    params(("slug" = String, Path, description = "Which")),
    responses(
        (status = 200, body = ArticleAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn take_out(
    State(state): State<Likings>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
) -> Result<Json<ArticleAnswer>, ApiError> {
    let me = viewer.identity.user_id;
    viewer.may(Action::React, "article", &[])?;
    let read = state.article(&slug, &prefetched).await?;
    let moved = state.collections.take_out(me, read.article.id).await?;
    state.answer(me, read, moved, &prefetched).await
}

/// What I like
///
/// The newest articles first; what was withdrawn or deleted is left out.
#[utoipa::path(get, path = "/api/user/likes", tag = "Favorites", operation_id = "GetLikes", params(PageQuery),
    responses(
        (status = 200, body = ArticlesAnswer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn likes(
    State(state): State<Likings>,
    viewer: Viewer,
    reading: Reading,
    Query(query): Query<PageQuery>,
) -> Result<Response, ApiError> {
    let me = viewer.identity.user_id;
    viewer.may(Action::React, "article", &[])?;
    let page: Page<ArticleId> = query.page()?;
    let listing = state.like_lists.likes(me, &ArticleFilter::default(), Some(me), page).await?;
    Ok(reading.answer(ArticlesAnswer::from(listing)))
}

/// My collection
///
/// The newest articles first; what was withdrawn or deleted is left out.
#[utoipa::path(get, path = "/api/user/collections", tag = "Collections", operation_id = "GetCollections",
    params(CollectionQuery),
    responses(
        (status = 200, body = CollectionsAnswer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn collection(
    State(state): State<Likings>,
    viewer: Viewer,
    reading: Reading,
    Query(query): Query<CollectionQuery>,
) -> Result<Response, ApiError> {
    let page = Page::parse(query.limit.as_deref(), query.offset.as_deref(), query.cursor.as_deref())?;
    let folder = query.folder.map(|text| Folder::parse(&text)).transpose();
    let folder = folder.map_err(|violation| ApiError::invalid("folder", violation))?;
    let found = state.collections.collection(viewer.identity.user_id, folder.as_ref(), page).await?;
    Ok(reading.answer(CollectionsAnswer::from(found)))
}

impl Likings {
    /// The article that a request is about.
    async fn article(&self, slug: &str, prefetched: &Prefetched) -> Result<Read, ApiError> {
        let slug = Slug::parse(slug).ok_or(ApiError::NotFound("article"))?;
        let sources = Sources { articles: &*self.articles, profiles: &self.profiles, prefetched, reader: None };
        match self.cached.read(&slug, sources).await? {
            Some(Found::Read(read)) => Ok(*read),
            Some(Found::Withdrawn { .. }) => Err(ApiError::Gone("article")),
            None => Err(ApiError::NotFound("article")),
        }
    }

    /// The article as `me` sees it now; where a counter moved, the cache is told.
    async fn answer(
        &self,
        me: UserId,
        read: Read,
        moved: Option<Move>,
        prefetched: &Prefetched,
    ) -> Result<Json<ArticleAnswer>, ApiError> {
        let article = &read.article;
        let counters = async {
            match moved {
                Some(moved) => self.counters.moved(article, moved, &*self.counter_views).await,
                None => self.counters.of(article.id, &*self.counter_views, None, prefetched).await,
            }
        };
        // Whatever becomes of the flags, the cache is to be told.
        let (counters, flags) = join!(counters, self.views.flags(me, article.id, article.author_id));
        let reactions = Reactions { counters: counters?, flags: flags? };
        Ok(Json(Seen { read, reactions }.into()))
    }

    fn new_relation(&self) -> RelationId {
        RelationId::new(self.system.now(), self.system.random())
    }
}
