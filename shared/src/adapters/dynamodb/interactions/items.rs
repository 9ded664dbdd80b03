//! The keys of the table of interactions.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | counters of an article | `COUNTERS#<article id>` | `COUNTERS` |

use crate::{adapters::dynamodb::store::Key, domain::ArticleId};

const COUNTERS: &str = "COUNTERS#";

/// Where an article's counters are.
pub(in crate::adapters::dynamodb) fn counters_key(article: ArticleId) -> Key {
    Key::new(format!("{COUNTERS}{article}"), "COUNTERS")
}
