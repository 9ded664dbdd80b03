//! One's own account.

use std::net::IpAddr;

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{
    domain::{
        Field, Violation, Violations,
        lockout::Subject,
        password::{CommonPasswords, Password, PasswordHash},
        user::{Bio, EmailAddress, ImageUrl, UserChanges, Username},
    },
    http::{
        ApiError, ClientAddress, JsonBody, Object, Problem,
        auth::Viewer,
        views::{UserAnswer, UserView},
    },
    ports::passwords::Verdict,
};
use utoipa::ToSchema;

use crate::Profiles;

/// `{"user": …}`
#[derive(Deserialize, ToSchema)]
pub(crate) struct UpdateUserRequest {
    #[schema(value_type = UpdateUser)]
    user: Object<UpdateUser>,
}

/// What should be different; a field that is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UpdateUser {
    /// 1 to 64 characters, unique regardless of case.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, min_length = 1, max_length = 64)]
    username: Field<String>,
    /// Unique regardless of case.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, max_length = 254)]
    email: Field<String>,
    /// 8 to 128 characters, none of the most common. All other sessions end.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, format = Password, min_length = 8, max_length = 128)]
    password: Field<String>,
    /// The password until now: a new one needs it unless the login is younger than 10 minutes.
    #[serde(default)]
    #[schema(value_type = Option<String>, nullable = false, format = Password)]
    current_password: Field<String>,
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
    fn parse(self, common: CommonPasswords) -> Result<Changes, Violations> {
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
        let current = self.current_password.optional().map(|text| text.map(Password::claim));
        let current = violations.check("currentPassword", current).flatten();
        let user = UserChanges { username, email, bio, image };
        violations.finish(Some(Changes { user, password: password.map(|new| NewPassword { new, current }) }))
    }
}

/// What shall be different.
struct Changes {
    user: UserChanges,
    password: Option<NewPassword>,
}

/// A new password, and the one until now as far as it was told.
struct NewPassword {
    new: Password,
    current: Option<Password>,
}

/// My account
#[utoipa::path(get, path = "/api/user", tag = "User and Authentication", operation_id = "GetCurrentUser",
    responses(
        (status = 200, body = UserAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn current_user(State(state): State<Profiles>, viewer: Viewer) -> Result<Json<UserAnswer>, ApiError> {
    let user = state.users.by_id(viewer.identity.user_id).await?.ok_or(ApiError::TokenInvalid)?;
    Ok(Json(UserAnswer { user: UserView::new(user, viewer.token) }))
}

/// Change my account
#[utoipa::path(put, path = "/api/user", tag = "User and Authentication", operation_id = "UpdateCurrentUser",
    request_body = UpdateUserRequest,
    responses(
        (status = 200, body = UserAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn update_user(
    State(state): State<Profiles>,
    viewer: Viewer,
    ClientAddress(address): ClientAddress,
    JsonBody(request): JsonBody<UpdateUserRequest>,
) -> Result<Json<UserAnswer>, ApiError> {
    let Changes { user, password } = request.user.0.parse(state.common_passwords)?;
    let hash = match password {
        Some(password) => Some(state.allow(&viewer, address, password).await?),
        None => None,
    };
    let user = state.change(&viewer, |old| user.clone().apply(old), hash.as_ref()).await?;
    Ok(Json(UserAnswer { user: UserView::new(user, viewer.token) }))
}

impl Profiles {
    /// The hash of a new password, if whoever wants it has proved that they may: by the one until now, or by a login just now.
    async fn allow(
        &self,
        viewer: &Viewer,
        address: Option<IpAddr>,
        NewPassword { new, current }: NewPassword,
    ) -> Result<PasswordHash, ApiError> {
        match current {
            Some(current) => self.check(viewer, address, current).await?,
            None if viewer.is_recent() => {}
            None => {
                let known = self.credentials.account(Some(viewer.identity.user_id)).await?;
                let (_, hash) = known.ok_or(ApiError::TokenInvalid)?;
                return Err(match hash {
                    Some(_) => ApiError::invalid("currentPassword", Violation::BLANK),
                    // There is none to be told: whoever has no password logs in again.
                    None => ApiError::LoginTooOld,
                });
            }
        }
        Ok(self.proofs.passwords.hash(new).await?)
    }

    /// Lets on only who knows the password. A wrong one counts as a login that failed, and where there were too many of them the
    /// right one is wrong too.
    async fn check(&self, viewer: &Viewer, address: Option<IpAddr>, current: Password) -> Result<(), ApiError> {
        let user = viewer.identity.user_id;
        let from_address = self.proofs.count_from(address).await?;
        let counted = self.proofs.count(&Subject::Account(user)).await?;
        let (_, hash) = self.credentials.account(Some(user)).await?.ok_or(ApiError::TokenInvalid)?;
        if self.proofs.verify(counted.as_ref(), current, hash.as_ref()).await? == Verdict::Wrong {
            return Err(ApiError::invalid("currentPassword", Violation("is wrong".into())));
        }
        self.proofs.succeeded(counted.iter().chain(&from_address)).await;
        Ok(())
    }
}
