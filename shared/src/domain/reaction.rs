//! What people do about articles, and how much of it there is.

use serde::{Deserialize, Serialize};

/// How often something was done about an article. Each equals the number of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleCounters {
    /// People who like it.
    pub likes: u64,
    /// People who collected it.
    pub collects: u64,
    /// Comments on it.
    pub comments: u64,
    /// Times it was read.
    pub reads: u64,
    /// Counts the moves of all of them, from 1, at which all are 0.
    pub version: u64,
}

impl Default for ArticleCounters {
    /// Those of an article about which nothing has been done.
    fn default() -> Self {
        Self { likes: 0, collects: 0, comments: 0, reads: 0, version: 1 }
    }
}
