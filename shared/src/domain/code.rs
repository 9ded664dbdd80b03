//! Codes that are sent to a phone: whoever types one reads what the phone gets.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Violation, idempotency::HmacKey, user::PhoneNumber};

/// How long a code is good (NIST SP 800-63B, 5.1.3.2: at most 10 minutes).
pub const LIFE: Duration = Duration::from_secs(600);
/// The time between two messages to one phone, at the least.
pub const PAUSE: Duration = Duration::from_secs(60);
/// Wrong tries that end a code.
pub const TRIES: u32 = 3;

/// What a code is for. A code for one purpose is none for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// Logging in, or signing up.
    Login,
    /// Choosing a new password.
    Reset,
    /// Binding the phone to one's account.
    Phone,
}

impl Purpose {
    /// All purposes.
    pub const ALL: [Self; 3] = [Self::Login, Self::Reset, Self::Phone];

    /// The purpose as keys and vendors' templates name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::Reset => "reset",
            Self::Phone => "phone",
        }
    }
}

/// Six digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code(String);

/// A secret: it never shows in a log.
impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

impl Code {
    /// Digits of a code.
    pub const DIGITS: usize = 6;

    /// A code of what `random` gives: each of the million is as likely as any other.
    pub fn draw(mut random: impl FnMut() -> [u8; 4]) -> Self {
        // The largest multiple of a million that fits: what is above would make the small codes likelier.
        const FAIR: u32 = 4_294_000_000;
        loop {
            let number = u32::from_be_bytes(random());
            if number < FAIR {
                return Self(format!("{:06}", number % 1_000_000));
            }
        }
    }

    /// Takes a code as somebody typed it.
    ///
    /// # Errors
    /// Anything but six digits.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Violation::BLANK);
        }
        if text.len() == Self::DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Violation::must_be("6 digits"))
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose code it is and what for: each pair has one code at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodeSlot<'a> {
    /// What for.
    pub purpose: Purpose,
    /// Whose.
    pub phone: &'a PhoneNumber,
}

/// A code as it is stored: its HMAC-SHA-256 in hexadecimal. A million codes are tried in no time; without the key nobody can.
#[derive(Clone, PartialEq, Eq)]
pub struct CodeHash(String);

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeHash(…)")
    }
}

impl CodeHash {
    /// That of `code` in `slot`.
    pub fn of(key: &HmacKey, slot: CodeSlot<'_>, code: &Code) -> Self {
        let CodeSlot { purpose, phone } = slot;
        Self(hex(&key.tag_of("phone code", &[purpose.name(), phone.as_str(), code.as_str()])))
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Stands for a phone or an address where it is counted: the same for the same, and nobody without the key can tell whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pseudonym(String);

impl Pseudonym {
    /// That of `value`, which is a `kind`.
    pub fn of(key: &HmacKey, kind: &'static str, value: &str) -> Self {
        Self(hex(&key.tag_of("pseudonym", &[kind, value])[..16]))
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeVerdict {
    /// It is the code, which is used up by that.
    Right,
    /// It is another; so many wrong tries are left before the code ends.
    Wrong {
        /// 0 to 2.
        left: u32,
    },
    /// There is no code: none was sent, or it was used, expired or ended.
    NoCode,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> HmacKey {
        HmacKey::parse(&HmacKey::encode([7; 32])).unwrap()
    }

    #[test]
    fn a_code_is_drawn_evenly_and_keeps_its_zeros() {
        let drawn = |numbers: &[u32]| {
            let mut numbers = numbers.iter();
            let code = Code::draw(|| numbers.next().unwrap().to_be_bytes());
            (code.0, numbers.count())
        };
        assert_eq!(drawn(&[7]), ("000007".to_owned(), 0));
        assert_eq!(drawn(&[4_293_999_999]), ("999999".to_owned(), 0));
        assert_eq!(drawn(&[u32::MAX, 4_294_000_000, 1_123_456]), ("123456".to_owned(), 0));
    }

    #[test]
    fn what_is_not_six_digits_is_refused() {
        assert_eq!(Code::parse(" 012345 ").unwrap().as_str(), "012345");
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "-12345", "12 345"] {
            assert!(Code::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_hash_is_of_purpose_phone_code_and_key() {
        let (one, other) =
            (PhoneNumber::parse("+8613800138000").unwrap(), PhoneNumber::parse("+8613800138001").unwrap());
        let code = Code::parse("123456").unwrap();
        fn hash(key: &HmacKey, purpose: Purpose, phone: &PhoneNumber, code: &Code) -> CodeHash {
            CodeHash::of(key, CodeSlot { purpose, phone }, code)
        }
        let first = hash(&key(), Purpose::Login, &one, &code);
        assert_eq!(first, hash(&key(), Purpose::Login, &one, &code));
        let another_key = HmacKey::parse(&HmacKey::encode([8; 32])).unwrap();
        for different in [
            hash(&key(), Purpose::Reset, &one, &code),
            hash(&key(), Purpose::Login, &other, &code),
            hash(&key(), Purpose::Login, &one, &Code::parse("123457").unwrap()),
            hash(&another_key, Purpose::Login, &one, &code),
        ] {
            assert_ne!(first, different);
        }
    }

    #[test]
    fn neither_code_nor_hash_shows_in_debug_output() {
        let (phone, code) = (PhoneNumber::parse("+8613800138000").unwrap(), Code::parse("123456").unwrap());
        let hash = CodeHash::of(&key(), CodeSlot { purpose: Purpose::Login, phone: &phone }, &code);
        assert_eq!(format!("{code:?} {hash:?}"), "Code(…) CodeHash(…)");
    }
}
