//! `GET /api/search`, `GET /api/search/suggest`, `GET /api/search/tags` and `GET /api/search/users`: finding what there is. What is shown
//! of it is as last written; what is withdrawn or deleted is not found, however far the index is behind.

mod wiring;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde::Deserialize;
use shared::{
    cached::CachedProfiles,
    domain::{
        UserId, Violation, Violations,
        page::{MAX_OFFSET, Page, Start},
        search::{ArticleSearch, FoundArticles, Place, SearchText, Sort, Span},
        tag::FoldedTag,
        user::Username,
    },
    http::{
        ApiError, Arriving, Prefetched, Problem, Query, Reading,
        auth::MaybeViewer,
        views::{
            CountView, FacetsView, FoundArticleView, FoundTagsAnswer, FoundUsersAnswer, SearchAnswer, SuggestAnswer,
        },
    },
    ports::{
        StoreError,
        cache::Wanted,
        search::{FoundViews, SearchEngine},
        system::System,
    },
};
use utoipa::IntoParams;

pub use wiring::{Config, Search};

/// Suggestions of one kind at the most.
const SUGGESTIONS: usize = 8;

/// What the handlers use.
pub struct Finding {
    engine: Arc<dyn SearchEngine>,
    views: Arc<dyn FoundViews>,
    profiles: Arc<CachedProfiles>,
    system: Arc<dyn System>,
}

impl Finding {
    /// What a request needs of the cache: who the author is, if only one's articles are looked for.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        match arriving.query("author") {
            "" => Vec::new(),
            author => self.profiles.wanted_holder(author),
        }
    }
}

/// What is looked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct SearchQuery {
    /// Words, `"phrases in quotes"` and `-words` that must not be there, at most 256 characters. Without any, all articles are found.
    q: Option<String>,
    /// Only those with this tag, regardless of case.
    tag: Option<String>,
    /// Only those of this user.
    author: Option<String>,
    /// Only those that were first published on this day (UTC) or at this time, or later.
    #[param(example = "2026-11-23")]
    from: Option<String>,
    /// Only those that were first published on this day (UTC) or at this time, or before.
    #[param(example = "2026-11-23T08:00:00Z")]
    to: Option<String>,
    /// Best first, latest first or hottest first. Where nothing is typed, `latest` is the default.
    #[param(pattern = "^(relevance|latest|hot)$", default = "relevance")]
    sort: Option<String>,
    /// How many; more than 100 get 100.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
    /// What the page before answered as `cursor`.
    cursor: Option<String>,
}

/// A query that was understood, but for the author's name.
struct Understood {
    search: ArticleSearch,
    author: Option<String>,
    /// Whether no article can have such a tag.
    impossible: bool,
}

impl SearchQuery {
    fn understand(self, system: &dyn System) -> Result<Understood, Violations> {
        let mut violations = Violations::default();
        let text = violations.check("q", SearchText::parse(self.q.as_deref().unwrap_or_default()));
        let from = violations.check("from", self.from.as_deref().map(Span::from).transpose());
        let until = violations.check("to", self.to.as_deref().map(Span::until).transpose());
        let typed = text.as_ref().is_some_and(|text| !text.wanted.is_empty());
        let sort = violations.check("sort", Sort::parse(self.sort.as_deref(), typed));
        let page = match Page::<Place>::parse(self.limit.as_deref(), None, self.cursor.as_deref()) {
            Ok(page) => Some(page),
            Err(more) => {
                for (field, reasons) in more.into_map() {
                    reasons.into_iter().for_each(|reason| violations.add(&field, Violation(reason.into())));
                }
                None
            }
        };
        if let (Some(Page { start: Start::Behind(place), .. }), Some(sort)) = (page, sort)
            && !place.is_of(sort)
        {
            violations.add("cursor", Violation::must_be("the cursor of a page of this list"));
        }
        let tag = self.tag.map(|tag| FoldedTag::wanted(&tag));
        let impossible = matches!(tag, Some(None));
        let search = text.zip(from.zip(until)).zip(sort.zip(page)).map(|((text, (from, until)), (sort, page))| {
            let (tag, author, span) = (tag.flatten(), None, Span { from, until });
            ArticleSearch { text, tag, author, span, sort, page, now: system.now() }
        });
        let author = self.author;
        violations.finish(search.map(|search| Understood { search, author, impossible }))
    }
}

