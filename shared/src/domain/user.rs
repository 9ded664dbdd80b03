//! Who takes part: users and how others see them.

mod phone;
mod role;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

pub use self::{phone::PhoneNumber, role::Role};
use super::{Timestamp, UserId, Violation, violation};

/// A user, as the platform knows them. How they prove who they are is kept apart from this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Stays the same for life.
    pub id: UserId,
    /// Unique among all, regardless of case.
    pub username: Username,
    /// Unique among all, regardless of case. Whoever signed up by phone or through another platform may have none.
    pub email: Option<EmailAddress>,
    /// Unique among all. Whoever owns it may log in by it.
    pub phone: Option<PhoneNumber>,
    /// What the user may do.
    pub role: Role,
    /// What the user says of themselves.
    pub bio: Option<Bio>,
    /// Where the user's picture is.
    pub image: Option<ImageUrl>,
    /// When the user signed up.
    pub created_at: Timestamp,
    /// Counts the changes, from 1.
    pub version: u64,
    /// Counts the changes of what the user's sessions may do, from 0: a session remembers in which epoch it began.
    pub epoch: u64,
}

impl User {
    /// What anyone may see of the user.
    pub fn profile(&self) -> Profile {
        Profile { username: self.username.clone(), bio: self.bio.clone(), image: self.image.clone() }
    }
}

/// What anyone may see of a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The user's name.
    pub username: Username,
    /// What the user says of themselves.
    pub bio: Option<Bio>,
    /// Where the user's picture is.
    pub image: Option<ImageUrl>,
}

/// What is shown for the name of a user who is gone. Nobody can have it.
const DELETED: &str = "[deleted]";

impl Profile {
    /// What is shown of a user who is gone.
    pub fn deleted() -> Self {
        Self { username: Username(DELETED.to_owned()), bio: None, image: None }
    }
}

/// What a user wants to be different; `None` keeps what is stored.
#[derive(Debug, Clone, Default)]
pub struct UserChanges {
    /// A new name.
    pub username: Option<Username>,
    /// A new address.
    pub email: Option<EmailAddress>,
    /// A new text, or none any more.
    pub bio: Option<Option<Bio>>,
    /// A new picture, or none any more.
    pub image: Option<Option<ImageUrl>>,
}

impl UserChanges {
    /// `user` with these changes made.
    pub fn apply(self, mut user: User) -> User {
        user.username = self.username.unwrap_or(user.username);
        user.email = self.email.or(user.email);
        user.bio = self.bio.unwrap_or(user.bio);
        user.image = self.image.unwrap_or(user.image);
        user.version += 1;
        user
    }
}

macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name(String);

        impl $name {
            /// The text as its owner wrote it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )*};
}

text_types! {
    /// A user's name: 1 to 64 characters of any script, without `/` and control characters, Unicode NFKC.
    #[derive(Debug)]
    Username
    /// An e-mail address: at most 254 characters (RFC 5321), something on both sides of one `@`, no white space.
    EmailAddress
    /// What a user says of themselves: at most 4,000 characters.
    #[derive(Debug)]
    Bio
    /// Where a picture is: an `http` or `https` address of at most 2,048 characters.
    #[derive(Debug)]
    ImageUrl
}

/// An address belongs to a person: it never shows in a log.
impl std::fmt::Debug for EmailAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EmailAddress(…)")
    }
}

impl Username {
    /// Parses a name.
    ///
    /// # Errors
    /// A blank or overlong name, one with `/` or control characters, and `[deleted]`.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let name = violation::line(&text.nfkc().collect::<String>(), 64)?;
        if name.contains('/') {
            return Err(Violation::must_be("a name without \"/\""));
        }
        let name = Self(name);
        if name.folded() == DELETED {
            return Err(Violation::must_be("somebody's name"));
        }
        Ok(name)
    }

    /// A name for somebody who has not chosen one: `user-` and 16 hexadecimal digits of what is `random`.
    pub fn generated(random: [u8; 8]) -> Self {
        Self(format!("user-{:016x}", u64::from_be_bytes(random)))
    }

    /// What two names must not have in common.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl EmailAddress {
    /// Parses an address.
    ///
    /// # Errors
    /// A blank or overlong address, or one without a name before and a host after a single `@`.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let address = violation::line(text, 254)?;
        let well_formed = address.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && !host.is_empty()
                && !host.contains('@')
                && !host.starts_with('.')
                && !host.ends_with('.')
        });
        if !well_formed || address.chars().any(char::is_whitespace) {
            return Err(Violation::must_be("an e-mail address"));
        }
        let address = Self(address);
        // Some characters are many when they are folded.
        if address.folded().chars().count() > 254 {
            return Err(Violation::too_long(254));
        }
        Ok(address)
    }

    /// What two addresses must not have in common.
    pub fn folded(&self) -> String {
        self.0.nfkc().collect::<String>().to_lowercase()
    }
}

impl Bio {
    /// Parses a text.
    ///
    /// # Errors
    /// More than 4,000 characters.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        if text.chars().count() > 4_000 { Err(Violation::too_long(4_000)) } else { Ok(Self(text.to_owned())) }
    }
}

impl ImageUrl {
    /// Parses an address.
    ///
    /// # Errors
    /// Anything but `http://…` or `https://…`, or more than 2,048 characters.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let url = violation::line(text, 2_048)?;
        let lower = url.to_lowercase();
        let host = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
        match host {
            Some(host) if !host.is_empty() && !url.chars().any(char::is_whitespace) => Ok(Self(url)),
            _ => Err(Violation::must_be("an http:// or https:// address")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_script_are_names() {
        for name in ["jake", "张伟", "O'Neil-Ñ", "Johnny Bravo", "a"] {
            assert_eq!(Username::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_that_differ_in_case_or_width_are_the_same() {
        let plain = Username::parse("Jake").unwrap();
        assert_eq!(plain.folded(), Username::parse("ｊａｋｅ").unwrap().folded());
    }

    #[test]
    fn a_generated_name_is_a_name() {
        let name = Username::generated([0, 0, 0, 0, 0, 0, 0, 255]);
        assert_eq!(name.as_str(), "user-00000000000000ff");
        assert_eq!(Username::parse(name.as_str()).unwrap(), name);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for name in ["", "  ", "a/b", "a\u{0}b", "[deleted]", " [DELETED] ", "［deleted］", &"x".repeat(65)] {
            assert!(Username::parse(name).is_err(), "{name:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for address in ["", "jake", "@jake", "jake@", "a@b@c", "a b@c.d", "a@.d", "a@d."] {
            assert!(EmailAddress::parse(address).is_err(), "{address:?}");
        }
        assert!(EmailAddress::parse("jake@jake.jake").is_ok());
    }

    #[test]
    fn an_address_does_not_show_in_debug_output() {
        assert!(!format!("{:?}", EmailAddress::parse("jake@jake.jake").unwrap()).contains("jake"));
    }

    #[test]
    fn a_picture_that_is_a_script_is_refused() {
        for url in ["javascript:alert(1)", "data:image/png;base64,x", "https://", "//x"] {
            assert!(ImageUrl::parse(url).is_err(), "{url:?}");
        }
    }
}
