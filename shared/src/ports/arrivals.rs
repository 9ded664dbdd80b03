//! A request's one round trip to the cache: its calls are counted, its session and what is cached for it are read.

use async_trait::async_trait;

use super::{
    StoreError,
    cache::{Found, Wanted},
};
use crate::domain::{
    RequestId, Timestamp,
    limit::{Allowance, Caller, Quota, RouteClass},
    session::{Identity, SessionState},
};

/// A call to be counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Count {
    /// Whose.
    pub caller: Caller,
    /// In which class.
    pub class: RouteClass,
    /// Against what.
    pub quota: Quota,
}

/// What a request wants to know first.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// What it counts as.
    pub counts: Vec<Count>,
    /// Whom its token stands for.
    pub session: Option<Identity>,
    /// Values that it will need if they are cached.
    pub wanted: Vec<Wanted>,
}

impl Arrival {
    /// Whether there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.session.is_none() && self.wanted.is_empty()
    }
}

/// The answers, in the order of the questions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Arrived {
    /// What became of each call.
    pub allowances: Vec<Allowance>,
    /// What is known of the token's session; `None` if nothing.
    pub session: Option<SessionState>,
    /// What is cached of what was wanted.
    pub found: Vec<(Wanted, Found)>,
}

/// Asks all of it at once.
#[async_trait]
pub trait Arrivals: Send + Sync {
    /// Counts and reads in one round trip. Each dimension is exact by itself: of any number of calls at the same time, no more
    /// than the quota are allowed. `id` tells this call from all others.
    async fn arrive(&self, arrival: Arrival, id: RequestId, now: Timestamp) -> Result<Arrived, StoreError>;
}