/// Search articles
///
/// Words count in the title more than in the tags, there more than in the description, and there more than in the text. Articles that have
/// all words come before those that have some. Latin words are found by their stem, and with a typo.
#[utoipa::path(get, path = "/api/search", tag = "Search", operation_id = "SearchArticles", params(SearchQuery),
    responses(
        (status = 200, body = SearchAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn search(
    State(state): State<Arc<Finding>>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    Query(query): Query<SearchQuery>,
) -> Result<Response, ApiError> {
    let Understood { mut search, author, impossible } = query.understand(&*state.system)?;
    if let Some(name) = author {
        search.author = state.holder(&name, &prefetched).await?;
        if search.author.is_none() {
            return Ok(reading.answer(SearchAnswer::default()));
        }
    }
    if impossible {
        return Ok(reading.answer(SearchAnswer::default()));
    }
    let found = state.engine.articles(&search).await?;
    Ok(reading.answer(state.show(found, viewer.map(|viewer| viewer.user_id)).await?))
}

impl Finding {
    /// Who has the name, if anybody.
    async fn holder(&self, name: &str, prefetched: &Prefetched) -> Result<Option<UserId>, StoreError> {
        let Ok(name) = Username::parse(name) else { return Ok(None) };
        self.profiles.holder(&name, prefetched).await
    }

    /// What was found, as `viewer` sees it.
    async fn show(&self, found: FoundArticles, viewer: Option<UserId>) -> Result<SearchAnswer, StoreError> {
        let FoundArticles { hits, total, tags, authors, did_you_mean, next } = found;
        let ids: Vec<_> = authors.iter().map(|(author, _)| *author).collect();
        let (listed, names) = self.views.articles(&hits, &ids, viewer).await?;
        let articles = listed.into_iter().zip(hits);
        let articles = articles.filter_map(|(listed, hit)| Some(FoundArticleView::new(listed?, hit.highlight)));
        let authors = names.into_iter().zip(authors);
        let authors = authors.filter_map(|(name, (_, count))| Some(CountView { name: name?.into(), count }));
        Ok(SearchAnswer {
            articles: articles.collect(),
            articles_count: total,
            facets: FacetsView { tags: tags.into_iter().map(CountView::from).collect(), authors: authors.collect() },
            did_you_mean,
            cursor: SearchAnswer::cursor(next),
        })
    }
}

/// What is being typed.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TypedQuery {
    /// The beginning of it, at most 256 characters.
    q: Option<String>,
}

impl TypedQuery {
    fn text(&self) -> Result<&str, ApiError> {
        let typed = self.q.as_deref().unwrap_or_default();
        SearchText::parse(typed).map_err(|violation| ApiError::invalid("q", violation))?;
        Ok(typed.trim())
    }
}

/// Suggestions as one types
///
/// At most eight articles, tags and users; nothing as long as nothing is typed.
#[utoipa::path(get, path = "/api/search/suggest", tag = "Search", operation_id = "SuggestSearch", params(TypedQuery),
    responses(
        (status = 200, body = SuggestAnswer, headers(("ETag" = String, description = "For strangers"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
async fn suggest(
    State(state): State<Arc<Finding>>,
    reading: Reading,
    Query(query): Query<TypedQuery>,
) -> Result<Response, ApiError> {
    let suggestions = match query.text()? {
        "" => SuggestAnswer::default(),
        typed => state.engine.suggest(typed, SUGGESTIONS).await?.into(),
    };
    Ok(reading.answer(suggestions))
}

/// Which tags.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct TagsQuery {
    /// What one of the tag's words begins with, at most 256 characters.
    q: Option<String>,
    /// How many; more than 100 get 100.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
}

/// Search tags
#[utoipa::path(get, path = "/api/search/tags", tag = "Search", operation_id = "SearchTags", params(TagsQuery),
    responses(
        (status = 200, body = FoundTagsAnswer, headers(("ETag" = String, description = "For strangers"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")))]
async fn tags(
    State(state): State<Arc<Finding>>,
    reading: Reading,
    Query(query): Query<TagsQuery>,
) -> Result<Response, ApiError> {
    let page = Page::<Place>::parse(query.limit.as_deref(), None, None)?;
    let typed = TypedQuery { q: query.q };
    let tags = state.engine.tags(typed.text()?, page.limit).await?;
    Ok(reading.answer(FoundTagsAnswer { tags: tags.into_iter().map(CountView::from).collect() }))
}

/// Which users.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct UsersQuery {
    /// What name or bio have, or what the name begins with, at most 256 characters.
    q: Option<String>,
    /// How many; more than 100 get 100.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
    /// What the page before answered as `cursor`.
    cursor: Option<String>,
}

/// Search users
#[utoipa::path(get, path = "/api/search/users", tag = "Search", operation_id = "SearchUsers", params(UsersQuery),
    responses(
        (status = 200, body = FoundUsersAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn users(
    State(state): State<Arc<Finding>>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    Query(query): Query<UsersQuery>,
) -> Result<Response, ApiError> {
    let page = Page::<Place>::parse(query.limit.as_deref(), None, query.cursor.as_deref())?;
    let skip = match page.start {
        Start::Offset(_) => 0,
        Start::Behind(Place::After(skip)) => skip,
        Start::Behind(Place::Behind(_)) => {
            return Err(ApiError::invalid("cursor", Violation::must_be("the cursor of a page of this list")));
        }
    };
    let text = SearchText::parse(query.q.as_deref().unwrap_or_default())
        .map_err(|violation| ApiError::invalid("q", violation))?;
    let found = state.engine.users(&text, skip, page.limit).await?;
    let reached = skip + found.users.len();
    let more = found.users.len() == page.limit && found.total > reached as u64 && reached <= MAX_OFFSET;
    let users = state.views.users(&found.users, viewer.map(|viewer| viewer.user_id)).await?;
    Ok(reading.answer(FoundUsersAnswer::new(users, found.total, more.then_some(Place::After(reached)))))
}
