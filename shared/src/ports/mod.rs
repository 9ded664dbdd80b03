//! What the functions need of the world, as narrow traits. Each belongs to one capability, and next to it stands what it
//! may do to which table: a function's permissions are the sum of its ports'.

pub mod arrivals;
pub mod articles;
pub mod breakers;
pub mod cache;
pub mod changes;
pub mod codes;
pub mod comments;
pub mod counters;
pub mod departures;
pub mod drafts;
pub mod failures;
pub mod feeds;
pub mod flows;
pub mod follows;
pub mod idempotency;
pub mod identities;
pub mod indexing;
pub mod leases;
pub mod lockouts;
pub mod passwords;
pub mod permission;
pub mod providers;
pub mod ranking;
pub mod reactions;
pub mod search;
pub mod sessions;
pub mod sms;
pub mod sweeps;
pub mod system;
pub mod tokens;
pub mod users;
pub mod views;
pub mod web;

use std::error::Error;

/// What went wrong while a port did its work.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The service behind the port did not answer in time, refused the connection or is overloaded. Worth another try
    /// later; whether the work was done is not known.
    #[error("{service} is not available")]
    Unavailable {
        /// Which service.
        service: &'static str,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// Other requests kept changing the same items; nothing was done. Another try may succeed.
    #[error("{service} items are contended")]
    Contended {
        /// Which service.
        service: &'static str,
    },
    /// The service answered something that a correct program never meets.
    #[error("{service} gave an answer that makes no sense")]
    Fault {
        /// Which service.
        service: &'static str,
        /// What was wrong.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}
