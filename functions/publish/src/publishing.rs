//! How a draft becomes an article.

use axum::http::StatusCode;
use futures_util::{TryFutureExt as _, future::try_join};
use shared::{
    domain::{
        ArticleId, DraftId, UserId,
        article::{Article, ArticleBody, ArticleHtml, Manuscript, Read, Seen, Slug, Standing},
        draft::{Draft, DraftChanges},
        policy::Action,
        reaction::Reactions,
        user::Profile,
    },
    http::{
        ApiError, Prefetched,
        auth::Viewer,
        idempotency::{Answer, Idempotency},
        views::ArticleAnswer,
    },
    ports::{
        StoreError,
        articles::{DraftMove, SaveArticleError, Text},
    },
};

use crate::{Publications, TRIES, markdown, slug};

impl Publications {
    /// The profile of the author `id`.
    pub(crate) async fn author(&self, id: UserId, prefetched: &Prefetched) -> Result<Profile, ApiError> {
        self.profiles.by_id(id, prefetched).await?.ok_or(ApiError::TokenInvalid)
    }

    /// The live article, if `viewer` may do `action` to it.
    pub(crate) async fn allowed(&self, slug: &str, viewer: &Viewer, action: Action) -> Result<Article, ApiError> {
        let slug = Slug::parse(slug).ok_or(ApiError::NotFound("article"))?;
        match self.articles.find(&slug).await? {
            None => Err(ApiError::NotFound("article")),
            Some(Standing::Withdrawn(_) | Standing::Erased { .. }) => Err(ApiError::Gone("article")),
            Some(Standing::Live(article)) => {
                viewer.may(action, "article", &[article.author_id])?;
                Ok(article)
            }
        }
    }

    /// The draft, if it is `user`'s.
    pub(crate) async fn own_draft(&self, id: &str, user: UserId) -> Result<Draft, ApiError> {
        let id: DraftId = id.parse().map_err(|_| ApiError::NotFound("draft"))?;
        self.drafts.find(user, id).await?.ok_or(ApiError::NotFound("draft"))
    }

    /// What was made of `draft` before.
    pub(crate) async fn standing(&self, draft: &Draft) -> Result<Option<Standing>, StoreError> {
        match &draft.publication {
            Some(publication) => self.articles.find(&publication.slug).await,
            None => Ok(None),
        }
    }

    /// The article as it was just written, with `body` or else the one that is stored.
    pub(crate) async fn show(
        &self,
        article: Article,
        body: Option<ArticleBody>,
        prefetched: &Prefetched,
    ) -> Result<Seen, ApiError> {
        let body = match body {
            Some(body) => body,
            None => self.articles.body(&article).await?,
        };
        self.cached.written(&article, &body, None).await;
        let (author, reactions) =
            try_join(self.author(article.author_id, prefetched), self.reactions(&article).map_err(ApiError::from))
                .await?;
        Ok(Seen { read: Read { article, body, author }, reactions })
    }

    /// What was done about the article, as its author sees it.
    async fn reactions(&self, article: &Article) -> Result<Reactions, StoreError> {
        self.reactions.reactions(article.author_id, article.id, article.author_id).await
    }

    /// Stores a new draft and its article, under a slug that nobody has or had, `once`.
    pub(crate) async fn create(
        &self,
        user: UserId,
        author: Profile,
        manuscript: Manuscript,
        once: &Idempotency,
    ) -> Result<Answer, ApiError> {
        let now = self.system.now();
        let draft = Draft::new(DraftId::new(now, self.system.random()), user, fields(&manuscript), now);
        let article = draft.article(&manuscript, self.new_article_id(), self.slug(&manuscript, false), now);
        let html = html_of(&manuscript.body).await?;
        let mut read = Read { article, body: manuscript.body.clone(), author };
        for _ in 0..TRIES {
            // Nobody can have done anything about it yet.
            let seen = Seen { read: read.clone(), reactions: Reactions::default() };
            let answer = Answer::json(StatusCode::CREATED, &ArticleAnswer::from(seen))?;
            let published = draft.published(&read.article.slug);
            let text = Text { body: &read.body, html: &html };
            let reserved = self.cached.reserve(&read.article.slug).await;
            let created = self.articles.create(&read.article, &published, text, once.record(&answer, now)).await;
            let Err(error) = created else {
                self.cached.written(&read.article, &read.body, reserved).await;
                return Ok(answer);
            };
            self.cached.not_written(&read.article.slug, reserved).await;
            match error {
                SaveArticleError::Store(error) => return Err(error.into()),
                SaveArticleError::KeyInUse => return Err(ApiError::IdempotencyKeyInUse),
                SaveArticleError::SlugTaken | SaveArticleError::Changed => {
                    read.article.slug = self.slug(&manuscript, true);
                }
            }
        }
        Err(ApiError::Contended("article"))
    }

