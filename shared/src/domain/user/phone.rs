//! Phone numbers.

use std::fmt;

use phonenumber::Mode;
use serde::{Deserialize, Serialize};

use crate::domain::Violation;

/// A phone number as E.164 writes it: `+`, the country's code and the number, 15 digits at most; one that its country's
/// numbering plan allows.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PhoneNumber(String);

/// A number belongs to a person: it never shows in a log.
impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(…)")
    }
}

impl PhoneNumber {
    /// Parses an international number, in which spaces, hyphens and parentheses mean nothing. The numbering plans are
    /// libphonenumber's.
    ///
    /// # Errors
    /// A blank number, one without `+` and its country's code, or one that nobody there can have.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Violation::BLANK);
        }
        // What is longer is no number, and would be searched through for one.
        let international = text.starts_with('+') && text.len() <= 32;
        let number = international.then(|| phonenumber::parse(None, text).ok()).flatten();
        match number.filter(phonenumber::is_valid) {
            Some(number) => Ok(Self(number.format().mode(Mode::E164).to_string())),
            None => Err(Violation::must_be("a phone number such as +8613800138000")),
        }
    }

    /// The number as E.164 writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> Self {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for text in ["+8613800138000", " +86 138 0013 8000", "+86-138-0013-8000"] {
            assert_eq!(PhoneNumber::parse(text).unwrap().as_str(), "+8613800138000", "{text:?}");
        }
        assert_eq!(PhoneNumber::parse("+1 (415) 555-2671").unwrap().as_str(), "+14155552671");
    }

    #[test]
    fn what_nobody_can_be_called_by_is_refused() {
        let long = format!("+86{}", "1".repeat(1_000));
        for text in ["", "+", "13800138000", "8613800138000", "+8610", "+99913800138000", "+86 call me", "☎️", &long]
        {
            assert!(PhoneNumber::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_number_does_not_show_in_debug_output() {
        assert!(!format!("{:?}", PhoneNumber::parse("+8613800138000").unwrap()).contains("138"));
    }
}
