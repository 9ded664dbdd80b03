//! What a cache did.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters of one cache, since its process began.
#[derive(Debug, Default)]
pub struct Counts {
    pub(super) hits: AtomicU64,
    pub(super) negatives: AtomicU64,
    pub(super) stale: AtomicU64,
    pub(super) misses: AtomicU64,
    pub(super) away: AtomicU64,
    pub(super) loads: AtomicU64,
    pub(super) unfilled: AtomicU64,
}

/// What [`Counts`] counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// Fresh values that were served.
    pub hits: u64,
    /// Times that it was known that there is no value.
    pub negatives: u64,
    /// Old values that were served while somebody made them anew, or because nobody could.
    pub stale: u64,
    /// Lookups that found nothing.
    pub misses: u64,
    /// Lookups while the shared cache was away.
    pub away: u64,
    /// Values that were loaded.
    pub loads: u64,
    /// Values that were loaded to be cached and were not: the right was lost, or the shared cache was away.
    pub unfilled: u64,
}

impl Counts {
    pub(super) fn add(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> CacheCounts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        CacheCounts {
            hits: of(&self.hits),
            negatives: of(&self.negatives),
            stale: of(&self.stale),
            misses: of(&self.misses),
            away: of(&self.away),
            loads: of(&self.loads),
            unfilled: of(&self.unfilled),
        }
    }
}
