//! `GET` and `POST /api/articles/{slug}/comments`, `GET …/comments/{id}/replies` and `DELETE …/comments/{id}`: readers discuss an
//! article in threads. A comment, its place and the counts change in one transaction: what was answered is on every list.

mod creation;
mod wiring;

use std::sync::Arc;

use axum::{extract::State, http::StatusCode, response::Response};
use serde::Deserialize;
use shared::{
    cached::{CachedArticles, CachedCounters, CachedProfiles, LookedUp},
    domain::{
        Violation,
        article::{Article, Slug},
        comment::CommentId,
        page::{MAX_LIMIT, Page},
        policy::Action,
    },
    http::{
        ApiError, Arriving, CursorQuery, PathParam, PathParams, Prefetched, Problem, Query, Reading,
        auth::{MaybeViewer, Viewer},
        idempotency::Repeats,
        views::CommentsAnswer,
    },
    ports::{
        articles::ArticleLookups,
        cache::Wanted,
        comments::{CommentReads, CommentWrites, DeleteCommentError},
        follows::FollowViews,
        system::System,
    },
};
use utoipa::IntoParams;

use creation::{__path_create, create};
pub use wiring::{Comment, Config};

/// What the handlers use.
#[derive(Clone)]
pub struct Comments {
    reads: Arc<dyn CommentReads>,
    writes: Arc<dyn CommentWrites>,
    articles: Arc<dyn ArticleLookups>,
    cached: Arc<CachedArticles>,
    profiles: Arc<CachedProfiles>,
    counters: Arc<CachedCounters>,
    follows: Arc<dyn FollowViews>,
    repeats: Repeats,
    system: Arc<dyn System>,
}

impl Comments {
    /// What a request needs of the cache: the article, and the profile of whoever writes.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        let author = arriving.identity.filter(|_| arriving.method == axum::http::Method::POST);
        let author = author.map_or_else(Vec::new, |author| self.profiles.wanted(author.user_id));
        self.cached.wanted_alone(arriving.param("slug")).into_iter().chain(author).collect()
    }

    async fn article(&self, slug: &str, prefetched: &Prefetched) -> Result<Article, ApiError> {
        let slug = Slug::parse(slug).ok_or(ApiError::NotFound("article"))?;
        there(self.cached.look_up(&slug, &*self.articles, prefetched).await?)
    }

    /// What to answer where an article that was there a moment ago is not there any more.
    async fn gone(&self, article: &Article) -> ApiError {
        match self.articles.standing(&article.slug).await.map(|standing| there(standing.map(LookedUp::from))) {
            Ok(Err(gone)) => gone,
            // It came back: another try succeeds.
            Ok(Ok(_)) => ApiError::Contended("article"),
            Err(error) => error.into(),
        }
    }
}

fn there(article: Option<LookedUp>) -> Result<Article, ApiError> {
    match article {
        Some(LookedUp::Live(article)) => Ok(*article),
        Some(LookedUp::Withdrawn) => Err(ApiError::Gone("article")),
        None => Err(ApiError::NotFound("article")),
    }
}

/// Which part of the list, and in which form.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Whether replies stand in the list themselves, not in the comments that began their threads, and without placeholders.
    #[param(value_type = Option<bool>, default = false)]
    flat: Option<String>,
    /// How many; more than 100 get 100. Of a flat list 100 unless it is said.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
    /// What the page before answered as `cursor`.
    cursor: Option<String>,
}

impl ListQuery {
    /// Whether the list is flat, and which part of it.
    fn parse(&self) -> Result<(bool, Page<CommentId>), ApiError> {
        let flat = match self.flat.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(ApiError::invalid("flat", Violation::must_be("true or false"))),
        };
        let all = MAX_LIMIT.to_string();
        let limit = self.limit.as_deref().or(flat.then_some(&all));
        Ok((flat, Page::parse(limit, None, self.cursor.as_deref())?))
    }
}

/// The comments on an article
///
/// Newest first, each with the first three replies of its thread.
#[utoipa::path(get, path = "/api/articles/{slug}/comments", tag = "Comments", operation_id = "GetArticleComments",
    params(("slug" = String, Path, description = "On which article"), ListQuery),
    responses(
        (status = 200, body = CommentsAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn list(
    State(state): State<Comments>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
    Query(query): Query<ListQuery>,
) -> Result<Response, ApiError> {
    let article = state.article(&slug, &prefetched).await?;
    let viewer = viewer.map(|viewer| viewer.user_id);
    let page = match query.parse()? {
        (true, page) => state.reads.flat(article.id, viewer, page).await?,
        (false, page) => state.reads.threads(article.id, viewer, page).await?,
    };
    Ok(reading.answer(CommentsAnswer::from(page)))
}

/// The replies in a thread
///
/// Oldest first, those to replies among them. A reply begins no thread, so that its own list is empty.
#[utoipa::path(get, path = "/api/articles/{slug}/comments/{id}/replies", tag = "Comments", operation_id = "GetReplies",
    params(("slug" = String, Path, description = "On which article"), ("id" = u64, Path, description = "To which comment"),
        CursorQuery),
    responses(
        (status = 200, body = CommentsAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn replies(
    State(state): State<Comments>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    PathParams(slug, id): PathParams,
    Query(query): Query<CursorQuery>,
) -> Result<Response, ApiError> {
    let article = state.article(&slug, &prefetched).await?;
    let root = id.parse().map_err(|_| ApiError::NotFound("comment"))?;
    let page = query.page()?;
    let page = state.reads.replies(article.id, root, viewer.map(|viewer| viewer.user_id), page).await?;
    Ok(reading.answer(CommentsAnswer::from(page.ok_or(ApiError::NotFound("comment"))?)))
}

/// Delete a comment
///
/// For whoever wrote the comment, and for whoever wrote the article. With a comment on the article goes its thread; of a reply that
/// others answered a placeholder stays until they have gone.
#[utoipa::path(delete, path = "/api/articles/{slug}/comments/{id}", tag = "Comments", operation_id = "DeleteArticleComment",
    params(("slug" = String, Path, description = "On which article"), ("id" = u64, Path, description = "Which")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn delete(
    State(state): State<Comments>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParams(slug, id): PathParams,
) -> Result<StatusCode, ApiError> {
    let article = state.article(&slug, &prefetched).await?;
    let id = id.parse().map_err(|_| ApiError::NotFound("comment"))?;
    let may = |comment: &shared::domain::comment::Comment| {
        let owners: Vec<_> = comment.author_id.into_iter().chain([article.author_id]).collect();
        viewer.may(Action::DeleteComment, "comment", &owners).is_ok()
    };
    match state.writes.delete(article.id, id, &may, state.system.now()).await {
        Ok(()) => {
            state.counters.moved_in_table(&article).await;
            Ok(StatusCode::NO_CONTENT)
        }
        Err(DeleteCommentError::Missing) => Err(ApiError::NotFound("comment")),
        Err(DeleteCommentError::Forbidden) => Err(ApiError::Forbidden("comment")),
        Err(DeleteCommentError::Store(error)) => Err(error.into()),
    }
}
