//! Search on an OpenSearch domain, by its REST API over HTTP/1.1 (`docs/search-opensearch.md`).
//!
//! One index holds articles and users; a rebuild makes the next generation of it beside. Whoever only searches needs the right to read;
//! whoever writes makes the first index if there is none.

mod articles;
mod bulk;
mod client;
mod document;
mod generations;
mod highlight;
mod index;
mod maker;

mod pieces;
mod query;
mod rebuilds;
mod searches;
pub mod settings;
mod sign;
mod spelling;

use std::sync::Arc;

pub use maker::maker;

use shared::{
    domain::ranking::Scoring,
    ports::{StoreError, system::System},
};

use self::{
    client::Client,
    generations::Generations,
    settings::{OpenSearchSettings, SearchTimeouts},
};

/// A client of one domain, made once per process. It connects when first used. After some waits in vain its calls fail at once, until the
/// domain is back.
pub struct OpenSearch {
    client: Client,
    generations: Generations,
    timeouts: SearchTimeouts,
    scoring: Scoring,
    refresh: bool,
}

impl OpenSearch {
    /// A client of the domain that `settings` name, in the time of `system`. Opens no connection yet.
    ///
    /// # Errors
    /// A user that no request can carry.
    pub fn new(settings: OpenSearchSettings, system: Arc<dyn System>) -> Result<Self, StoreError> {
        let client = Client::new(&settings, system)?;
        let OpenSearchSettings { prefix, timeouts, scoring, analysis, settle, refresh, .. } = settings;
        Ok(Self { client, generations: Generations::new(prefix, analysis, settle), timeouts, scoring, refresh })
    }
}
