//! `GET /api/articles/hot`: what is hot, as of the last minute, from this process's memory: nobody waits for a backing service while
//! there is a copy.

mod wiring;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use serde::Deserialize;
use shared::{
    domain::{ArticleId, page::Page, tag::FoldedTag},
    hot::HotLists,
    http::{ApiError, Problem, Query, Reading, views::HotAnswer},
};
use utoipa::IntoParams;

pub use wiring::{Config, Ranking};

/// Which part of the list.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct HotQuery {
    /// How many; more than 100 get 100.
    #[param(value_type = Option<u64>, format = "uint64", minimum = 1, default = 20)]
    limit: Option<String>,
    /// Only those of the hot list with this tag, regardless of case.
    tag: Option<String>,
}

/// What is hot
///
/// The hundred hottest articles, made anew every minute. The answer is the same for everyone: flags such as `favorited` are false, and
/// counts are as of `rankedAt`. It counts against no quota.
#[utoipa::path(get, path = "/api/articles/hot", tag = "Articles", operation_id = "GetHotArticles", params(HotQuery),
    responses(
        (status = 200, body = HotAnswer, headers(("ETag" = String, description = "Of this list and this part of it"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")))]
async fn hot(
    State(lists): State<Arc<HotLists>>,
    reading: Reading,
    Query(query): Query<HotQuery>,
) -> Result<Response, ApiError> {
    let page = Page::<ArticleId>::parse(query.limit.as_deref(), None, None)?;
    let tag = query.tag.map(|tag| FoldedTag::wanted(&tag));
    let list = lists.newest().await?;
    match tag {
        None => Ok(list.answer(&reading, page.limit, None)),
        Some(Some(tag)) => Ok(list.answer(&reading, page.limit, Some(&tag))),
        Some(None) => Ok(list.answer_none(&reading)),
    }
}
