//! Who somebody is to others: identities at WeChat and OIDC providers, by which they log in here.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest;

use super::{
    Timestamp, Violation,
    user::{EmailAddress, ImageUrl},
};

/// Identities that one account may have.
pub const MAX_IDENTITIES: u32 = 20;

/// Who vouches for an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Voucher {
    /// WeChat, for the accounts of one developer.
    WeChatUnion,
    /// WeChat, for one app.
    WeChatApp(String),
    /// An OIDC provider, by its issuer.
    Oidc(String),
}

/// An identity's name: SHA-256 of who vouches for it and of whom they know, 43 characters of URL-safe base64. It says neither.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdentityId(String);

impl IdentityId {
    /// The identity that `voucher` knows as `subject`. Subjects are compared byte by byte.
    pub fn new(voucher: &Voucher, subject: &str) -> Self {
        let (kind, issuer) = match voucher {
            Voucher::WeChatUnion => ("wechat unionid", ""),
            Voucher::WeChatApp(app) => ("wechat openid", app.as_str()),
            Voucher::Oidc(issuer) => ("oidc", issuer.as_str()),
        };
        // Each part with its length, so that no two lists of parts look alike.
        let mut named = Vec::new();
        for part in [kind, issuer, subject] {
            named.extend((part.len() as u64).to_be_bytes());
            named.extend(part.as_bytes());
        }
        Self(BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &named)))
    }

    /// Parses a name.
    ///
    /// # Errors
    /// What no identity is called.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        match BASE64_URL_SAFE_NO_PAD.decode(text) {
            Ok(bytes) if bytes.len() == digest::SHA256_OUTPUT_LEN => Ok(Self(text.to_owned())),
            _ => Err(Violation::must_be("an identity's id")),
        }
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdentityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a provider has proven of whoever came back from it.
#[derive(Debug, Clone)]
pub struct Proven {
    /// Who they are: what they are known by here, first what a new account is kept under.
    pub ids: Vec<IdentityId>,
    /// What the way is called, such as `wechat` or `oidc/<provider>`.
    pub through: String,
    /// An address of which the provider says that it is theirs.
    pub email: Option<EmailAddress>,
    /// Their picture.
    pub image: Option<ImageUrl>,
}

/// An identity of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkedIdentity {
    /// Its name.
    pub id: IdentityId,
    /// By what way it was proven, such as `wechat` or `oidc/<provider>`.
    pub through: String,
    /// When it was added.
    pub linked_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_are_told_apart_by_kind_issuer_and_subject() {
        let oidc = |issuer: &str| Voucher::Oidc(issuer.to_owned());
        let all = [
            IdentityId::new(&oidc("https://a.example"), "1"),
            IdentityId::new(&oidc("https://a.example"), "2"),
            IdentityId::new(&oidc("https://a.example1"), ""),
            IdentityId::new(&oidc("https://b.example"), "1"),
            IdentityId::new(&Voucher::WeChatApp("https://a.example".to_owned()), "1"),
            IdentityId::new(&Voucher::WeChatUnion, "1"),
            IdentityId::new(&Voucher::WeChatUnion, "A"),
            IdentityId::new(&Voucher::WeChatUnion, "a"),
        ];
        for (n, one) in all.iter().enumerate() {
            assert!(all[n + 1..].iter().all(|other| one != other), "{n}");
            assert_eq!(IdentityId::parse(one.as_str()).as_ref(), Ok(one));
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "wechat", "é", &"A".repeat(42), &"A".repeat(44), &format!("{}=", "A".repeat(43))] {
            assert!(IdentityId::parse(text).is_err(), "{text:?}");
        }
    }
}
