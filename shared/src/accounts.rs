//! Logging in: what sign-up and every way of login have in common.

use std::sync::Arc;

use crate::{
    domain::{
        SessionId,
        agent::Agent,
        session::{self, Identity, RefreshToken, Salt, Session},
        user::User,
    },
    http::views::LoginAnswer,
    ports::{StoreError, sessions::SessionCache, system::System, tokens::TokenSigner},
    telemetry::chain,
};

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
    /// A new session of `user` for clients such as `agent`, to be stored, and the refresh token that goes with it. `user` is as they
    /// were when they proved who they are: what has ended their sessions since then ends this one.
    pub fn begin(&self, user: &User, agent: Agent) -> (Session, RefreshToken) {
        let now = self.system.now();
        let id = SessionId::new(now, self.system.random());
        let token = RefreshToken::new(user.id, id, self.system.random(), self.system.random());
        let session = Session {
            id,
            user_id: user.id,
            agent,
            role: user.role,
            epoch: user.epoch,
            family: token.family(),
            refresh_hash: token.hash(),
            created_at: now,
            expires_at: now.plus(session::LIFETIME),
        };
        (session, token)
    }

    /// What makes a refresh token's successor.
    pub fn salt(&self) -> Salt {
        Salt(self.system.random())
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

    /// Tells every instance that a session has ended because one of its refresh tokens was used again after it had been replaced.
    ///
    /// # Errors
    /// If the cache is away: some instance may go on trusting what it remembers.
    pub async fn bury_reused(&self, session: Identity) -> Result<(), StoreError> {
        let id = session.session_id.to_string();
        tracing::warn!(
            session = id,
            "a refresh token was used again after it had been replaced: its session has ended"
        );
        self.cache.bury(session).await
    }

    /// Remembers a session that was just stored. Where that fails the next request asks the table.
    pub async fn remember(&self, session: &Session) {
        if let Err(error) = self.cache.remember(session.identity(), &session.state(), self.system.now()).await {
            tracing::warn!(error = chain(&error), "the session is not remembered");
        }
    }
}
