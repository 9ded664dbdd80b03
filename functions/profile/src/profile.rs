//! Anyone's profile.

use axum::{extract::State, response::Response};
use futures_util::try_join;
use shared::{
    domain::{UserId, follow::SeenProfile, user::Username},
    http::{ApiError, PathParam, Prefetched, Problem, Reading, auth::MaybeViewer, views::ProfileAnswer},
    ports::StoreError,
};

use crate::Profiles;

/// Anyone's profile
#[utoipa::path(get, path = "/api/profiles/{username}", tag = "Profile", operation_id = "GetProfileByUsername",
    params(("username" = String, Path, description = "Whose, regardless of case")),
    responses(
        (status = 200, body = ProfileAnswer,
            headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
pub(crate) async fn profile(
    State(state): State<Profiles>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    PathParam(username): PathParam,
) -> Result<Response, ApiError> {
    let username = Username::parse(&username).map_err(|_| ApiError::NotFound("profile"))?;
    let (user, profile) = state.cached.by_name(&username, &prefetched).await?.ok_or(ApiError::NotFound("profile"))?;
    let following = state.follows(viewer.map(|viewer| viewer.user_id), user);
    let (following, counters) = try_join!(following, state.counters.of(user, &prefetched))?;
    Ok(reading.answer(ProfileAnswer::from(SeenProfile { profile, following, counters })))
}

impl Profiles {
    /// Whether somebody follows a user. Nobody follows themselves.
    async fn follows(&self, viewer: Option<UserId>, user: UserId) -> Result<bool, StoreError> {
        match viewer.filter(|viewer| *viewer != user) {
            Some(viewer) => self.follows.follows(viewer, user).await,
            None => Ok(false),
        }
    }
}
