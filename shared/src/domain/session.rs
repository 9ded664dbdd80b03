//! Logins: a session, the refresh token that keeps it alive and the access token that stands for it.

mod refresh;
mod rights;

use std::time::Duration;

use super::{SessionId, Timestamp, UserId, agent::Agent, user::Role};

pub use refresh::{FamilyHash, GRACE, RefreshHash, RefreshToken, Salt};
pub use rights::{Known, LiveSession, Rights, SessionState};

/// How long a session lives, from login, however often it is refreshed.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// How long after a login its session may do what only whoever has just proved who they are may do.
pub const RECENT: Duration = Duration::from_secs(10 * 60);

/// One login of one user.
#[derive(Debug, Clone)]
pub struct Session {
    /// Identifies the login.
    pub id: SessionId,
    /// Who logged in.
    pub user_id: UserId,
    /// By what they logged in: its tokens are good for no other family of clients.
    pub agent: Agent,
    /// The user's role at that time.
    pub role: Role,
    /// The user's epoch when they proved who they are: a change since then has ended the session before it began.
    pub epoch: u64,
    /// What every refresh token of the session has in common.
    pub family: FamilyHash,
    /// What the session's current refresh token hashes to.
    pub refresh_hash: RefreshHash,
    /// When the login was.
    pub created_at: Timestamp,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
}

impl Session {
    /// What the session is at its beginning.
    pub fn state(&self) -> SessionState {
        let Self { agent, role, epoch, .. } = self;
        SessionState::Live(LiveSession { browser: agent.browser.clone(), role: *role, began: *epoch, seen: *epoch })
    }

    /// Whom its access tokens stand for.
    pub fn identity(&self) -> Identity {
        Identity { user_id: self.user_id, session_id: self.id }
    }
}

/// A session as its user sees it.
#[derive(Debug, Clone)]
pub struct ListedSession {
    /// Identifies the login.
    pub id: SessionId,
    /// By what they logged in.
    pub agent: Agent,
    /// When the login was.
    pub created_at: Timestamp,
    /// When a refresh token of it was last used, or else when the login was.
    pub last_used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// What became of a refresh token.
#[derive(Debug, Clone)]
pub enum Renewal {
    /// It was the current one, or the one before within [`GRACE`]; this one is current now.
    Renewed(RefreshToken),
    /// It had been replaced by others: somebody has a copy. The session has ended.
    Reused,
    /// It is no token of a live session of this family of clients.
    Refused,
}

/// Whom an access token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity {
    /// The user.
    pub user_id: UserId,
    /// The login that the token comes from.
    pub session_id: SessionId,
}

impl Identity {
    /// When the session of this login ends at the latest.
    pub fn ends_at(&self) -> Timestamp {
        self.session_id.made_at().plus(LIFETIME)
    }

    /// Whether the login was less than [`RECENT`] ago.
    pub fn is_recent(&self, now: Timestamp) -> bool {
        now < self.session_id.made_at().plus(RECENT)
    }
}

/// What an access token gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Whom it stands for.
    pub identity: Identity,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it stops being good: clocks may differ a little.
    pub good_until: Timestamp,
}

impl Access {
    /// Whether the last third of its life has begun, and another one of its session would live longer.
    pub fn is_ageing(&self, now: Timestamp) -> bool {
        let life = self.expires_at.as_millis() - self.issued_at.as_millis();
        let is_last = self.expires_at.as_secs() >= self.identity.ends_at().as_secs();
        !is_last && now.as_millis() >= self.expires_at.as_millis() - life / 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_ages_in_the_last_third_of_its_life() {
        let at = |secs: i64| Timestamp::from_millis(secs * 1_000);
        let identity = Identity { user_id: UserId::new(at(0), [1; 10]), session_id: SessionId::new(at(0), [2; 10]) };
        let access = Access { identity, issued_at: at(100), expires_at: at(1_000), good_until: at(1_005) };
        assert!(!access.is_ageing(at(699)));
        assert!(access.is_ageing(at(700)));
        assert!(access.is_ageing(at(1_004)));
        let last = Access { expires_at: identity.ends_at(), good_until: identity.ends_at(), ..access };
        assert!(!last.is_ageing(at(29 * 24 * 3600)), "the session itself ends with it");
    }

    #[test]
    fn a_login_is_recent_for_ten_minutes_and_over_after_thirty_days() {
        let at = |secs: i64| Timestamp::from_millis(secs * 1_000);
        let identity = Identity { user_id: UserId::new(at(0), [1; 10]), session_id: SessionId::new(at(50), [2; 10]) };
        assert!(identity.is_recent(at(649)));
        assert!(!identity.is_recent(at(650)));
        assert_eq!(identity.ends_at(), at(50 + 30 * 24 * 3600));
    }
}
