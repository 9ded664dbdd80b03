//! By which names somebody logs in.

use unicode_normalization::UnicodeNormalization as _;

use super::{
    lockout::Claim,
    user::{EmailAddress, PhoneNumber, Username},
};

/// A name of an account. Whatever was typed is one: what cannot be anybody's is nobody's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginName {
    /// An e-mail address.
    Email(EmailAddress),
    /// A username.
    Username(Username),
    /// A phone number.
    Phone(PhoneNumber),
    /// Nothing of the kind.
    Nobody(Claim),
}

impl LoginName {
    /// An e-mail address as typed.
    pub fn email(text: &str) -> Self {
        EmailAddress::parse(text).map_or_else(|_| Self::nobody("email", text), Self::Email)
    }

    /// A username as typed.
    pub fn username(text: &str) -> Self {
        Username::parse(text).map_or_else(|_| Self::nobody("username", text), Self::Username)
    }

    /// A phone number as typed.
    pub fn phone(text: &str) -> Self {
        PhoneNumber::parse(text).map_or_else(|_| Self::nobody("phone", text), Self::Phone)
    }

    fn nobody(kind: &str, text: &str) -> Self {
        Self::Nobody(Claim::new(kind, &text.trim().nfkc().collect::<String>().to_lowercase()))
    }

    /// Under what tries are counted if nobody has the name: names that would be one account's are one claim.
    pub fn claim(&self) -> Claim {
        match self {
            Self::Email(email) => Claim::new("email", &email.folded()),
            Self::Username(name) => Claim::new("username", &name.folded()),
            Self::Phone(phone) => Claim::new("phone", phone.as_str()),
            Self::Nobody(claim) => *claim,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one_claim() {
        for (one, other) in [
            (LoginName::email("ann@mail.example"), LoginName::email(" ＡＮＮ@Mail.Example ")),
            (LoginName::username("Ann"), LoginName::username("ａｎｎ")),
            (LoginName::phone("+8613800138000"), LoginName::phone("+86 138 0013 8000")),
            (LoginName::email("no address"), LoginName::email("NO ADDRESS ")),
        ] {
            assert_eq!(one.claim(), other.claim(), "{one:?}");
        }
    }

    #[test]
    fn the_same_text_as_another_kind_of_name_is_another_claim() {
        assert_ne!(LoginName::email("x").claim(), LoginName::username("x").claim());
        assert_ne!(LoginName::username("+8613800138000").claim(), LoginName::phone("+8613800138000").claim());
    }

    #[test]
    fn what_cannot_be_anybodys_is_nobodys() {
        for name in [LoginName::email("jake"), LoginName::username("a/b"), LoginName::phone("12")] {
            assert!(matches!(name, LoginName::Nobody(_)), "{name:?}");
        }
    }
}
