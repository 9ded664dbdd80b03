//! `GET /api/user` and `PUT /api/user` show and change one's own account; `GET /api/profiles/{username}` shows anyone's
//! profile. A change is stored whole or not at all; of two at the same time both take effect, field by field.

mod wiring;

use std::sync::Arc;

use axum::{Json, extract::State, response::Response};
use futures_util::try_join;
use serde::Deserialize;
use shared::{
    cached::{CachedFollows, CachedProfiles},
    domain::{
        Field, UserId, Violations,
        follow::SeenProfile,
        password::{CommonPasswords, Password, PasswordHash},
        user::{Bio, EmailAddress, ImageUrl, User, UserChanges, Username},
    },
    http::{
        ApiError, Arriving, JsonBody, Object, PathParam, Prefetched, Problem, Reading,
        auth::{MaybeViewer, Viewer},
        views::{ProfileAnswer, UserAnswer, UserView},
    },
    ports::{
        StoreError,
        cache::Wanted,
        follows::FollowViews,
        passwords::PasswordHasher,
        system::System,
        users::{Accounts, SaveUserError, Users},
    },
};
use utoipa::ToSchema;

pub use wiring::{Config, Profile};

/// How often a change is made anew because another came in between.
const TRIES: usize = 8;

/// What the handlers use.
#[derive(Clone)]
pub struct Profiles {
    users: Arc<dyn Users>,
    cached: Arc<CachedProfiles>,
    counters: Arc<CachedFollows>,
    follows: Arc<dyn FollowViews>,
    system: Arc<dyn System>,
    accounts: Arc<dyn Accounts>,
    passwords: Arc<dyn PasswordHasher>,
    common_passwords: CommonPasswords,
}

impl Profiles {
    /// What a request needs of the cache.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        match arriving.route {
            "/api/profiles/{username}" => {
                let name = arriving.param("username");
                let counters = self.cached.last_holder(name).map(|user| self.counters.wanted(user));
                self.cached.wanted_by_name(name).into_iter().chain(counters).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// `{"user": …}`
#[derive(Deserialize, ToSchema)]
struct UpdateUserRequest {
    #[schema(value_type = UpdateUser)]
    user: Object<UpdateUser>,
}

/// What should be different; a field that is absent stays.
#[derive(Deserialize, ToSchema)]
struct UpdateUser {
    /// 1 to 64 characters, unique regardless of case.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 64)]
    username: Field<String>,
    /// Unique regardless of case.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, max_length = 254)]
    email: Field<String>,
    /// 8 to 128 characters, none of the most common.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, format = Password, min_length = 8, max_length = 128)]
    password: Field<String>,
    /// `null` or `""` clears it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4000)]
    bio: Field<String>,
    /// An http:// or https:// address; `null` or `""` clears it.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2048)]
    image: Field<String>,
}

impl UpdateUser {
    fn parse(self, common: CommonPasswords) -> Result<(UserChanges, Option<Password>), Violations> {
        let mut violations = Violations::default();
        let username = self.username.optional().and_then(|text| text.map(|text| Username::parse(&text)).transpose());
        let username = violations.check("username", username).flatten();
        let email = self.email.optional().and_then(|text| text.map(|text| EmailAddress::parse(&text)).transpose());
        let email = violations.check("email", email).flatten();
        let password =
            self.password.optional().and_then(|text| text.map(|text| Password::choose(text, common)).transpose());
        let password = violations.check("password", password).flatten();
        let bio = self.bio.clearable().map(|bio| bio.map(|text| Bio::parse(&text)).transpose()).transpose();
        let bio = violations.check("bio", bio).flatten();
        let image =
            self.image.clearable().map(|image| image.map(|text| ImageUrl::parse(&text)).transpose()).transpose();
        let image = violations.check("image", image).flatten();
        violations.finish(Some((UserChanges { username, email, bio, image }, password)))
    }
}

/// My account
#[utoipa::path(get, path = "/api/user", tag = "User and Authentication", operation_id = "GetCurrentUser",
    responses(
        (status = 200, body = UserAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn current_user(State(state): State<Profiles>, viewer: Viewer) -> Result<Json<UserAnswer>, ApiError> {
    let user = state.users.by_id(viewer.identity.user_id).await?.ok_or(ApiError::TokenInvalid)?;
    Ok(Json(UserAnswer { user: UserView::new(user, viewer.token) }))
}

/// Change my account
#[utoipa::path(put, path = "/api/user", tag = "User and Authentication", operation_id = "UpdateCurrentUser",
    request_body = UpdateUserRequest,
    responses(
        (status = 200, body = UserAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
async fn update_user(
    State(state): State<Profiles>,
    viewer: Viewer,
    JsonBody(request): JsonBody<UpdateUserRequest>,
) -> Result<Json<UserAnswer>, ApiError> {
    let (changes, password) = request.user.0.parse(state.common_passwords)?;
    let hash = match password {
        Some(password) => Some(state.passwords.hash(password).await?),
        None => None,
    };
    let user = state.change(&viewer, &changes, hash.as_ref()).await?;
    Ok(Json(UserAnswer { user: UserView::new(user, viewer.token) }))
}

impl Profiles {
    /// Makes the changes to the user as they are now, and again if somebody else's came in between.
    async fn change(
        &self,
        viewer: &Viewer,
        changes: &UserChanges,
        hash: Option<&PasswordHash>,
    ) -> Result<User, ApiError> {
        for _ in 0..TRIES {
            let old = self.users.by_id(viewer.identity.user_id).await?.ok_or(ApiError::TokenInvalid)?;
            let new = changes.clone().apply(old.clone());
            match self.accounts.update(&old, &new, hash, self.system.now()).await {
                Ok(()) => {
                    self.cached.changed(&old, &new).await;
                    return Ok(new);
                }
                Err(SaveUserError::Changed) => {}
                Err(SaveUserError::Taken(taken)) => return Err(ApiError::taken(&taken)),
                Err(SaveUserError::Store(error)) => return Err(error.into()),
            }
        }
        Err(ApiError::Contended("user"))
    }
}

/// Anyone's profile
#[utoipa::path(get, path = "/api/profiles/{username}", tag = "Profile", operation_id = "GetProfileByUsername",
    params(("username" = String, Path, description = "Whose, regardless of case")),
    responses(
        (status = 200, body = ProfileAnswer, headers(("ETag" = String, description = "For strangers: of the content, which counts are no part of"))),
        (status = 304, description = "It is what `If-None-Match` names"),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json")),
    security((), ("Token" = [])))]
async fn profile(
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
