//! `POST` and `DELETE /api/profiles/{username}/follow`, and who follows whom: `GET …/followers` and `…/following`. To follow again,
//! or to unfollow whom one does not follow, changes nothing; counts are exact at every moment.

mod wiring;

use std::sync::Arc;

use axum::{Json, extract::State, http::Method, response::Response};
use futures_util::join;
use shared::{
    cached::{CachedFollows, CachedProfiles},
    domain::{
        UserId, Violation,
        follow::{MAX_FOLLOWING, SeenProfile},
        policy::Action,
        user::{Profile, Username},
    },
    http::{
        ApiError, Arriving, CursorQuery, PathParam, Prefetched, Problem, Query, Reading,
        auth::{MaybeViewer, Viewer},
        views::{ProfileAnswer, ProfilesAnswer},
    },
    ports::{
        cache::Wanted,
        follows::{FollowError, Follows},
    },
};

pub use wiring::{Config, Follow};

/// What the handlers use.
#[derive(Clone)]
pub struct Followings {
    follows: Arc<dyn Follows>,
    counters: Arc<CachedFollows>,
    profiles: Arc<CachedProfiles>,
}

impl Followings {
    /// What a request needs of the cache: whoever follows or unfollows is shown the profile and, if nothing changed, its counters.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        let name = arriving.param("username");
        if arriving.method == Method::GET || arriving.method == Method::HEAD {
            return self.profiles.wanted_holder(name);
        }
        let counters = self.profiles.last_holder(name).map(|user| self.counters.wanted(user));
        self.profiles.wanted_by_name(name).into_iter().chain(counters).collect()
    }
}

/// Follow a user
///
/// To follow again changes nothing.
#[utoipa::path(post, path = "/api/profiles/{username}/follow", tag = "Profile", operation_id = "FollowUserByUsername",
    params(("username" = String, Path, description = "Whom, regardless of case")),
    responses(
        (status = 200, body = ProfileAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn follow(
    State(state): State<Followings>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParam(username): PathParam,
) -> Result<Json<ProfileAnswer>, ApiError> {
    let me = viewer.identity.user_id;
    viewer.may(Action::React, "profile", &[])?;
    let (user, profile) = state.found(&username, &prefetched).await?;
    if user == me {
        return Err(ApiError::invalid("username", Violation::must_be("somebody else's")));
    }
    let moved = match state.follows.follow(me, user).await {
        Ok(moved) => moved,
        Err(FollowError::TooMany) => return Err(ApiError::invalid("username", too_many())),
        Err(FollowError::Store(error)) => return Err(error.into()),
    };
    state.answer(me, user, profile, true, moved, &prefetched).await
}

/// Unfollow a user
///
/// To unfollow whom one does not follow changes nothing.
#[utoipa::path(delete, path = "/api/profiles/{username}/follow", tag = "Profile", operation_id = "UnfollowUserByUsername",
    params(("username" = String, Path, description = "Whom, regardless of case")),
    responses(
        (status = 200, body = ProfileAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn unfollow(
    State(state): State<Followings>,
    viewer: Viewer,
    prefetched: Prefetched,
    PathParam(username): PathParam,
) -> Result<Json<ProfileAnswer>, ApiError> {
    let me = viewer.identity.user_id;
    viewer.may(Action::React, "profile", &[])?;
    let (user, profile) = state.found(&username, &prefetched).await?;
    // Nobody follows themselves, and one transaction may not move the same counters twice.
    let moved = user != me && state.follows.unfollow(me, user).await?;
    state.answer(me, user, profile, false, moved, &prefetched).await
}

/// Who follows a user
///
/// Who signed up last comes first.
#[utoipa::path(get, path = "/api/profiles/{username}/followers", tag = "Profile", operation_id = "GetFollowers",
    params(("username" = String, Path, description = "Whose, regardless of case"), CursorQuery),
    responses(
        (status = 200, body = ProfilesAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn followers(
    State(state): State<Followings>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    PathParam(username): PathParam,
    Query(query): Query<CursorQuery>,
) -> Result<Response, ApiError> {
    let user = state.holder(&username, &prefetched).await?;
    let viewer = viewer.map(|viewer| viewer.user_id);
    Ok(reading.answer(ProfilesAnswer::from(state.follows.followers(user, viewer, query.page()?).await?)))
}

/// Whom a user follows
///
/// Who signed up last comes first.
#[utoipa::path(get, path = "/api/profiles/{username}/following", tag = "Profile", operation_id = "GetFollowing",
    params(("username" = String, Path, description = "Whose, regardless of case"), CursorQuery),
    responses(
        (status = 200, body = ProfilesAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn following(
    State(state): State<Followings>,
    MaybeViewer(viewer): MaybeViewer,
    reading: Reading,
    prefetched: Prefetched,
    PathParam(username): PathParam,
    Query(query): Query<CursorQuery>,
) -> Result<Response, ApiError> {
    let user = state.holder(&username, &prefetched).await?;
    let viewer = viewer.map(|viewer| viewer.user_id);
    Ok(reading.answer(ProfilesAnswer::from(state.follows.following(user, viewer, query.page()?).await?)))
}

fn too_many() -> Violation {
    Violation(format!("is one too many to follow (maximum is {MAX_FOLLOWING})").into())
}

impl Followings {
    /// Whoever has the name, with their profile.
    async fn found(&self, name: &str, prefetched: &Prefetched) -> Result<(UserId, Profile), ApiError> {
        let name = Username::parse(name).map_err(|_| ApiError::NotFound("profile"))?;
        self.profiles.by_name(&name, prefetched).await?.ok_or(ApiError::NotFound("profile"))
    }

    /// Whoever has the name.
    async fn holder(&self, name: &str, prefetched: &Prefetched) -> Result<UserId, ApiError> {
        let name = Username::parse(name).map_err(|_| ApiError::NotFound("profile"))?;
        self.profiles.holder(&name, prefetched).await?.ok_or(ApiError::NotFound("profile"))
    }

    /// `user` as `me` sees them now; where counters moved, the cache is told of both users'.
    async fn answer(
        &self,
        me: UserId,
        user: UserId,
        profile: Profile,
        following: bool,
        moved: bool,
        prefetched: &Prefetched,
    ) -> Result<Json<ProfileAnswer>, ApiError> {
        let counters = if moved {
            let counters = self.follows.counters_of([me, user]).await;
            let known = counters.as_ref().ok();
            join!(
                self.counters.moved(me, known.map(|[mine, _]| mine)),
                self.counters.moved(user, known.map(|[_, theirs]| theirs))
            );
            counters?[1]
        } else {
            self.counters.of(user, prefetched).await?
        };
        Ok(Json(SeenProfile { profile, following, counters }.into()))
    }
}
