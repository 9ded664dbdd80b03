//! Refresh tokens. Each is good once; its successor follows from it and from a salt that the table keeps, so that who lost the answer
//! can be given the same one again, and neither the table nor an old token alone gives anything.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{digest, hmac};
use serde::{Deserialize, Serialize};

use crate::domain::{SessionId, UserId};

/// How long after a refresh its token may be used again by whoever did not get the answer (RFC 9700, 4.14.2 leaves it open).
pub const GRACE: Duration = Duration::from_secs(30);

/// SHA-256 of a refresh token's secret. The secret has 256 random bits, so that a plain digest protects it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshHash(pub [u8; 32]);

/// SHA-256 of what all refresh tokens of a session have in common, 128 random bits: who knows it was given one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FamilyHash(pub [u8; 32]);

/// What makes a token's successor unforeseeable to whoever has the token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

/// A refresh token: names its session, and proves by secrets that it is the session's and which of its tokens it is.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Whose session it is.
    pub user_id: UserId,
    /// The session.
    pub session_id: SessionId,
    family: [u8; 16],
    secret: [u8; 32],
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken").field("session_id", &self.session_id).finish_non_exhaustive()
    }
}

impl RefreshToken {
    /// The first token of `session_id`, with fresh random bytes.
    pub fn new(user_id: UserId, session_id: SessionId, family: [u8; 16], secret: [u8; 32]) -> Self {
        Self { user_id, session_id, family, secret }
    }

    /// Reads what [`encode`](Self::encode) wrote; `None` if it is nothing of the kind.
    pub fn decode(text: &str) -> Option<Self> {
        let bytes: [u8; 80] = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let (user, rest) = bytes.split_first_chunk::<16>()?;
        let (session, rest) = rest.split_first_chunk::<16>()?;
        let (family, secret) = rest.split_first_chunk::<16>()?;
        let (user, session) = (UserId::from_bytes(*user), SessionId::from_bytes(*session));
        Some(Self::new(user, session, *family, *secret.first_chunk()?))
    }

    /// The token as clients keep it: 107 characters of URL-safe base64.
    pub fn encode(&self) -> String {
        let parts = [&self.user_id.to_bytes()[..], &self.session_id.to_bytes(), &self.family, &self.secret];
        BASE64_URL_SAFE_NO_PAD.encode(parts.concat())
    }

    /// What the session stores of the token.
    pub fn hash(&self) -> RefreshHash {
        RefreshHash(sha256(&self.secret))
    }

    /// What the session stores of all its tokens.
    pub fn family(&self) -> FamilyHash {
        FamilyHash(sha256(&self.family))
    }

    /// The token that takes this one's place: its secret is the HMAC-SHA256 of `salt` under this one's.
    #[must_use]
    pub fn successor(&self, salt: Salt) -> Self {
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.secret), &salt.0);
        let mut secret = [0; 32];
        secret.copy_from_slice(tag.as_ref());
        Self { secret, ..self.clone() }
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    fn token() -> RefreshToken {
        let now = Timestamp::from_millis(1_700_000_000_000);
        RefreshToken::new(UserId::new(now, [1; 10]), SessionId::new(now, [2; 10]), [3; 16], [4; 32])
    }

    #[test]
    fn a_token_is_read_back_as_it_was_written() {
        assert_eq!(token().encode().len(), 107);
        assert_eq!(RefreshToken::decode(&token().encode()), Some(token()));
    }

    #[test]
    fn what_is_no_token_is_none() {
        let long = token().encode() + "AAAA";
        for text in ["", "x", "é", &long, &long[..106], "eyJhbGciOiJub25lIn0.e30."] {
            assert_eq!(RefreshToken::decode(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_successor_is_of_the_same_family_and_follows_from_token_and_salt_together() {
        let successor = token().successor(Salt([5; 32]));
        assert_eq!(successor, token().successor(Salt([5; 32])));
        assert_eq!(successor.family(), token().family());
        assert_ne!(successor.hash(), token().hash());
        assert_ne!(successor.hash(), token().successor(Salt([6; 32])).hash());
        let other = RefreshToken { secret: [7; 32], ..token() };
        assert_ne!(successor.hash(), other.successor(Salt([5; 32])).hash());
    }

    #[test]
    fn a_token_does_not_show_in_debug_output() {
        let shown = format!("{:?}", token());
        assert!(!shown.contains("secret") && !shown.contains("family"), "{shown}");
    }
}
