//! Single flight: callers of one process who want the same value share one load.
//!
//! Nobody joins a load that has begun: it may have read what a writer has changed since, and whoever calls after that writer was
//! answered must see the change. Who comes too late shares the next load, which begins when the present one has ended.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{Mutex as Turns, OnceCell, OwnedMutexGuard};

use crate::ports::cache::CacheKey;

/// The loads of one cache.
pub(super) struct Flights<T> {
    slots: Mutex<HashMap<CacheKey, Arc<Slot<T>>>>,
}

/// The loads of one value.
struct Slot<T> {
    /// Held by the load that is under way.
    turn: Arc<Turns<()>>,
    /// The load that one may still join.
    open: Mutex<Arc<OnceCell<T>>>,
}

/// The present load of a value, until dropped.
pub(super) struct Turn<'a, T> {
    _turn: OwnedMutexGuard<()>,
    _seat: Seat<'a, T>,
}

/// A caller's share in a slot. The last one to leave takes the slot away.
struct Seat<'a, T> {
    flights: &'a Flights<T>,
    key: &'a CacheKey,
    slot: Arc<Slot<T>>,
}

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self { slots: Mutex::default() }
    }
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { turn: Arc::default(), open: Mutex::new(Arc::new(OnceCell::new())) }
    }
}

/// What is guarded here is whole between any two statements, so that a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T: Clone> Flights<T> {
    /// What `make` answers, or what that of another caller answers who is at the same point. If whoever runs it is cancelled,
    /// another caller runs their own.
    pub(super) async fn share<F: Future<Output = T>>(&self, key: &CacheKey, make: impl FnOnce() -> F) -> T {
        let seat = self.seat(key);
        let flight = lock(&seat.slot.open).clone();
        let made = flight.get_or_init(async || {
            let _turn = seat.slot.turn.lock().await;
            seat.slot.close(&flight);
            make().await
        });
        made.await.clone()
    }

    /// The turn to load the value, unless a load is under way.
    pub(super) fn alone<'a>(&'a self, key: &'a CacheKey) -> Option<Turn<'a, T>> {
        let seat = self.seat(key);
        let turn = seat.slot.turn.clone().try_lock_owned().ok()?;
        Some(Turn { _turn: turn, _seat: seat })
    }
}

impl<T> Flights<T> {
    fn seat<'a>(&'a self, key: &'a CacheKey) -> Seat<'a, T> {
        let slot = lock(&self.slots).entry(key.clone()).or_default().clone();
        Seat { flights: self, key, slot }
    }
}

impl<T> Slot<T> {
    /// Has the next callers share the next load.
    fn close(&self, flight: &Arc<OnceCell<T>>) {
        let mut open = lock(&self.open);
        if Arc::ptr_eq(&open, flight) {
            *open = Arc::new(OnceCell::new());
        }
    }
}

impl<T> Drop for Seat<'_, T> {
    fn drop(&mut self) {
        let mut slots = lock(&self.flights.slots);
        // One is the map's and one is ours; more are made under this lock only.
        if Arc::strong_count(&self.slot) == 2 {
            slots.remove(self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::{FutureExt as _, future::join_all};
    use tokio::{join, sync::Notify};

    use super::*;

    fn key() -> CacheKey {
        CacheKey::new("test", "hot")
    }

    #[tokio::test]
    async fn a_hundred_callers_make_two_loads() {
        let (flights, loads) = (Flights::default(), AtomicUsize::new(0));
        let key = key();
        let load = async || {
            tokio::task::yield_now().await;
            loads.fetch_add(1, Ordering::Relaxed)
        };
        let answers = join_all((0..100).map(|_| flights.share(&key, load))).await;
        assert_eq!(answers[0], 0, "the first begins at once");
        assert_eq!(answers[1..], [1; 99], "the others share the next");
        assert!(lock(&flights.slots).is_empty(), "nothing is left behind");
    }

    #[tokio::test]
    async fn who_comes_after_a_load_has_begun_shares_the_next() {
        let (flights, key) = (Flights::default(), key());
        let (begun, end) = (Notify::new(), Notify::new());
        let first = flights.share(&key, async || {
            begun.notify_one();
            end.notified().await;
            1
        });
        let late = async {
            begun.notified().await;
            let pair = async { join!(flights.share(&key, async || 2), flights.share(&key, async || 3)) };
            end.notify_one();
            pair.await
        };
        assert_eq!(join!(first, late), (1, (2, 2)));
    }

    #[tokio::test]
    async fn another_takes_over_from_who_is_cancelled() {
        let (flights, key) = (Flights::default(), key());
        let stuck = flights.share(&key, std::future::pending::<i32>);
        let waiting = flights.share(&key, async || 2);
        let mut stuck = Box::pin(stuck);
        assert!((&mut stuck).now_or_never().is_none());
        drop(stuck);
        assert_eq!(waiting.await, 2);
    }

    #[tokio::test]
    async fn one_has_the_turn() {
        let (flights, key) = (Flights::<i32>::default(), key());
        let turn = flights.alone(&key);
        assert!(turn.is_some() && flights.alone(&key).is_none());
        drop(turn);
        assert!(flights.alone(&key).is_some());
    }
}
