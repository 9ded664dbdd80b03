//! Logins: a session, the refresh token that keeps it alive and the access token that stands for it.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest;
use serde::{Deserialize, Serialize};

use super::{SessionId, Timestamp, UserId};

/// How long a session lives, from login, however often it is refreshed.
pub const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// One login of one user.
#[derive(Debug, Clone)]
pub struct Session {
    /// Identifies the login.
    pub id: SessionId,
    /// Who logged in.
    pub user_id: UserId,
    /// What the session's refresh token hashes to.
    pub refresh_hash: RefreshHash,
    /// When the login was.
    pub created_at: Timestamp,
    /// When the session ends at the latest.
    pub expires_at: Timestamp,
}

/// SHA-256 of a refresh token's secret. The secret has 256 random bits, so that a plain digest protects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshHash(pub [u8; 32]);

/// A refresh token: names its session and proves by a secret that it is the session's.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose session it is.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    secret: [u8; 32],
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

impl RefreshToken {
    /// A token of `session_id` with a fresh random `secret`.
    pub fn new(user_id: UserId, session_id: SessionId, secret: [u8; 32]) -> Self {
        Self { user_id, session_id, secret }
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` if it is nothing of the kind.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (user, rest) = bytes.split_first_chunk::<16>()?;
        let (session, rest) = rest.split_first_chunk::<16>()?;
        Some(Self::new(UserId::from_bytes(*user), SessionId::from_bytes(*session), *rest.first_chunk()?))
    }

    /// The token as clients keep it: 86 characters of URL-safe base64.
    pub fn encode(&self) -> String {
        let parts = [&self.user_id.to_bytes()[..], &self.session_id.to_bytes(), &self.secret];
        BASE64_URL_SAFE_NO_PAD.encode(parts.concat())
    }

    /// What the session stores of the token.
    pub fn hash(&self) -> RefreshHash {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, &self.secret).as_ref());
        RefreshHash(hash)
    }
}

/// Whom an access token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    /// The user.
    pub user_id: UserId,
    /// The login that the token comes from.
    pub session_id: SessionId,
}

/// What an access token gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Whom it stands for.
    pub identity: Identity,
    /// When it stops being good.
    pub good_until: Timestamp,
}

/// What is known of a session that a token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionState {
    /// Its tokens are good.
    Live,
    /// It was logged out, has expired or never was.
    Ended,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> RefreshToken {
        let now = Timestamp::from_millis(1_700_000_000_000);
        RefreshToken::new(UserId::new(now, [1; 10]), SessionId::new(now, [2; 10]), [3; 32])
    }

    #[test]
    fn a_token_is_read_back_as_it_was_written() {
        assert_eq!(RefreshToken::decode(&token().encode()), Some(token()));
    }

    #[test]
    fn what_is_no_token_is_none() {
        let long = token().encode() + "AAAA";
        for text in ["", "x", "é", &long, &long[..80], "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(RefreshToken::decode(text), None, "{text:?}");
        }
    }
}
