//! Handler: who may do what.

use axum::{Json, extract::State};
use serde::Deserialize;
use shared::{
    domain::{
        Field, Violation,
        policy::Action,
        user::{Role, Username},
    },
    http::{ApiError, JsonBody, PathParam, Problem, auth::Viewer, views::RoleAnswer},
};
use utoipa::ToSchema;

use crate::Sessions;

/// `{"role": …}`
#[derive(Deserialize, ToSchema)]
pub(crate) struct RoleRequest {
    /// `reader`, `author`, `moderator` or `admin`.
    #[serde(default)]
    #[schema(value_type = String, required = true, pattern = "^(reader|author|moderator|admin)$")]
    role: Field<String>,
}

impl RoleRequest {
    fn parse(self) -> Result<Role, ApiError> {
        let filled = self.role.required();
        let filled = filled.and_then(|text| if text.is_empty() { Err(Violation::BLANK) } else { text.parse() });
        filled.map_err(|violation| ApiError::invalid("role", violation))
    }
}

/// Give somebody a role
///
/// For admins. It holds from the user's next request on, on every instance.
#[utoipa::path(put, path = "/api/users/{username}/role", tag = "User and Authentication", operation_id = "SetRole",
    params(("username" = String, Path, description = "Whose, regardless of case")),
    request_body = RoleRequest,
    responses(
        (status = 200, body = RoleAnswer),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json"),
        (status = 422, body = Problem, content_type = "application/problem+json"),
        (status = 503, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn set_role(
    State(sessions): State<Sessions>,
    viewer: Viewer,
    PathParam(username): PathParam,
    JsonBody(request): JsonBody<RoleRequest>,
) -> Result<Json<RoleAnswer>, ApiError> {
    viewer.may(Action::SetRole, "role", &[])?;
    let missing = || ApiError::NotFound("user");
    let username = Username::parse(&username).map_err(|_| missing())?;
    let role = request.parse()?;
    let holder = sessions.users.holder(&username).await?.ok_or_else(missing)?;
    let rights = sessions.roles.set_role(holder.id, role).await?.ok_or_else(missing)?;
    sessions.announce(holder.id, &rights).await?;
    Ok(Json(RoleAnswer::new(username, rights.role)))
}
