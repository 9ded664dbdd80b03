//! The queue `search-sync`: the search index follows what changes of articles and users, one bulk request for each batch. What a change is
//! about is read as it is now, so that changes may come twice, late and in any order.

mod wiring;

use std::sync::Arc;

use shared::{
    domain::change::Change,
    indexing::Indexing,
    ports::{StoreError, permission::Queue, search::SearchEngine},
    queue::{Consumer, Failed},
    worker::WorkerError,
};

pub use wiring::SearchSync;

/// What the handler uses.
pub struct Following {
    /// Makes entries of what changed.
    pub indexing: Indexing,
    /// The index.
    pub engine: Arc<dyn SearchEngine>,
}

impl Consumer for Following {
    const QUEUE: Queue = Queue::SearchSync;
    type Message = Change;

    async fn consume(&self, changes: &[Change]) -> Result<(), Failed> {
        let failed = match self.follow(changes).await {
            Ok(refused) => refused,
            // One of them makes no sense: alone it fails alone.
            Err(StoreError::Fault { .. }) if changes.len() > 1 => self.follow_each(changes).await?,
            Err(error) => return Err(error.into()),
        };
        if failed.is_empty() { Ok(()) } else { Err(Failed::These(failed)) }
    }
}

impl Following {
    /// Has the index follow `changes` in one request; answers those that it refused.
    async fn follow(&self, changes: &[Change]) -> Result<Vec<(usize, WorkerError)>, StoreError> {
        let subjects: Vec<_> = changes.iter().map(|change| (&change.subject, change.version)).collect();
        let entries = self.indexing.of_changes(&subjects).await?;
        let placed = entries.into_iter().enumerate().filter_map(|(place, entry)| Some((place, entry?)));
        let (places, entries): (Vec<_>, Vec<_>) = placed.unzip();
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        let refused = self.engine.apply(&entries).await?;
        let named =
            refused.into_iter().filter_map(|refused| Some((*places.get(refused.place)?, refused.reason.into())));
        Ok(named.collect())
    }

    /// The same, one by one.
    async fn follow_each(&self, changes: &[Change]) -> Result<Vec<(usize, WorkerError)>, StoreError> {
        let mut failed = Vec::new();
        for (place, change) in changes.iter().enumerate() {
            match self.follow(std::slice::from_ref(change)).await {
                Ok(refused) => failed.extend(refused.into_iter().map(|(_, reason)| (place, reason))),
                Err(fault @ StoreError::Fault { .. }) => failed.push((place, fault.into())),
                Err(error) => return Err(error),
            }
        }
        Ok(failed)
    }
}
