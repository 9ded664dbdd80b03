//! Storing a change of an account, and telling whoever has to know.

use shared::{
    domain::{password::PasswordHash, session::Rights, user::User},
    http::{ApiError, auth::Viewer},
    ports::users::SaveUserError,
};

use crate::{Profiles, TRIES};

impl Profiles {
    /// Makes the user what `change` makes of them as they are now, and again if somebody else's change came in between. A new
    /// password or phone number ends all sessions but this one.
    ///
    /// # Errors
    /// 503 if some instance may go on trusting a session that has ended: the change is made, and may be repeated.
    pub(crate) async fn change(
        &self,
        viewer: &Viewer,
        change: impl Fn(User) -> User,
        hash: Option<&PasswordHash>,
    ) -> Result<User, ApiError> {
        for _ in 0..TRIES {
            let old = self.users.by_id(viewer.identity.user_id).await?.ok_or(ApiError::TokenInvalid)?;
            let new = change(old.clone());
            let ends = hash.is_some() || old.phone != new.phone;
            let rights = ends.then(|| Rights::ending_all(&old, Some(viewer.identity.session_id)));
            match self.accounts.update(&old, &new, hash, rights.as_ref(), self.system.now()).await {
                Ok(()) => {
                    self.cached.changed(&old, &new).await;
                    if let Some(rights) = rights {
                        self.sessions.announce(new.id, &rights).await?;
                    }
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