    /// Publishes the draft `id`, `once`: as a new article, or in place of what was made of it before.
    pub(crate) async fn publish(
        &self,
        id: &str,
        user: UserId,
        author: Profile,
        once: &Idempotency,
    ) -> Result<Answer, ApiError> {
        let mut taken = false;
        for _ in 0..TRIES {
            let draft = self.own_draft(id, user).await?;
            let (body, before) = try_join(self.drafts.body(&draft), self.standing(&draft)).await?;
            // Without its body, or its article, the draft has changed since it was read.
            let Some(body) = body else { continue };
            if draft.publication.is_some() != before.is_some() {
                continue;
            }
            let manuscript = draft.manuscript(body)?;
            let outcome = match &before {
                Some(Standing::Live(article)) if draft.is_unchanged() => {
                    self.confirm(article, &draft, manuscript.body, author.clone(), once).await
                }
                _ => self.replace(before.as_ref(), &draft, manuscript, author.clone(), taken, once).await,
            };
            match outcome {
                Err(Refused::Saving(SaveArticleError::SlugTaken)) => taken = true,
                Err(Refused::Saving(SaveArticleError::Changed)) => {}
                Err(Refused::Saving(SaveArticleError::KeyInUse)) => return Err(ApiError::IdempotencyKeyInUse),
                Err(Refused::Saving(SaveArticleError::Store(error))) => return Err(error.into()),
                Err(Refused::Answering(error)) => return Err(error),
                Ok(answer) => return Ok(answer),
            }
        }
        Err(ApiError::Contended("draft"))
    }

    /// Puts what `draft` says in the place of what was `before`.
    async fn replace(
        &self,
        before: Option<&Standing>,
        draft: &Draft,
        manuscript: Manuscript,
        author: Profile,
        taken: bool,
        once: &Idempotency,
    ) -> Result<Answer, Refused> {
        let now = self.system.now();
        let article = match before {
            // Nobody is there any more who could publish it again.
            Some(Standing::Erased { .. }) => return Err(Refused::Answering(ApiError::Gone("article"))),
            Some(Standing::Live(before) | Standing::Withdrawn(before)) => draft.article_again(&manuscript, before, now),
            None => draft.article(&manuscript, self.new_article_id(), self.slug(&manuscript, taken), now),
        };
        let reactions = match before {
            Some(_) => self.reactions(&article).await?,
            None => Reactions::default(),
        };
        let new = draft.published(&article.slug);
        // Readers have seen the body before, or they have not.
        let html = if draft.shown { None } else { Some(html_of(&manuscript.body).await?) };
        let read = Read { article, body: manuscript.body, author };
        let answer = Answer::json(StatusCode::OK, &ArticleAnswer::from(Seen { read: read.clone(), reactions }))?;
        let moved = DraftMove { old: draft, new: &new };
        let reserved = match before {
            // Its readers have had it cached.
            Some(Standing::Live(_)) => None,
            _ => self.cached.reserve(&read.article.slug).await,
        };
        let record = once.record(&answer, now);
        if let Err(error) = self.articles.publish(before, &read.article, moved, html.as_ref(), record).await {
            self.cached.not_written(&read.article.slug, reserved).await;
            return Err(error.into());
        }
        self.cached.written(&read.article, &read.body, reserved).await;
        Ok(answer)
    }

    /// Answers what readers see already.
    async fn confirm(
        &self,
        article: &Article,
        draft: &Draft,
        body: ArticleBody,
        author: Profile,
        once: &Idempotency,
    ) -> Result<Answer, Refused> {
        // Article and draft were read one after the other.
        if article.revision != draft.revision {
            return Err(SaveArticleError::Changed.into());
        }
        let reactions = self.reactions(article).await?;
        let seen = Seen { read: Read { article: article.clone(), body, author }, reactions };
        let answer = Answer::json(StatusCode::OK, &ArticleAnswer::from(seen))?;
        if let Some(record) = once.record(&answer, self.system.now()) {
            self.articles.confirm(article, record).await?;
        }
        Ok(answer)
    }

    fn new_article_id(&self) -> ArticleId {
        ArticleId::new(self.system.now(), self.system.random())
    }

    /// A slug of the title; with a suffix where the plain one is `taken`.
    fn slug(&self, manuscript: &Manuscript, taken: bool) -> Slug {
        let plain = Some(&manuscript.title).filter(|_| !taken).and_then(slug::plain);
        plain.unwrap_or_else(|| slug::with_suffix(&manuscript.title, self.system.random()))
    }
}

/// What `body` looks like as HTML. It is made on a thread of its own: a long text takes as long as many short requests.
///
/// # Errors
/// 500 if the thread is gone.
pub(crate) async fn html_of(body: &ArticleBody) -> Result<ArticleHtml, ApiError> {
    let body = body.clone();
    let rendered = tokio::task::spawn_blocking(move || markdown::render(&body)).await;
    rendered.map_err(|error| ApiError::Internal(error.into()))
}

/// What the draft of a publication is made with.
fn fields(manuscript: &Manuscript) -> DraftChanges {
    DraftChanges {
        title: Some(Some(manuscript.title.clone())),
        description: Some(Some(manuscript.description.clone())),
        body: None,
        tags: Some(manuscript.tags.clone()),
    }
}

/// Why nothing was published.
enum Refused {
    Saving(SaveArticleError),
    Answering(ApiError),
}

impl From<SaveArticleError> for Refused {
    fn from(error: SaveArticleError) -> Self {
        Self::Saving(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Answering(error.into())
    }
}

impl From<ApiError> for Refused {
    fn from(error: ApiError) -> Self {
        Self::Answering(error)
    }
}
