//! What sessions may do: what is said of each, and what is said of all sessions of a user at once.

use crate::domain::{
    SessionId,
    agent::Browser,
    user::{Role, User},
};

/// What holds for all sessions of a user. It is kept with the user, and each change of it begins a new epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    /// What the user may do.
    pub role: Role,
    /// How many changes there have been.
    pub epoch: u64,
    /// Sessions that began in an earlier epoch have ended.
    pub ended_before: u64,
    /// But for this one, if there is one.
    pub kept: Option<SessionId>,
}

impl Rights {
    /// What holds once all sessions of `user` but `kept` have been ended, which begins a new epoch.
    pub fn ending_all(user: &User, kept: Option<SessionId>) -> Self {
        let epoch = user.epoch + 1;
        Self { role: user.role, epoch, ended_before: epoch, kept }
    }

    /// What holds for the sessions of a user who is gone: they have all ended, and no epoch comes after.
    pub fn none() -> Self {
        // The cache compares epochs as doubles, which are exact up to here.
        let epoch = (1 << 53) - 1;
        Self { role: Role::Reader, epoch, ended_before: epoch, kept: None }
    }

    /// Whether a session that began in the epoch `began` has not been ended together with others.
    pub fn leave(&self, session: SessionId, began: u64) -> bool {
        began >= self.ended_before || self.kept == Some(session)
    }
}

/// What is known of a live session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveSession {
    /// Which clients may use its tokens.
    pub browser: Browser,
    /// What its user may do.
    pub role: Role,
    /// The user's epoch when it began.
    pub began: u64,
    /// The user's epoch that this is known of.
    pub seen: u64,
}

/// What is known of a session that a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionState {
    /// Its tokens are good.
    Live(LiveSession),
    /// It was logged out, has expired or never was.
    Ended,
}

/// What a cache knows of a session and of its user, which may be of different times.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// The session, when it was last looked at.
    pub session: Option<SessionState>,
    /// What holds for all of the user's sessions, when it last changed.
    pub rights: Option<Rights>,
}

impl Known {
    /// What this says of `session`; `None` if nothing. What is known of all sessions counts if it is newer.
    pub fn state(self, session: SessionId) -> Option<SessionState> {
        match (self.session?, self.rights) {
            (SessionState::Live(live), Some(rights)) if rights.epoch > live.seen => {
                let stays = rights.leave(session, live.began);
                let live = LiveSession { role: rights.role, seen: rights.epoch, ..live };
                Some(if stays { SessionState::Live(live) } else { SessionState::Ended })
            }
            (state, _) => Some(state),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSION: [u8; 16] = [1; 16];

    fn live(began: u64, seen: u64) -> SessionState {
        SessionState::Live(LiveSession { browser: Browser::named("curl"), role: Role::Author, began, seen })
    }

    fn rights(epoch: u64, ended_before: u64, kept: Option<[u8; 16]>) -> Rights {
        Rights { role: Role::Moderator, epoch, ended_before, kept: kept.map(SessionId::from_bytes) }
    }

    fn role(session: Option<SessionState>, rights: Option<Rights>) -> Option<Role> {
        match (Known { session, rights }).state(SessionId::from_bytes(SESSION))? {
            SessionState::Live(live) => Some(live.role),
            SessionState::Ended => None,
        }
    }

    #[test]
    fn what_is_newer_counts() {
        assert_eq!(role(Some(live(2, 2)), None), Some(Role::Author));
        assert_eq!(role(Some(live(2, 2)), Some(rights(3, 0, None))), Some(Role::Moderator));
        assert_eq!(role(Some(live(2, 3)), Some(rights(3, 0, None))), Some(Role::Author));
    }

    #[test]
    fn all_sessions_end_but_those_that_began_since_and_the_one_that_is_kept() {
        assert_eq!(role(Some(live(2, 2)), Some(rights(3, 3, None))), None);
        assert_eq!(role(Some(live(3, 3)), Some(rights(3, 3, None))), Some(Role::Author));
        assert_eq!(role(Some(live(3, 3)), Some(rights(4, 3, None))), Some(Role::Moderator));
        assert_eq!(role(Some(live(2, 2)), Some(rights(3, 3, Some(SESSION)))), Some(Role::Moderator));
        assert_eq!(role(Some(live(2, 2)), Some(rights(3, 3, Some([2; 16])))), None);
    }

    #[test]
    fn an_ended_session_stays_ended_and_nothing_known_is_nothing() {
        assert_eq!(role(Some(SessionState::Ended), Some(rights(3, 0, None))), None);
        let nothing = Known { session: None, rights: Some(rights(3, 3, None)) };
        assert_eq!(nothing.state(SessionId::from_bytes(SESSION)), None);
    }
}
