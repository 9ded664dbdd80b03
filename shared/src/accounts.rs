//! Logging in: what sign-up and every way of login have in common.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{
        SessionId, UserId,
        session::{self, Identity, RefreshToken, Session, SessionState},
        user::User,
    },
    http::views::LoginAnswer,
    ports::{StoreError, sessions::SessionCache, system::System, tokens::TokenSigner},
    telemetry::chain,
};

/// How long a live session is remembered; a logout reaches every instance at once all the same.
pub const REMEMBER: Duration = Duration::from_secs(300);

/// Begins sessions and issues their tokens.
#[derive(Clone)]
pub struct Logins {
    /// Issues access tokens.
    pub tokens: Arc<dyn TokenSigner>,
    /// Remembers that a session is live, so that its first request need not ask the table.
    pub cache: Arc<dyn SessionCache>,
    /// Knows the time and makes ids.
    pub system: Arc<dyn System>,
}

impl Logins {
    /// A new session of `user_id`, to be stored, and the refresh token that goes with it.
    pub fn begin(&self, user_id: UserId) -> (Session, RefreshToken) {
        let now = self.system.now();
        let id = SessionId::new(now, self.system.random());
        let token = RefreshToken::new(user_id, id, self.system.random());
        let expires_at = now.plus(session::LIFETIME);
        (Session { id, user_id, refresh_hash: token.hash(), created_at: now, expires_at }, token)
    }

    /// The answer to a login: the user, a new access token of the session that `refresh` keeps alive, and `refresh` itself.
    ///
    /// # Errors
    /// [`StoreError::Fault`] if the key does not sign.
    pub fn answer(&self, user: User, refresh: &RefreshToken) -> Result<LoginAnswer, StoreError> {
        let identity = Identity { user_id: refresh.user_id, session_id: refresh.session_id };
        let access = self.tokens.sign(identity, self.system.now())?;
        Ok(LoginAnswer::new(user, access, refresh.encode(), &*self.tokens))
    }

    /// Leaves a tombstone of the session for as long as its tokens may live.
    ///
    /// # Errors
    /// If the cache is away: some instance may go on trusting what it remembers.
    pub async fn bury(&self, id: SessionId) -> Result<(), StoreError> {
        self.cache.bury(id, self.tokens.lifetime().max(REMEMBER)).await
    }

    /// Remembers a session that was just stored. Where that fails the next request asks the table.
    pub async fn remember(&self, session: &Session) {
        if let Err(error) = self.cache.remember(session.id, SessionState::Live, REMEMBER).await {
            tracing::warn!(error = chain(&error), "the session is not remembered");
        }
    }
}
