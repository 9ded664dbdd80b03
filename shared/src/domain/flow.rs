//! Logins by way of a provider, from the moment that the browser is sent there until it is back.
//!
//! Nothing of it is stored while it is under way: the browser keeps it in a signed cookie, and the provider hands the same random
//! `state` back. Only that a state was used is stored.

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest;
use serde::{Deserialize, Serialize};

use super::{SessionId, Timestamp, UserId, idempotency::HmacKey, session::Identity};

/// How long somebody may take at the provider.
pub const LIFE: Duration = Duration::from_secs(600);

const COOKIE: &str = "login flow, cookie";
const NONCE: &str = "login flow, nonce";
const VERIFIER: &str = "login flow, PKCE verifier";

/// What a login by way of a provider is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// To log in, or to sign up.
    LogIn,
    /// To add the identity to the account of whoever is logged in here, as long as that login lasts.
    Link(Identity),
}

/// A login by way of a provider that is under way.
#[derive(Clone, PartialEq, Eq)]
pub struct Flow {
    /// By way of whom, such as `wechat` or `oidc/<provider>`.
    pub through: String,
    /// What for.
    pub intent: Intent,
    /// Until when the browser must be back.
    pub expires_at: Timestamp,
    state: String,
}

/// The state tells who may finish the login: it never shows.
impl std::fmt::Debug for Flow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Flow").field("through", &self.through).field("intent", &self.intent).finish_non_exhaustive()
    }
}

/// What is wrong with what a browser came back with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowError {
    /// It brings no cookie: it did not begin here, or it does not keep cookies.
    Missing,
    /// Its cookie is not ours, is of another provider, or its state is another one's.
    Wrong,
    /// It was away for too long.
    Expired,
}

/// A flow as the cookie has it.
#[derive(Serialize, Deserialize)]
struct Sealed {
    #[serde(rename = "s")]
    state: String,
    #[serde(rename = "t")]
    through: String,
    #[serde(rename = "x")]
    expires_at: i64,
    #[serde(rename = "l", skip_serializing_if = "Option::is_none")]
    link: Option<(UserId, SessionId)>,
}

/// SHA-256 of something that must be recognised and must not be readable where it is stored. What is hashed has 256 random bits,
/// so that a plain digest protects it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHash(String);

impl SecretHash {
    /// That of `secret`.
    pub fn of(secret: &str) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, secret.as_bytes())))
    }

    /// What [`as_str`](Self::as_str) gave.
    pub fn stored(text: String) -> Self {
        Self(text)
    }

    /// The digest in URL-safe base64.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// 256 random bits as text.
pub fn secret(random: [u8; 32]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(random)
}

impl Flow {
    /// One that begins at `now`, under a random state.
    pub fn begin(through: impl Into<String>, intent: Intent, random: [u8; 32], now: Timestamp) -> Self {
        // Whole seconds, which is what the cookie keeps.
        let expires_at = Timestamp::from_millis(now.plus(LIFE).as_secs() * 1_000);
        Self { through: through.into(), intent, expires_at, state: secret(random) }
    }

    /// What the provider hands back: 43 characters of URL-safe base64.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// What the provider puts into its proof, so that the proof is of this login.
    pub fn nonce(&self, key: &HmacKey) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(key.tag(NONCE, self.state.as_bytes()))
    }

    /// The secret of PKCE (RFC 7636), 43 characters. It follows from the state, so that it need not be kept anywhere.
    pub fn verifier(&self, key: &HmacKey) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(key.tag(VERIFIER, self.state.as_bytes()))
    }

    /// What is noted of a state that was used.
    pub fn spent(&self) -> SecretHash {
        SecretHash::of(&self.state)
    }

    /// The flow as the browser keeps it, signed.
    pub fn seal(&self, key: &HmacKey) -> String {
        let link = match self.intent {
            Intent::LogIn => None,
            Intent::Link(identity) => Some((identity.user_id, identity.session_id)),
        };
        let (state, through, expires_at) = (self.state.clone(), self.through.clone(), self.expires_at.as_secs());
        let sealed = Sealed { state, through, expires_at, link };
        let json = serde_json::to_vec(&sealed).expect("strings and numbers have a JSON form");
        let tag = BASE64_URL_SAFE_NO_PAD.encode(key.tag(COOKIE, &json));
        format!("{}.{tag}", BASE64_URL_SAFE_NO_PAD.encode(json))
    }

    /// The flow that `cookie` keeps, if it is by way of `through` and the provider handed `state` back.
    ///
    /// # Errors
    /// In this order: [`FlowError::Missing`], [`FlowError::Wrong`], [`FlowError::Expired`].
    pub fn resume(
        cookie: Option<&str>,
        key: &HmacKey,
        through: &str,
        state: &str,
        now: Timestamp,
    ) -> Result<Self, FlowError> {
        let flow = Self::open(cookie.ok_or(FlowError::Missing)?, key).ok_or(FlowError::Wrong)?;
        // Digests of random secrets: how long their comparison takes tells nothing of use.
        if flow.spent() != SecretHash::of(state) || flow.through != through {
            return Err(FlowError::Wrong);
        }
        if flow.expires_at <= now { Err(FlowError::Expired) } else { Ok(flow) }
    }

    fn open(cookie: &str, key: &HmacKey) -> Option<Self> {
        let (json, tag) = cookie.split_once('.')?;
        let json = BASE64_URL_SAFE_NO_PAD.decode(json).ok()?;
        if !key.verify(COOKIE, &json, &BASE64_URL_SAFE_NO_PAD.decode(tag).ok()?) {
            return None;
        }
        let Sealed { state, through, expires_at, link } = serde_json::from_slice(&json).ok()?;
        let intent = |(user_id, session_id)| Intent::Link(Identity { user_id, session_id });
        let intent = link.map_or(Intent::LogIn, intent);
        Some(Self { through, intent, expires_at: Timestamp::from_millis(expires_at.checked_mul(1_000)?), state })
    }
}

