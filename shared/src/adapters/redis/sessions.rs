//! What is known of sessions: one hash for each user, with a field for each session and one for what holds for all of them. The hash
//! always has a time to live, and vanishes as a whole: with a key for each session, an eviction could take the news that all have
//! ended and leave the memory of one that lives.
//!
//! A session's field is `ended`, or `live <until> <began> <seen> <role> <browser>` with `until` in milliseconds: past that it counts
//! for nothing. `rights` is `<epoch> <ended before> <session that is kept, or -> <role>`.

use async_trait::async_trait;
use redis::{Cmd, Value};

use super::{
    Redis,
    wave::{Ask, read, script},
};
use crate::{
    domain::{
        Timestamp, UserId,
        agent::Browser,
        session::{Identity, Known, LiveSession, Rights, SessionState},
    },
    ports::{
        StoreError,
        sessions::{KEPT, REMEMBER, SessionCache},
    },
};

/// Fields of one hash at the most, about 100 bytes each. Whoever has more sessions than that within a quarter of an hour has them
/// looked up in the tables again.
const FIELDS: usize = 1_000;
const ENDED: &str = "ended";
const RIGHTS: &str = "rights";

script!(
    /// Remembers a state, unless it is known.
    REMEMBER_STATE = "sessions_remember.lua"
);
script!(
    /// Stores what holds for all sessions, unless something newer is known.
    ANNOUNCE = "sessions_announce.lua"
);
script!(
    /// Stores a tombstone.
    BURY = "sessions_bury.lua"
);

fn key(user: UserId) -> String {
    format!("sessions:{{{user}}}")
}

/// A state as it is stored; what lives is remembered until `until`.
fn state_text(state: &SessionState, until: Timestamp) -> String {
    match state {
        SessionState::Live(LiveSession { browser, role, began, seen }) => {
            format!("live {} {began} {seen} {role} {}", until.as_millis(), browser.as_str())
        }
        SessionState::Ended => ENDED.to_owned(),
    }
}

/// What is stored as it is at `now`; `None` if it counts no more, or if it is of another release.
fn state_of(text: &str, now: Timestamp) -> Option<SessionState> {
    if text == ENDED {
        return Some(SessionState::Ended);
    }
    let parts: Vec<_> = text.split(' ').collect();
    let ["live", until, began, seen, role, browser] = *parts else { return None };
    let until: i64 = until.parse().ok()?;
    let live = LiveSession {
        browser: Browser::named(browser),
        role: role.parse().ok()?,
        began: began.parse().ok()?,
        seen: seen.parse().ok()?,
    };
    (until > now.as_millis()).then_some(SessionState::Live(live))
}

fn rights_text(rights: &Rights) -> String {
    let Rights { role, epoch, ended_before, kept } = rights;
    let kept = kept.map_or_else(|| "-".to_owned(), |kept| kept.to_string());
    format!("{epoch} {ended_before} {kept} {role}")
}

fn rights_of(text: &str) -> Option<Rights> {
    let parts: Vec<_> = text.split(' ').collect();
    let [epoch, ended_before, kept, role] = *parts else { return None };
    let kept = if kept == "-" { None } else { Some(kept.parse().ok()?) };
    Some(Rights {
        role: role.parse().ok()?,
        epoch: epoch.parse().ok()?,
        ended_before: ended_before.parse().ok()?,
        kept,
    })
}

/// Asks for what is known of the session and of its user's.
pub(super) fn get(identity: Identity) -> Cmd {
    let mut command = redis::cmd("HMGET");
    command.arg(key(identity.user_id)).arg(identity.session_id.to_string()).arg(RIGHTS);
    command
}

/// What [`get`] was answered, at `now`.
pub(super) fn state(answer: &Value, identity: Identity, now: Timestamp) -> Result<Option<SessionState>, StoreError> {
    let (session, rights): (Option<String>, Option<String>) = read(answer)?;
    let session = session.and_then(|text| state_of(&text, now));
    let rights = match rights.map(|text| rights_of(&text)) {
        // What cannot be read might say that the session has ended.
        Some(None) => return Ok(None),
        Some(rights) => rights,
        None => None,
    };
    Ok(Known { session, rights }.state(identity.session_id))
}

#[async_trait]
impl SessionCache for Redis {
    async fn remember(&self, identity: Identity, state: &SessionState, now: Timestamp) -> Result<(), StoreError> {
        let args = [
            identity.session_id.to_string(),
            state_text(state, now.plus(REMEMBER)),
            now.as_millis().to_string(),
            KEPT.as_secs().to_string(),
            FIELDS.to_string(),
        ];
        self.ask(Ask::script(&REMEMBER_STATE, &[key(identity.user_id)], &args)).await
    }

    async fn bury(&self, identity: Identity) -> Result<(), StoreError> {
        let args = [identity.session_id.to_string(), ENDED.to_owned(), KEPT.as_secs().to_string()];
        self.ask(Ask::script(&BURY, &[key(identity.user_id)], &args)).await
    }

    async fn announce(&self, user: UserId, rights: &Rights) -> Result<(), StoreError> {
        let args = [rights_text(rights), rights.epoch.to_string(), KEPT.as_secs().to_string()];
        self.ask(Ask::script(&ANNOUNCE, &[key(user)], &args)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{SessionId, user::Role};

    #[test]
    fn what_is_stored_is_read_back_until_its_time() {
        let at = Timestamp::from_millis;
        let live = LiveSession { browser: Browser::named("python-requests"), role: Role::Moderator, began: 7, seen: 9 };
        let live = SessionState::Live(live);
        let text = state_text(&live, at(1_000));
        assert_eq!(state_of(&text, at(999)), Some(live));
        assert_eq!(state_of(&text, at(1_000)), None);
        assert_eq!(state_of(&state_text(&SessionState::Ended, at(5)), at(1_000)), Some(SessionState::Ended));
        for kept in [None, Some(SessionId::from_bytes([3; 16]))] {
            let rights = Rights { role: Role::Reader, epoch: 12, ended_before: 11, kept };
            assert_eq!(rights_of(&rights_text(&rights)), Some(rights));
        }
    }

    #[test]
    fn what_another_release_stored_is_asked_of_the_tables() {
        let now = Timestamp::from_millis(0);
        for text in ["", "live", "live 5 1 1 king curl", "live x 1 1 author curl", "live 5 1 1 author curl more"] {
            assert_eq!(state_of(text, now), None, "{text}");
        }
        for text in ["", "1 1 -", "1 1 x author", "1 1 - king"] {
            assert_eq!(rights_of(text), None, "{text}");
        }
    }
}
