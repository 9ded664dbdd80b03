//! Idempotency keys: a client that does not know whether its request was done sends it again under the same key, and it is done
//! once (the IETF's draft-ietf-httpapi-idempotency-key-header).

use std::{fmt, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use ring::hmac;

use super::{UserId, Violation};

/// How long an answer is kept for whoever asks again.
pub const KEPT: Duration = Duration::from_secs(24 * 3600);

/// A client's name for one thing that it wants done: 1 to 255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Characters at the most.
    pub const MAX_CHARS: usize = 255;

    /// Takes a key.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(bytes: &[u8]) -> Result<Self, Violation> {
        let known = (1..=Self::MAX_CHARS).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
        let text = known.then(|| str::from_utf8(bytes).ok()).flatten();
        text.map(|text| Self(text.to_owned()))
            .ok_or_else(|| Violation(format!("must be 1 to {} visible ASCII characters", Self::MAX_CHARS).into()))
    }

    /// The key as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A secret under which what the platform once saw or gave out is recognised. Requests' bodies, so that whoever reads what is
/// stored cannot guess one and check it; and the cookies of logins that are under way.
#[derive(Clone)]
pub struct HmacKey(hmac::Key);

impl fmt::Debug for HmacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HmacKey(…)")
    }
}

impl HmacKey {
    /// Bytes of the secret at the least: as many as the digest has (RFC 2104, 3).
    pub const MIN_BYTES: usize = 32;

    /// Reads what [`encode`](Self::encode) wrote.
    ///
    /// # Errors
    /// What is wrong with it, without the secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        match BASE64_STANDARD.decode(text.trim()) {
            Ok(secret) if secret.len() >= Self::MIN_BYTES => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &secret))),
            Ok(_) => Err("is too short".to_owned()),
            Err(_) => Err("is no base64".to_owned()),
        }
    }

    /// HMAC-SHA-256 of `message` for one `purpose`, which has no line break: tags of different purposes have nothing in common.
    pub fn tag(&self, purpose: &str, message: &[u8]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose.as_bytes());
        context.update(b"\n");
        context.update(message);
        let mut tag = [0; 32];
        tag.copy_from_slice(context.sign().as_ref());
        tag
    }

    /// The tag of several `parts`, none of which has a line break.
    pub(super) fn tag_of(&self, purpose: &str, parts: &[&str]) -> [u8; 32] {
        let lines: String = parts.iter().flat_map(|part| [*part, "\n"]).collect();
        self.tag(purpose, lines.as_bytes())
    }

    /// Whether `tag` is that of `message` for this `purpose`; how long it takes tells nothing.
    pub fn verify(&self, purpose: &str, message: &[u8], tag: &[u8]) -> bool {
        let message = [purpose.as_bytes(), b"\n", message].concat();
        hmac::verify(&self.0, &message, tag).is_ok()
    }

    /// `secret` as it is configured.
    pub fn encode(secret: [u8; Self::MIN_BYTES]) -> String {
        BASE64_STANDARD.encode(secret)
    }
}

/// HMAC-SHA-256 of a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// That of `body`.
    pub fn of(key: &HmacKey, body: &[u8]) -> Self {
        Self(key.tag("idempotency key, body", body))
    }
}

/// A request under an idempotency key. Keys of different users, methods or paths are different keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyedRequest {
    /// Who asks.
    pub user: UserId,
    /// Such as `POST`.
    pub method: String,
    /// Such as `/api/articles`.
    pub path: String,
    /// The client's name for it.
    pub key: IdempotencyKey,
    /// What was sent.
    pub fingerprint: Fingerprint,
}

/// An answer, kept to be given again byte for byte. Its body is JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAnswer {
    /// The status code.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_255_visible_ascii_characters() {
        for good in ["a", "8e03978e-40d5-43dd-bc93-6894a57f9324", &"~".repeat(255)] {
            assert_eq!(IdempotencyKey::parse(good.as_bytes()).unwrap().as_str(), good);
        }
        for bad in ["", "a b", "tab\t", "é", "\u{7f}", &"x".repeat(256)] {
            assert!(IdempotencyKey::parse(bad.as_bytes()).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_secret_has_at_least_32_bytes_of_base64_and_never_shows() {
        let text = HmacKey::encode([7; 32]);
        let key = HmacKey::parse(&text).unwrap();
        assert_eq!(format!("{key:?}"), "HmacKey(…)");
        assert_eq!(HmacKey::parse(&BASE64_STANDARD.encode([7; 31])).unwrap_err(), "is too short");
        assert_eq!(HmacKey::parse("no secret").unwrap_err(), "is no base64");
    }

    #[test]
    fn a_tag_is_its_messages_and_its_purposes_only() {
        let key = HmacKey::parse(&HmacKey::encode([7; 32])).unwrap();
        let tag = key.tag("one", b"message");
        assert!(key.verify("one", b"message", &tag));
        for (purpose, message) in [("two", &b"message"[..]), ("one", b"massage"), ("one\nme", b"ssage")] {
            assert!(!key.verify(purpose, message, &tag));
        }
        assert!(!key.verify("one", b"message", &tag[..16]));
    }

    #[test]
    fn a_fingerprint_is_the_bodys_under_the_key() {
        let (one, other) =
            (HmacKey(hmac::Key::new(hmac::HMAC_SHA256, &[1; 32])), HmacKey::parse(&HmacKey::encode([2; 32])));
        assert_eq!(Fingerprint::of(&one, b"{}"), Fingerprint::of(&one, b"{}"));
        assert_ne!(Fingerprint::of(&one, b"{}"), Fingerprint::of(&one, b"{ }"));
        assert_ne!(Fingerprint::of(&one, b"{}"), Fingerprint::of(&other.unwrap(), b"{}"));
    }
}