/// How long a one-time code may be turned into a login.
pub const CODE_LIFE: Duration = Duration::from_secs(60);

/// What a one-time code stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginGrant {
    /// Who has proven who they are.
    pub user_id: UserId,
    /// The hash of what the browser keeps beside: somebody else's code is of no use to it.
    pub binding: SecretHash,
    /// When it stops being good.
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn key() -> HmacKey {
        HmacKey::parse(&HmacKey::encode([7; 32])).unwrap()
    }

    fn link() -> Intent {
        let (user_id, session_id) = (UserId::new(NOW, [1; 10]), SessionId::new(NOW, [2; 10]));
        Intent::Link(Identity { user_id, session_id })
    }

    #[test]
    fn a_browser_that_comes_back_in_time_goes_on_where_it_was() {
        for intent in [Intent::LogIn, link()] {
            let flow = Flow::begin("wechat", intent, [3; 32], NOW);
            let late = NOW.plus(LIFE - Duration::from_secs(1));
            let resumed = Flow::resume(Some(&flow.seal(&key())), &key(), "wechat", flow.state(), late);
            assert_eq!(resumed, Ok(flow));
        }
    }

    #[test]
    fn whoever_comes_with_anything_else_is_told_what_is_wrong() {
        let flow = Flow::begin("oidc/a", Intent::LogIn, [3; 32], NOW);
        let cookie = flow.seal(&key());
        let other = Flow::begin("oidc/a", Intent::LogIn, [4; 32], NOW);
        let resume = |cookie, through, state, now| Flow::resume(cookie, &key(), through, state, now).unwrap_err();
        assert_eq!(resume(None, "oidc/a", flow.state(), NOW), FlowError::Missing);
        assert_eq!(resume(Some(&cookie), "oidc/b", flow.state(), NOW), FlowError::Wrong);
        assert_eq!(resume(Some(&cookie), "oidc/a", other.state(), NOW), FlowError::Wrong);
        assert_eq!(resume(Some(&cookie), "oidc/a", "", NOW), FlowError::Wrong);
        assert_eq!(resume(Some(&cookie), "oidc/a", flow.state(), NOW.plus(LIFE)), FlowError::Expired);
    }

    #[test]
    fn a_cookie_that_was_touched_or_signed_elsewhere_is_wrong() {
        let flow = Flow::begin("wechat", link(), [3; 32], NOW);
        let cookie = flow.seal(&key());
        let (json, tag) = cookie.split_once('.').unwrap();
        let elsewhere = flow.seal(&HmacKey::parse(&HmacKey::encode([8; 32])).unwrap());
        let touched = json.replacen('e', "f", 1);
        for bad in ["", ".", json, &format!("{json}."), &format!(".{tag}"), &format!("{touched}.{tag}"), &elsewhere] {
            let resumed = Flow::resume(Some(bad), &key(), "wechat", flow.state(), NOW);
            assert_eq!(resumed, Err(FlowError::Wrong), "{bad}");
        }
    }

    #[test]
    fn nonce_and_verifier_are_the_states_and_do_not_show_in_the_cookie() {
        let flow = Flow::begin("wechat", Intent::LogIn, [3; 32], NOW);
        let other = Flow::begin("wechat", Intent::LogIn, [4; 32], NOW);
        assert_ne!(flow.nonce(&key()), other.nonce(&key()));
        assert_ne!(flow.verifier(&key()), flow.nonce(&key()));
        let cookie = flow.seal(&key());
        let json = BASE64_URL_SAFE_NO_PAD.decode(cookie.split_once('.').unwrap().0).unwrap();
        let json = String::from_utf8(json).unwrap();
        assert!(!json.contains(&flow.nonce(&key())) && !json.contains(&flow.verifier(&key())));
        // RFC 7636, 4.1: 43 to 128 characters.
        assert_eq!(flow.verifier(&key()).len(), 43);
    }

    #[test]
    fn a_state_does_not_show_in_debug_output() {
        let flow = Flow::begin("wechat", Intent::LogIn, [3; 32], NOW);
        assert!(!format!("{flow:?}").contains(flow.state()));
    }
}
