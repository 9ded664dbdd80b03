//! Handlers: create and publish, edit, withdraw, delete.

use axum::{Json, extract::State, http::StatusCode};
use shared::{
    domain::policy::Action,
    http::{
        ApiError, JsonBody, PathParam, Prefetched, Problem,
        auth::Viewer,
        draft_views::DraftAnswer,
        idempotency::{Answer, Idempotency},
        views::ArticleAnswer,
    },
    ports::articles::{DraftMove, SaveArticleError, Text},
};

use crate::{
    Publications, TRIES,
    publishing::html_of,
    requests::{NewArticleRequest, UpdateArticleRequest},
};

/// Publish an article
///
/// Its draft is made with it.
#[utoipa::path(post, path = "/api/articles", tag = "Articles", operation_id = "CreateArticle",
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
        description = "1 to 255 visible ASCII characters. For 24 hours a request under the same key is done once, and answered as the first time")),
    request_body = NewArticleRequest,
    responses(
        (status = 201, body = ArticleAnswer, headers(("Idempotency-Replayed" = String, description = "`true` if it was answered before"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn create(
    State(state): State<Publications>,
    viewer: Viewer,
    once: Idempotency,
    prefetched: Prefetched,
    JsonBody(request): JsonBody<NewArticleRequest>,
) -> Result<Answer, ApiError> {
    viewer.may(Action::Write, "article", &[])?;
    let manuscript = request.article.0.parse()?;
    let author = state.author(viewer.identity.user_id, &prefetched).await?;
    state.create(viewer.identity.user_id, author, manuscript, &once).await
}

/// Edit an article
///
/// Its draft moves along if readers see just that; a draft with edits of its own keeps them.
#[utoipa::path(put, path = "/api/articles/{slug}", tag = "Articles", operation_id = "UpdateArticle",
    params(("slug" = String, Path, description = "Which")),
    request_body = UpdateArticleRequest,
    responses(
        (status = 200, body = ArticleAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn update(
    State(state): State<Publications>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
    JsonBody(request): JsonBody<UpdateArticleRequest>,
) -> Result<Json<ArticleAnswer>, ApiError> {
    // An article that is not there or not mine is said to be so, whatever rules the fields break.
    let mut old = state.allowed(&slug, &viewer, Action::EditArticle).await?;
    let changes = request.article.0.parse()?;
    let html = match &changes.body {
        Some(body) => Some(html_of(body).await?),
        None => None,
    };
    for _ in 0..TRIES {
        if let Some(draft) = state.drafts.find(old.author_id, old.draft_id).await? {
            let new = changes.apply(old.clone(), draft.next_revision(), state.system.now());
            let beside = draft.beside(&new);
            let moved = beside.as_ref().map(|beside| DraftMove { old: &draft, new: beside });
            let stored = changes.body.as_ref().zip(html.as_ref()).map(|(body, html)| Text { body, html });
            match state.articles.update(&old, &new, moved, stored).await {
                Ok(()) => return Ok(Json(state.show(new, changes.body, &prefetched).await?.into())),
                Err(SaveArticleError::Store(error)) => return Err(error.into()),
                Err(SaveArticleError::Changed | SaveArticleError::SlugTaken | SaveArticleError::KeyInUse) => {}
            }
        }
        old = state.allowed(&slug, &viewer, Action::EditArticle).await?;
    }
    Err(ApiError::Contended("article"))
}

/// Withdraw an article
///
/// Readers get 410. What is left is its draft, which keeps the address: published again, it is the same article. Moderators withdraw
/// anybody's, and are not shown the draft.
#[utoipa::path(post, path = "/api/articles/{slug}/withdraw", tag = "Articles", operation_id = "WithdrawArticle",
    params(
        ("slug" = String, Path, description = "Which"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
            description = "1 to 255 visible ASCII characters. For 24 hours a request under the same key is done once, and answered as the first time")),
    responses(
        (status = 200, body = DraftAnswer, headers(("Idempotency-Replayed" = String, description = "`true` if it was answered before"))),
        (status = 204, description = "A moderator has withdrawn it", headers(("Idempotency-Replayed" = String, description = "`true` if it was answered before"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn withdraw(
    State(state): State<Publications>,
    viewer: Viewer,
    once: Idempotency,
    PathParam(slug): PathParam,
) -> Result<Answer, ApiError> {
    for _ in 0..TRIES {
        let article = state.allowed(&slug, &viewer, Action::WithdrawArticle).await?;
        // A draft or a body that is not there has been replaced or deleted since.
        let Some(draft) = state.drafts.find(article.author_id, article.draft_id).await? else { continue };
        let Some(body) = state.drafts.body(&draft).await? else { continue };
        let (new, now) = (draft.withdrawn(), state.system.now());
        // What its author goes on writing is for no moderator to see.
        let answer = if article.author_id == viewer.identity.user_id {
            Answer::json(StatusCode::OK, &DraftAnswer::new(&new, &body))?
        } else {
            Answer::nothing()
        };
        let moved = DraftMove { old: &draft, new: &new };
        match state.articles.withdraw(&article, moved, now, once.record(&answer, now)).await {
            Ok(()) => {
                state.cached.withdrawn(&article).await;
                return Ok(answer);
            }
            Err(SaveArticleError::Store(error)) => return Err(error.into()),
            Err(SaveArticleError::KeyInUse) => return Err(ApiError::IdempotencyKeyInUse),
            Err(SaveArticleError::Changed | SaveArticleError::SlugTaken) => {}
        }
    }
    Err(ApiError::Contended("article"))
}

/// Delete an article
///
/// Its draft goes with it. Moderators delete anybody's.
#[utoipa::path(delete, path = "/api/articles/{slug}", tag = "Articles", operation_id = "DeleteArticle",
    params(("slug" = String, Path, description = "Which")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn delete(
    State(state): State<Publications>,
    viewer: Viewer,
    PathParam(slug): PathParam,
) -> Result<StatusCode, ApiError> {
    for _ in 0..TRIES {
        let article = state.allowed(&slug, &viewer, Action::DeleteArticle).await?;
        match state.articles.delete(&article, state.system.now()).await {
            Ok(()) => {
                state.cached.deleted(&article).await;
                return Ok(StatusCode::NO_CONTENT);
            }
            Err(SaveArticleError::Store(error)) => return Err(error.into()),
            Err(SaveArticleError::Changed | SaveArticleError::SlugTaken | SaveArticleError::KeyInUse) => {}
        }
    }
    Err(ApiError::Contended("article"))
}
