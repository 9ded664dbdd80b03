//! How far a new index is filled: what is kept with it, so that another run can go on.

use std::fmt;

use serde::{Deserialize, Serialize};
use shared::{domain::ArticleId, ports::StoreError};

/// A place in all that there is: articles first, then users.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Mark {
    /// Behind this article, the newest first.
    Articles {
        /// None at the beginning.
        behind: Option<ArticleId>,
        /// Articles so far.
        filled: u64,
    },
    /// Behind these users.
    Users {
        /// None at the beginning.
        behind: Option<String>,
        /// Articles in all.
        filled: u64,
    },
    /// Behind everything.
    End {
        /// Articles in all.
        filled: u64,
    },
}

impl Mark {
    /// What an index has kept; the beginning if it has kept nothing.
    ///
    /// # Errors
    /// What is no mark.
    pub(crate) fn of(kept: Option<&str>) -> Result<Self, StoreError> {
        let Some(kept) = kept else { return Ok(Self::Articles { behind: None, filled: 0 }) };
        serde_json::from_str(kept).map_err(|error| StoreError::Fault { service: "search", source: error.into() })
    }

    /// How many articles were filled in.
    pub(crate) fn filled(&self) -> u64 {
        match self {
            Self::Articles { filled, .. } | Self::Users { filled, .. } | Self::End { filled } => *filled,
        }
    }
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_comes_back_as_it_was() {
        for mark in [
            Mark::Articles { behind: None, filled: 0 },
            Mark::Articles { behind: Some(ArticleId::from_bytes([7; 16])), filled: 50 },
            Mark::Users { behind: Some("{\"pk\":\"USER#\"}".to_owned()), filled: 60 },
            Mark::End { filled: 60 },
        ] {
            assert_eq!(Mark::of(Some(&mark.to_string())).unwrap(), mark);
        }
        assert_eq!(Mark::of(None).unwrap(), Mark::Articles { behind: None, filled: 0 });
        assert!(Mark::of(Some("7")).is_err());
    }
}
