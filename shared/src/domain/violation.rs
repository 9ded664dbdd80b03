//! What is wrong with a request, field by field.

use std::{borrow::Cow, collections::BTreeMap};

/// Why one value was refused, in words that follow the field's name: "can't be blank".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation(pub Cow<'static, str>);

impl Violation {
    /// The value is missing, `null`, empty or only white space.
    pub const BLANK: Self = Self(Cow::Borrowed("can't be blank"));

    /// The value is not of the form that `what` describes: "must be an e-mail address".
    pub fn must_be(what: &str) -> Self {
        Self(format!("must be {what}").into())
    }

    /// The text has more than `max` characters.
    pub fn too_long(max: usize) -> Self {
        Self(format!("is too long (maximum is {max} characters)").into())
    }

    /// The text has more than `max` bytes of UTF-8.
    pub fn too_long_in_bytes(max: usize) -> Self {
        Self(format!("is too long (maximum is {max} bytes)").into())
    }

    /// The text has fewer than `min` characters.
    pub fn too_short(min: usize) -> Self {
        Self(format!("is too short (minimum is {min} characters)").into())
    }
}

/// The violations of a whole request, by field; a caller hears of all of them at once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(BTreeMap<String, Vec<String>>);

impl Violations {
    /// One field, one reason.
    pub fn one(field: &str, violation: Violation) -> Self {
        let mut all = Self::default();
        all.add(field, violation);
        all
    }

    /// Adds a reason against `field`.
    pub fn add(&mut self, field: &str, violation: Violation) {
        self.0.entry(field.to_owned()).or_default().push(violation.0.into_owned());
    }

    /// Takes the value out of `checked`, or notes why there is none.
    pub fn check<T>(&mut self, field: &str, checked: Result<T, Violation>) -> Option<T> {
        checked.map_err(|violation| self.add(field, violation)).ok()
    }

    /// The reasons by field.
    pub fn into_map(self) -> BTreeMap<String, Vec<String>> {
        self.0
    }

    /// `value` if every part of it was valid, else everything that was noted.
    ///
    /// # Errors
    /// `self`, if `value` is `None`.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self),
        }
    }
}

/// A text trimmed of white space around it, with at least one and at most `max` characters and no control characters.
pub(super) fn line(text: &str, max: usize) -> Result<String, Violation> {
    let text = text.trim();
    if text.is_empty() {
        Err(Violation::BLANK)
    } else if text.chars().count() > max {
        Err(Violation::too_long(max))
    } else if text.chars().any(char::is_control) {
        Err(Violation::must_be("one line without control characters"))
    } else {
        Ok(text.to_owned())
    }
}
