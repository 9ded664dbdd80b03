//! Deleting one's own account.

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use shared::{
    domain::{UserId, session::Rights},
    http::{
        ApiError, Problem,
        auth::{SessionEnded, Viewer},
    },
    ports::departures::DepartError,
};

use crate::{Profiles, TRIES};

/// Delete my account
///
/// It takes a login that is younger than 10 minutes. Name, address, phone number and password are gone with the answer, drafts, likes
/// and follows within a minute; articles are withdrawn, comments stay as nobody's.
#[utoipa::path(delete, path = "/api/user", tag = "User and Authentication", operation_id = "DeleteCurrentUser",
    responses(
        (status = 204),
        (status = 401, body = Problem, content_type = "application/problem+json"),
        (status = 403, body = Problem, content_type = "application/problem+json"),
        (status = 409, body = Problem, content_type = "application/problem+json")),
    security(("Token" = [])))]
pub(crate) async fn delete_user(State(state): State<Profiles>, viewer: Viewer) -> Result<impl IntoResponse, ApiError> {
    viewer.require_recent_login()?;
    let id = viewer.identity.user_id;
    state.depart(id).await?;
    // Also for whoever has gone before: the token is trusted still, as the cache was not told then.
    state.sessions.announce(id, &Rights::none()).await?;
    Ok((SessionEnded, StatusCode::NO_CONTENT))
}

impl Profiles {
    /// Deletes a user as they are now, if they have not gone yet.
    async fn depart(&self, id: UserId) -> Result<(), ApiError> {
        for _ in 0..TRIES {
            let Some(user) = self.users.by_id(id).await? else { return Ok(()) };
            match self.departures.depart(&user, self.system.now()).await {
                Ok(()) => {
                    self.cached.deleted(&user).await;
                    return Ok(());
                }
                Err(DepartError::Changed) => {}
                Err(DepartError::Store(error)) => return Err(error.into()),
            }
        }
        Err(ApiError::Contended("user"))
    }
}
