//! `POST /api/articles`, `PUT` and `DELETE /api/articles/{slug}`: authors publish, edit and delete. Article, lists and counts
//! change in one transaction: what was answered is on every list, and what was refused left nothing behind.

mod slug;
mod wiring;

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    http::{Method, StatusCode},
};
use serde::Deserialize;
use shared::{
    cached::{CachedArticles, CachedProfiles},
    domain::{
        ArticleId, Field, UserId, Violations,
        article::{Article, ArticleBody, ArticleChanges, Description, Read, Slug, Title},
        tag::{self, Tag},
        user::Profile,
    },
    http::{
        ApiError, Arriving, JsonBody, Object, PathParam, Prefetched, Problem,
        auth::Viewer,
        idempotency::{Answer, Idempotency, Repeats},
        views::ArticleAnswer,
    },
    ports::{
        articles::{ArticleWrites, SaveArticleError},
        cache::Wanted,
        system::System,
    },
};
use utoipa::ToSchema;

pub use wiring::{Config, Publish};

/// How often a change is made anew because another came in between, or a slug is chosen anew because it is taken.
const TRIES: usize = 8;

/// What the handlers use.
#[derive(Clone)]
pub struct Publications {
    articles: Arc<dyn ArticleWrites>,
    cached: Arc<CachedArticles>,
    profiles: Arc<CachedProfiles>,
    repeats: Repeats,
    system: Arc<dyn System>,
}

impl Publications {
    /// What a request needs of the cache: the profile of whoever publishes or edits.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        let shown = arriving.method != Method::DELETE;
        arriving.identity.filter(|_| shown).map_or_else(Vec::new, |author| self.profiles.wanted(author.user_id))
    }
}

/// `{"article": …}`
#[derive(Deserialize, ToSchema)]
struct NewArticleRequest {
    #[schema(value_type = NewArticle)]
    article: Object<NewArticle>,
}

/// An article to publish.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NewArticle {
    /// One line.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 256)]
    title: Field<String>,
    /// One line.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1, max_length = 1024)]
    description: Field<String>,
    /// Markdown, at most 256 KiB.
    #[serde(default)]
    #[schema(value_type = String, required = true, min_length = 1)]
    body: Field<String>,
    /// At most 10, each one line of at most 64 characters; spellings of one tag count once.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    tag_list: Field<Vec<String>>,
}

struct Publication {
    title: Title,
    description: Description,
    body: ArticleBody,
    tags: Vec<Tag>,
}

impl NewArticle {
    fn parse(self) -> Result<Publication, Violations> {
        let mut violations = Violations::default();
        let title = violations.check("title", self.title.required().and_then(|text| Title::parse(&text)));
        let description = self.description.required().and_then(|text| Description::parse(&text));
        let description = violations.check("description", description);
        let body = violations.check("body", self.body.required().and_then(ArticleBody::parse));
        let tags = violations.check("tagList", tags(self.tag_list)).map(Option::unwrap_or_default);
        let all = title.zip(description).zip(body).zip(tags);
        violations.finish(all.map(|(((title, description), body), tags)| Publication {
            title,
            description,
            body,
            tags,
        }))
    }
}

fn tags(list: Field<Vec<String>>) -> Result<Option<Vec<Tag>>, shared::domain::Violation> {
    list.optional()?.map(|texts| tag::parse_all(&texts)).transpose()
}

/// `{"article": …}`
#[derive(Deserialize, ToSchema)]
struct UpdateArticleRequest {
    #[schema(value_type = UpdateArticle)]
    article: Object<UpdateArticle>,
}

/// What should be different; a field that is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct UpdateArticle {
    /// One line; the slug stays.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 256)]
    title: Field<String>,
    /// One line.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 1024)]
    description: Field<String>,
    /// Markdown, at most 256 KiB.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1)]
    body: Field<String>,
    /// All the tags; `[]` clears them.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>, nullable = false)]
    tag_list: Field<Vec<String>>,
}

impl UpdateArticle {
    fn parse(self) -> Result<ArticleChanges, Violations> {
        let mut violations = Violations::default();
        let title = self.title.optional().and_then(|text| text.map(|text| Title::parse(&text)).transpose());
        let title = violations.check("title", title).flatten();
        let description =
            self.description.optional().and_then(|text| text.map(|text| Description::parse(&text)).transpose());
        let description = violations.check("description", description).flatten();
        let body = self.body.optional().and_then(|text| text.map(ArticleBody::parse).transpose());
        let body = violations.check("body", body).flatten();
        let tags = violations.check("tagList", tags(self.tag_list)).flatten();
        violations.finish(Some(ArticleChanges { title, description, body, tags }))
    }
}

