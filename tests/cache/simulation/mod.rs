//! A world in which time and the order of events are chosen: whoever acts is a future, and the test says who moves next.

mod fake_cache;

use std::{
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use shared::{cache::Versioned, domain::Timestamp, ports::system::System};

pub(crate) use fake_cache::{FakeCache, Loss};

/// A clock that stands still, and dice that always fall in the same order.
#[derive(Default)]
pub(crate) struct Simulated {
    now: AtomicI64,
    dice: AtomicU64,
}

impl Simulated {
    pub(crate) fn advance(&self, by: Duration) {
        self.now.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::Relaxed);
    }
}

impl System for Simulated {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.now.load(Ordering::Relaxed).unsigned_abs())
    }

    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let next = self.dice.fetch_add(1, Ordering::Relaxed);
            let mixed = (next + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            chunk.copy_from_slice(&mixed.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// What is cached: its version is all there is to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Value {
    pub(crate) version: u64,
}

impl Versioned for Value {
    fn version(&self) -> u64 {
        self.version
    }
}

/// A point at which others may move: the one who waits goes on when it is polled the next time.
pub(crate) async fn step() {
    let mut waited = false;
    std::future::poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

type Actor<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Those who have not finished.
#[derive(Default)]
pub(crate) struct Stage<'a>(Vec<Actor<'a>>);

impl<'a> Stage<'a> {
    pub(crate) fn enter(&mut self, actor: impl Future<Output = ()> + 'a) {
        self.0.push(Box::pin(actor));
    }

    /// Lets one of them move to its next step.
    pub(crate) fn advance(&mut self, which: usize) {
        let Some(which) = which.checked_rem(self.0.len()) else { return };
        let moved = self.0[which].as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if moved.is_ready() {
            drop(self.0.swap_remove(which));
        }
    }

    /// One of them is cancelled, as a request whose client has gone.
    pub(crate) fn cancel(&mut self, which: usize) {
        if let Some(which) = which.checked_rem(self.0.len()) {
            drop(self.0.swap_remove(which));
        }
    }

    /// Lets all of them finish, a millisecond passing between their turns.
    pub(crate) async fn finish(&mut self, system: &Arc<Simulated>) {
        for _ in 0..100_000 {
            if self.0.is_empty() {
                return;
            }
            for which in (0..self.0.len()).rev() {
                self.advance(which);
            }
            pass(system, Duration::from_millis(1)).await;
        }
        panic!("{} never finish", self.0.len());
    }
}

/// Time passes, by the clock and for those who pause.
pub(crate) async fn pass(system: &Arc<Simulated>, time: Duration) {
    system.advance(time);
    tokio::time::advance(time).await;
}

/// Runs a story in a world of its own.
pub(crate) fn run(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(pin!(tokio::task::coop::unconstrained(story)));
}
