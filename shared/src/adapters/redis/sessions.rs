//! What is known of sessions: one key each, always with a time to live.

use std::time::Duration;

use async_trait::async_trait;
use redis::{Cmd, ExistenceCheck, SetExpiry, SetOptions, Value};

use super::{Redis, wave::read};
use crate::{
    domain::{SessionId, session::SessionState},
    ports::{StoreError, sessions::SessionCache},
};

fn key(id: SessionId) -> String {
    format!("session:{{{id}}}")
}

fn value(state: SessionState) -> &'static str {
    match state {
        SessionState::Live => "live",
        SessionState::Ended => "ended",
    }
}

/// Asks for what is known of the session.
pub(super) fn get(id: SessionId) -> Cmd {
    Cmd::get(key(id))
}

/// What [`get`] was answered.
pub(super) fn state(answer: Value) -> Result<Option<SessionState>, StoreError> {
    let known: Option<String> = read(answer)?;
    let state =
        |known: String| [SessionState::Live, SessionState::Ended].into_iter().find(|state| value(*state) == known);
    Ok(known.and_then(state))
}

#[async_trait]
impl SessionCache for Redis {
    async fn remember(&self, id: SessionId, state: SessionState, ttl: Duration) -> Result<(), StoreError> {
        let if_absent = SetOptions::default()
            .conditional_set(ExistenceCheck::NX)
            .with_expiration(SetExpiry::EX(ttl.as_secs().max(1)));
        self.ask(Cmd::set_options(key(id), value(state), if_absent)).await
    }

    async fn bury(&self, id: SessionId, ttl: Duration) -> Result<(), StoreError> {
        let ended = value(SessionState::Ended);
        self.ask(Cmd::set_ex(key(id), ended, ttl.as_secs().max(1))).await
    }
}
