//! What users may be.

use serde::{Deserialize, Serialize};

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
