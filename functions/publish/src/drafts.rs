//! Handlers: begin, save, list, read, publish and delete drafts, which nobody else sees.

use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use shared::{
    domain::{
        DraftId,
        draft::{Draft, DraftBody},
        policy::Action,
    },
    http::{
        ApiError, CursorQuery, IfMatch, JsonBody, PathParam, Prefetched, Problem, Query,
        auth::Viewer,
        draft_views::{DraftAnswer, DraftsAnswer},
        idempotency::{Answer, Idempotency},
        version_tag,
        views::ArticleAnswer,
    },
    ports::drafts::SaveDraftError,
};

use crate::{Publications, TRIES, requests::DraftRequest};

/// What is one person's stays with them.
const PRIVATE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));

/// A draft with its tag.
fn shown(draft: &Draft, body: &DraftBody) -> Response {
    ([(header::ETAG, version_tag(draft.version)), PRIVATE], Json(DraftAnswer::new(draft, body))).into_response()
}

/// Begin a draft
#[utoipa::path(post, path = "/api/drafts", tag = "Drafts", operation_id = "CreateDraft",
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
        description = "1 to 255 visible ASCII characters. For 24 hours a request under the same key is done once, and answered as the first time")),
    request_body = DraftRequest,
    responses(
        (status = 201, body = DraftAnswer, headers(
            ("ETag" = String, description = "The version, in quotes; not when it was answered before"),
            ("Idempotency-Replayed" = String, description = "`true` if it was answered before"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn create_draft(
    State(state): State<Publications>,
    viewer: Viewer,
    once: Idempotency,
    JsonBody(request): JsonBody<DraftRequest>,
) -> Result<impl IntoResponse, ApiError> {
    viewer.may(Action::Write, "draft", &[])?;
    let fields = request.draft.0.parse()?;
    let (now, body) = (state.system.now(), fields.body.clone().unwrap_or_default());
    let draft = Draft::new(DraftId::new(now, state.system.random()), viewer.identity.user_id, fields, now);
    let answer = Answer::json(StatusCode::CREATED, &DraftAnswer::new(&draft, &body))?;
    match state.drafts.create(&draft, &body, once.record(&answer, now)).await {
        Ok(()) => Ok(([(header::ETAG, version_tag(draft.version))], answer)),
        Err(SaveDraftError::Store(error)) => Err(error.into()),
        Err(SaveDraftError::KeyInUse | SaveDraftError::Changed) => Err(ApiError::IdempotencyKeyInUse),
    }
}

/// Save a draft
///
/// With `If-Match`, only if it is still at that version; without, over whatever version is there.
#[utoipa::path(put, path = "/api/drafts/{id}", tag = "Drafts", operation_id = "SaveDraft",
    params(
        ("id" = String, Path, description = "Which"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the version that was edited")),
    request_body = DraftRequest,
    responses(
        (status = 200, body = DraftAnswer, headers(("ETag" = String, description = "The version, in quotes"))),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 412, body = Problem, content_type = "application/problem+json",
            headers(("ETag" = String, description = "The version that the draft is at"))),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn save_draft(
    State(state): State<Publications>,
    viewer: Viewer,
    if_match: IfMatch,
    PathParam(id): PathParam,
    JsonBody(request): JsonBody<DraftRequest>,
) -> Result<Response, ApiError> {
    viewer.may(Action::Write, "draft", &[])?;
    let mut old = state.own_draft(&id, viewer.identity.user_id).await?;
    if_match.allows("draft", old.version)?;
    let changes = request.draft.0.parse()?;
    for _ in 0..TRIES {
        let body = match &changes.body {
            Some(body) => Some(body.clone()),
            None => state.drafts.body(&old).await?,
        };
        // Without its body it has got another since.
        if let Some(body) = body {
            let new = changes.apply(&old, state.system.now());
            match state.drafts.save(&old, &new, changes.body.as_ref()).await {
                Ok(()) => return Ok(shown(&new, &body)),
                Err(SaveDraftError::Store(error)) => return Err(error.into()),
                Err(SaveDraftError::Changed | SaveDraftError::KeyInUse) => {}
            }
        }
        old = state.own_draft(&id, viewer.identity.user_id).await?;
        if_match.allows("draft", old.version)?;
    }
    Err(ApiError::Contended("draft"))
}

/// My drafts
///
/// The newest first, without their texts.
#[utoipa::path(get, path = "/api/drafts", tag = "Drafts", operation_id = "GetDrafts", params(CursorQuery),
    responses(
        (status = 200, body = DraftsAnswer),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn list_drafts(
    State(state): State<Publications>,
    viewer: Viewer,
    Query(query): Query<CursorQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let page = query.page()?;
    let list = state.drafts.list(viewer.identity.user_id, page).await?;
    Ok(([PRIVATE], Json(DraftsAnswer::from(list))))
}

/// One of my drafts
#[utoipa::path(get, path = "/api/drafts/{id}", tag = "Drafts", operation_id = "GetDraft",
    params(("id" = String, Path, description = "Which")),
    responses(
        (status = 200, body = DraftAnswer, headers(("ETag" = String, description = "The version, in quotes"))),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn read_draft(
    State(state): State<Publications>,
    viewer: Viewer,
    PathParam(id): PathParam,
) -> Result<Response, ApiError> {
    for _ in 0..TRIES {
        let draft = state.own_draft(&id, viewer.identity.user_id).await?;
        if let Some(body) = state.drafts.body(&draft).await? {
            return Ok(shown(&draft, &body));
        }
    }
    Err(ApiError::Contended("draft"))
}

/// Publish a draft
///
/// As a new article, or as the next version of the one that was made of it before. A draft of which readers see just that already
/// changes nothing.
#[utoipa::path(post, path = "/api/drafts/{id}/publish", tag = "Drafts", operation_id = "PublishDraft",
    params(
        ("id" = String, Path, description = "Which"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
            description = "1 to 255 visible ASCII characters. For 24 hours a request under the same key is done once, and answered as the first time")),
    responses(
        (status = 200, body = ArticleAnswer, headers(("Idempotency-Replayed" = String, description = "`true` if it was answered before"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn publish_draft(
    State(state): State<Publications>,
    viewer: Viewer,
    once: Idempotency,
    prefetched: Prefetched,
    PathParam(id): PathParam,
) -> Result<Answer, ApiError> {
    viewer.may(Action::Write, "draft", &[])?;
    let author = state.author(viewer.identity.user_id, &prefetched).await?;
    state.publish(&id, viewer.identity.user_id, author, &once).await
}

/// Delete a draft
///
/// One whose article is live stays: that is withdrawn or deleted first.
#[utoipa::path(delete, path = "/api/drafts/{id}", tag = "Drafts", operation_id = "DeleteDraft",
    params(("id" = String, Path, description = "Which")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn delete_draft(
    State(state): State<Publications>,
    viewer: Viewer,
    PathParam(id): PathParam,
) -> Result<StatusCode, ApiError> {
    for _ in 0..TRIES {
        let draft = state.own_draft(&id, viewer.identity.user_id).await?;
        if draft.is_live() {
            return Err(ApiError::Published);
        }
        let withdrawn = state.standing(&draft).await?;
        let withdrawn = withdrawn.as_ref().and_then(|standing| standing.article());
        match state.drafts.delete(&draft, withdrawn, state.system.now()).await {
            Ok(()) => {
                if let Some(article) = withdrawn {
                    state.cached.deleted(article).await;
                }
                return Ok(StatusCode::NO_CONTENT);
            }
            Err(SaveDraftError::Store(error)) => return Err(error.into()),
            Err(SaveDraftError::Changed | SaveDraftError::KeyInUse) => {}
        }
    }
    Err(ApiError::Contended("draft"))
}