/// Publish an article
#[utoipa::path(post, path = "/api/articles", tag = "Articles", operation_id = "CreateArticle",
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]+$", min_length = 1, max_length = 255,
        description = "1 to 255 visible ASCII characters. For 24 hours a request under the same key is done once, and answered as the first time")),
    request_body = NewArticleRequest,
    responses(
        (status = 201, body = ArticleAnswer, headers(("Idempotency-Replayed" = String, description = "`true` if it was answered before"))),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn create(
    State(state): State<Publications>,
    viewer: Viewer,
    once: Idempotency,
    prefetched: Prefetched,
    JsonBody(request): JsonBody<NewArticleRequest>,
) -> Result<Answer, ApiError> {
    let publication = request.article.0.parse()?;
    let author = state.author(viewer.identity.user_id, &prefetched).await?;
    state.publish(viewer.identity.user_id, author, publication, &once).await
}

/// Edit an article
#[utoipa::path(put, path = "/api/articles/{slug}", tag = "Articles", operation_id = "UpdateArticle",
    params(("slug" = String, Path, description = "Which")),
    request_body = UpdateArticleRequest,
    responses(
        (status = 200, body = ArticleAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn update(
    State(state): State<Publications>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParam(slug): PathParam,
    JsonBody(request): JsonBody<UpdateArticleRequest>,
) -> Result<Json<ArticleAnswer>, ApiError> {
    // An article that is not there or not mine is said to be so, whatever rules the fields break.
    let mut old = state.own(&slug, viewer.identity.user_id).await?;
    let changes = request.article.0.parse()?;
    for _ in 0..TRIES {
        let new = changes.apply(old.clone(), state.system.now());
        match state.articles.update(&old, &new, changes.body.as_ref()).await {
            Ok(()) => return Ok(Json(state.show(new, changes.body, &prefetched).await?.into())),
            Err(SaveArticleError::Store(error)) => return Err(error.into()),
            Err(SaveArticleError::Changed | SaveArticleError::SlugTaken | SaveArticleError::KeyInUse) => {
                old = state.own(&slug, viewer.identity.user_id).await?;
            }
        }
    }
    Err(ApiError::Contended("article"))
}

/// Delete an article
#[utoipa::path(delete, path = "/api/articles/{slug}", tag = "Articles", operation_id = "DeleteArticle",
    params(("slug" = String, Path, description = "Which")),
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn delete(
    State(state): State<Publications>,
    viewer: Viewer,
    PathParam(slug): PathParam,
) -> Result<StatusCode, ApiError> {
    for _ in 0..TRIES {
        let article = state.own(&slug, viewer.identity.user_id).await?;
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

impl Publications {
    async fn author(&self, id: UserId, prefetched: &Prefetched) -> Result<Profile, ApiError> {
        self.profiles.by_id(id, prefetched).await?.ok_or(ApiError::TokenInvalid)
    }

    /// Stores the article under a slug that nobody has or had, `once`.
    async fn publish(
        &self,
        author_id: UserId,
        author: Profile,
        publication: Publication,
        once: &Idempotency,
    ) -> Result<Answer, ApiError> {
        let Publication { title, description, body, tags } = publication;
        let now = self.system.now();
        let id = ArticleId::new(now, self.system.random());
        let slug = slug::plain(&title).unwrap_or_else(|| slug::with_suffix(&title, self.system.random()));
        let (revision, version) = (1, 1);
        let (created_at, updated_at) = (now, now);
        let article =
            Article { id, slug, author_id, title, description, tags, revision, created_at, updated_at, version };
        let mut read = Read { article, body, author };
        for _ in 0..TRIES {
            let answer = Answer::json(StatusCode::CREATED, &ArticleAnswer::from(read.clone()))?;
            match self.articles.create(&read.article, &read.body, once.record(&answer, now)).await {
                Ok(()) => {
                    self.cached.written(&read.article, &read.body).await;
                    return Ok(answer);
                }
                Err(SaveArticleError::Store(error)) => return Err(error.into()),
                Err(SaveArticleError::KeyInUse) => return Err(ApiError::IdempotencyKeyInUse),
                Err(SaveArticleError::SlugTaken | SaveArticleError::Changed) => {
                    read.article.slug = slug::with_suffix(&read.article.title, self.system.random());
                }
            }
        }
        Err(ApiError::Contended("article"))
    }

    /// The article, if it is `user`'s.
    async fn own(&self, slug: &str, user: UserId) -> Result<Article, ApiError> {
        let slug = Slug::parse(slug).ok_or(ApiError::NotFound("article"))?;
        let article = self.articles.find(&slug).await?.ok_or(ApiError::NotFound("article"))?;
        if article.author_id == user { Ok(article) } else { Err(ApiError::Forbidden("article")) }
    }

    /// The article as it was just written, with `body` or else the one that is stored.
    async fn show(
        &self,
        article: Article,
        body: Option<ArticleBody>,
        prefetched: &Prefetched,
    ) -> Result<Read, ApiError> {
        let body = match body {
            Some(body) => body,
            None => self.articles.body(&article).await?,
        };
        self.cached.written(&article, &body).await;
        let author = self.author(article.author_id, prefetched).await?;
        Ok(Read { article, body, author })
    }
}
