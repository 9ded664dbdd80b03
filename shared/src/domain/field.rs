//! A field of a request body, where absent and `null` differ.

use serde::{Deserialize, Deserializer};

use super::Violation;

/// A JSON field that may be absent, `null`, or hold a value. Deserialize it with `#[serde(default)]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Field<T> {
    /// The object has no such field.
    #[default]
    Absent,
    /// The field is `null`.
    Null,
    /// The field holds a value.
    Given(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Option::<T>::deserialize(deserializer)? {
            Some(value) => Self::Given(value),
            None => Self::Null,
        })
    }
}

impl<T> Field<T> {
    /// The value of a field that must be there.
    ///
    /// # Errors
    /// "can't be blank" if it is absent or `null`.
    pub fn required(self) -> Result<T, Violation> {
        match self {
            Self::Given(value) => Ok(value),
            Self::Absent | Self::Null => Err(Violation::BLANK),
        }
    }

    /// The value of a field that may be left out but not emptied: `None` keeps what is stored.
    ///
    /// # Errors
    /// "can't be blank" if it is `null`.
    pub fn optional(self) -> Result<Option<T>, Violation> {
        match self {
            Self::Given(value) => Ok(Some(value)),
            Self::Absent => Ok(None),
            Self::Null => Err(Violation::BLANK),
        }
    }
}

impl Field<String> {
    /// The value of a field that `null` or `""` empties: `None` keeps what is stored, `Some(None)` clears it.
    pub fn clearable(self) -> Option<Option<String>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Given(text) if text.is_empty() => Some(None),
            Self::Given(text) => Some(Some(text)),
        }
    }
}
