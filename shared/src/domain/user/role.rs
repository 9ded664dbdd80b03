//! What users may be.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::domain::Violation;

/// What a user may do; each may do what those before it may.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, likes, collects, follows and discusses.
    Reader,
    /// Writes articles. Whoever signs up is one.
    #[default]
    Author,
    /// Takes away what others wrote.
    Moderator,
    /// Says who is what.
    Admin,
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Reader, Self::Author, Self::Moderator, Self::Admin];

    /// The role's name, as it is stored and answered.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Author => "author",
            Self::Moderator => "moderator",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = Violation;

    fn from_str(name: &str) -> Result<Self, Violation> {
        let known = Self::ALL.into_iter().find(|role| role.name() == name);
        known.ok_or(Violation::must_be("reader, author, moderator or admin"))
    }
}
