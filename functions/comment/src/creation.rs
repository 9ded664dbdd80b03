//! Commenting: a new comment, or a reply.

use std::fmt;

use axum::{extract::State, http::StatusCode};
use serde::{Deserialize, Deserializer, de::Visitor};
use shared::{
    domain::{
        Field, UserId, Violations,
        article::Article,
        comment::{Comment, CommentBody, CommentId, Person, ShownComment},
        policy::Action,
    },
    http::{
        ApiError, JsonBody, Object, PathParam, Prefetched, Problem,
        auth::Viewer,
        idempotency::{Answer, Idempotency},
        views::CommentAnswer,
    },
    ports::comments::{AddCommentError, Parent},
};
use utoipa::ToSchema;

use crate::Comments;

/// How often an id is chosen anew because it is taken.
const TRIES: usize = 8;

/// `{"comment": …}`
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewCommentRequest {
    #[schema(value_type = NewComment)]
    comment: Object<NewComment>,
}

/// A comment to add.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewComment {
    /// The text.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 10000)]
    body: Field<String>,
    /// The comment or reply that it answers; absent or `null`, it is on the article itself.
    #[serde(default)]
    #[schema(value_type = Option<u64>, minimum = 1)]
    parent_id: Field<ParentId>,
}

/// The number of what is answered, whether or not a comment can have it.
struct ParentId(u64);

impl<'de> Deserialize<'de> for ParentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = ParentId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a comment")
            }

            fn visit_u64<E>(self, number: u64) -> Result<ParentId, E> {
                Ok(ParentId(number))
            }
        }

        deserializer.deserialize_u64(Number)
    }
}

/// Comment on an article, or reply to a comment
#[utoipa::path(post, path = "/api/articles/{slug}/comments", tag = "Comments", operation_id = "CreateArticleComment",
    params(("slug" = String, Path, description = "On which article"),
        ("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
        description = "1 to 255 visible ASCII characters. For 24 hours a request under the same key is done once, and answered as the first time")),
    request_body = NewCommentRequest,
    responses(
        (status = 201, body = CommentAnswer, headers(("Idempotency-Replayed" = String, description = "`true` if it was answered before"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 410, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn create(
    State(state): State<Comments>,
    viewer: Viewer,
    once: Idempotency,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
    JsonBody(request): JsonBody<NewCommentRequest>,
) -> Result<Answer, ApiError> {
    let author_id = viewer.identity.user_id;
    viewer.may(Action::Discuss, "comment", &[])?;
    let article = state.article(&slug, &prefetched).await?;
    let NewComment { body, parent_id } = request.comment.0;
    let mut violations = Violations::default();
    let body = violations.check("body", body.required().and_then(CommentBody::parse));
    let body = violations.finish(body)?;
    let parent = state.parent(&article, parent_id).await?;
    let author = state.profiles.by_id(author_id, &prefetched).await?.ok_or(ApiError::TokenInvalid)?;
    let to = parent.as_ref().and_then(|parent| parent.comment.reply().to);
    let reply_to = match to {
        Some(to) => state.person(to, author_id, &prefetched).await?,
        None => None,
    };
    let author = Person { profile: author, followed: false };
    let now = state.system.now();
    let reply = parent.as_ref().map(|parent| parent.comment.reply());
    let id = match &parent {
        Some(parent) => state.new_id(parent.comment.id),
        None => CommentId::new(now, state.system.random()),
    };
    let (created_at, updated_at) = (now, now);
    let comment = Comment { id, article: article.id, author_id: Some(author_id), reply, created_at, updated_at };
    state.add(&article, Draft { comment, body, author, reply_to }, parent.as_ref(), &once).await
}

/// A comment that is not stored yet, with what the answer shows of people.
struct Draft {
    comment: Comment,
    body: CommentBody,
    author: Person,
    reply_to: Option<Person>,
}

impl Draft {
    fn answer(&self) -> Result<Answer, ApiError> {
        let Self { comment, body, author, reply_to } = self;
        let shown = ShownComment {
            comment: comment.clone(),
            body: Some(body.clone()),
            author: Some(author.clone()),
            reply_to: reply_to.clone(),
            replies_count: 0,
            replies: Vec::new(),
        };
        Answer::json(StatusCode::CREATED, &CommentAnswer::from(shown))
    }
}

impl Comments {
    /// What is to be answered.
    async fn parent(&self, article: &Article, id: Field<ParentId>) -> Result<Option<Parent>, ApiError> {
        let Field::Given(ParentId(number)) = id else { return Ok(None) };
        let missing = || ApiError::NotFound("comment");
        let id = CommentId::from_number(number).ok_or_else(missing)?;
        self.writes.parent(article.id, id).await?.ok_or_else(missing).map(Some)
    }

    /// Somebody as `viewer` sees them.
    async fn person(&self, id: UserId, viewer: UserId, prefetched: &Prefetched) -> Result<Option<Person>, ApiError> {
        let profile = self.profiles.by_id(id, prefetched).await?;
        let followed = id != viewer && self.follows.follows(viewer, id).await?;
        Ok(profile.map(|profile| Person { profile, followed }))
    }

    /// An id of now that is after `other`.
    fn new_id(&self, other: CommentId) -> CommentId {
        CommentId::new(self.system.now(), self.system.random()).after(other)
    }

    /// Stores the comment under an id that no other of the article's has, `once`.
    async fn add(
        &self,
        article: &Article,
        mut draft: Draft,
        parent: Option<&Parent>,
        once: &Idempotency,
    ) -> Result<Answer, ApiError> {
        for _ in 0..TRIES {
            let answer = draft.answer()?;
            let record = once.record(&answer, draft.comment.created_at);
            match self.writes.add(article, &draft.comment, &draft.body, parent, record).await {
                Ok(()) => {
                    self.counters.moved_in_table(article).await;
                    return Ok(answer);
                }
                Err(AddCommentError::IdTaken(other)) => draft.comment.id = self.new_id(other),
                Err(AddCommentError::ArticleGone) => return Err(self.gone(article).await),
                Err(AddCommentError::ParentGone) => return Err(ApiError::NotFound("comment")),
                Err(AddCommentError::KeyInUse) => return Err(ApiError::IdempotencyKeyInUse),
                Err(AddCommentError::Store(error)) => return Err(error.into()),
            }
        }
        Err(ApiError::Contended("comment"))
    }
}
