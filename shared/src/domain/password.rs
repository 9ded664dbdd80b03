//! Passwords: what may be one. How they are hashed is an adapter's business.

use std::{collections::HashSet, fmt, sync::LazyLock};

use super::Violation;

/// The 3,000 most common passwords of at least 8 characters, most common first.
/// Source: the `passwords` frequency list of zxcvbn (MIT), <https://github.com/dropbox/zxcvbn>.
static COMMON: LazyLock<HashSet<&str>> = LazyLock::new(|| include_str!("common_passwords.txt").lines().collect());

/// Characters of a password at the least (OWASP ASVS 5, 6.2.1).
pub const MIN_CHARS: usize = 8;
/// Characters of a password at the most; all of them count (ASVS 5, 6.2.8 and 6.2.9).
pub const MAX_CHARS: usize = 128;

/// Whether the 3,000 most common passwords may be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommonPasswords {
    /// They may not (ASVS 5, 6.2.4).
    Refuse,
    /// They may: for demonstrations and test suites.
    Allow,
}

/// A password as typed. Never shows in `Debug`.
#[derive(Clone)]
pub struct Password(String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Password {
    /// A password that someone chooses.
    ///
    /// # Errors
    /// A blank one, one of fewer than [`MIN_CHARS`] or more than [`MAX_CHARS`] characters, or a common one if those are refused.
    pub fn choose(text: String, common: CommonPasswords) -> Result<Self, Violation> {
        let chars = text.chars().count();
        if text.trim().is_empty() {
            Err(Violation::BLANK)
        } else if chars < MIN_CHARS {
            Err(Violation::too_short(MIN_CHARS))
        } else if chars > MAX_CHARS {
            Err(Violation::too_long(MAX_CHARS))
        } else if common == CommonPasswords::Refuse && COMMON.contains(text.to_lowercase().as_str()) {
            Err(Violation("is one of the 3,000 most common passwords, which are guessed first".into()))
        } else {
            Ok(Self(text))
        }
    }

    /// A password that someone claims to have chosen: any text, as the rules may have been others then.
    pub fn claim(text: String) -> Self {
        Self(text)
    }

    /// The password itself, for hashing.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A stored hash in PHC string format (argon2id) or modular crypt format (bcrypt). Never shows in `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_3000_lower_case_passwords_that_would_be_long_enough() {
        assert_eq!(COMMON.len(), 3_000);
        assert!(COMMON.iter().all(|p| p.chars().count() >= MIN_CHARS && p.to_lowercase() == **p));
    }

    #[test]
    fn a_common_password_is_refused_in_any_case_and_the_message_says_why() {
        let refusal = Password::choose("PassWord".into(), CommonPasswords::Refuse).unwrap_err();
        assert!(refusal.0.contains("most common"));
        assert!(Password::choose("password".into(), CommonPasswords::Allow).is_ok());
    }

    #[test]
    fn length_is_counted_in_characters_not_bytes() {
        assert!(Password::choose("密码密码密码密".into(), CommonPasswords::Refuse).is_err());
        assert!(Password::choose("密码密码密码密码".into(), CommonPasswords::Refuse).is_ok());
        assert!(Password::choose("密".repeat(128), CommonPasswords::Refuse).is_ok());
        assert!(Password::choose("密".repeat(129), CommonPasswords::Refuse).is_err());
    }

    #[test]
    fn a_password_does_not_show_in_debug_output() {
        assert!(!format!("{:?}", Password::claim("hunter22".into())).contains("hunter"));
    }
}
