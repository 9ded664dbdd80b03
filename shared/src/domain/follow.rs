//! Following: who wants to read whom.

use serde::{Deserialize, Serialize};

use super::{UserId, page::Cursor, user::Profile};

/// How many users one may follow. A feed looks at each of them.
pub const MAX_FOLLOWING: u64 = 5_000;

/// How many follow a user, and how many they follow. Each equals the number of its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FollowCounters {
    /// Users who follow the user.
    pub followers: u64,
    /// Users whom the user follows, at most [`MAX_FOLLOWING`].
    pub following: u64,
    /// Counts the moves of both, from 1, at which both are 0.
    pub version: u64,
}

impl Default for FollowCounters {
    /// Those of somebody who follows nobody and whom nobody follows.
    fn default() -> Self {
        Self { followers: 0, following: 0, version: 1 }
    }
}

/// A user as somebody sees them.
#[derive(Debug, Clone)]
pub struct SeenProfile {
    /// What anyone may see.
    pub profile: Profile,
    /// Whether whoever looks follows the user.
    pub following: bool,
    /// How many follow the user and are followed.
    pub counters: FollowCounters,
}

/// One page of followers or followees; who signed up last comes first.
#[derive(Debug, Clone)]
pub struct ProfileList {
    /// The page.
    pub profiles: Vec<SeenProfile>,
    /// Where the next page begins, if there is one.
    pub next: Option<Cursor<UserId>>,
}
