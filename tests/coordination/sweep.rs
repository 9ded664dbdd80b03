//! The function `sweep`: what it removes, and that neither a kill nor a second run nor a pause does harm.

mod threads;
mod users;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use shared::{
    domain::DraftId,
    lease::End,
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease},
        sweeps::{Dropped, Mark, Sweeps},
    },
};
use sweep::{BUDGET, LIFE, Report, Sweeper};
use tokio::sync::{Notify, Semaphore};

use crate::world::World;

/// Bodies of an article that takes three steps to sweep: each has its HTML beside it.
const LONG: u32 = 115;

fn sweeper(world: &World, sweeps: Arc<dyn Sweeps>) -> Sweeper {
    let comments = world.comment_sweeps.clone();
    let users = world.user_sweeps.clone();
    Sweeper { users, sweeps, comments, leases: world.leases.clone(), system: world.clock.clone() }
}

async fn sweep(world: &World) -> Report {
    sweeper(world, world.sweeps.clone()).sweep().await.unwrap()
}

/// The report of a run that swept drafts and their bodies.
fn report(end: End, drafts: u32, items: u32) -> Report {
    Report { drafts, items, ..Report::of(end) }
}

/// What is still to be swept: marks and bodies.
fn left(world: &World) -> (usize, usize) {
    (world.count("SWEEP"), world.count("REVISION#"))
}

/// The real thing up to a number of calls; the next waits until it is let through.
struct Stopped {
    world: Arc<World>,
    calls: AtomicUsize,
    stopped: Notify,
    gate: Semaphore,
    each_takes: Duration,
}

impl Stopped {
    fn after(world: &Arc<World>, calls: usize) -> Arc<Self> {
        Self::new(world, calls, Duration::ZERO)
    }

    fn new(world: &Arc<World>, calls: usize, each_takes: Duration) -> Arc<Self> {
        let (stopped, gate) = (Notify::new(), Semaphore::new(0));
        Arc::new(Self { world: world.clone(), calls: calls.into(), stopped, gate, each_takes })
    }

    async fn pass(&self) {
        self.world.clock.pass(self.each_takes);
        let left = self.calls.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if left.is_err() {
            self.stopped.notify_one();
            self.gate.acquire().await.unwrap().forget();
        }
    }
}

#[async_trait]
impl Sweeps for Stopped {
    async fn marks(&self, limit: u16) -> Result<Vec<Mark>, StoreError> {
        self.pass().await;
        self.world.sweeps.marks(limit).await
    }

    async fn drop_bodies(&self, draft: DraftId, limit: u16) -> Result<Dropped, StoreError> {
        self.pass().await;
        self.world.sweeps.drop_bodies(draft, limit).await
    }

    async fn settle(&self, draft: DraftId, lease: &Lease) -> Result<(), GuardedWriteError> {
        self.pass().await;
        self.world.sweeps.settle(draft, lease).await
    }
}

#[tokio::test]
async fn a_run_removes_the_bodies_of_deleted_articles_and_nothing_else() {
    let world = World::new().await;
    world.publish(2).await;
    world.publish_and_delete(3).await;
    world.publish_and_delete(LONG).await;
    assert_eq!(left(&world), (2, 240));
    assert_eq!(sweep(&world).await, report(End::Clean, 2, 236));
    assert_eq!(left(&world), (0, 4));
    assert_eq!(sweep(&world).await, report(End::Clean, 0, 0));
}

#[tokio::test]
async fn what_a_killed_run_left_is_removed_by_the_next_wherever_it_was_killed() {
    let world = Arc::new(World::new().await);
    for calls in 0.. {
        world.publish_and_delete(LONG).await;
        let stopped = Stopped::after(&world, calls);
        let killed = sweeper(&world, stopped.clone());
        tokio::select! {
            _ = killed.sweep() => break,
            () = stopped.stopped.notified() => {}
        }
        assert_eq!(sweep(&world).await.end, End::Busy, "the killed run's lease has not run out");
        world.clock.pass(LIFE);
        assert_eq!(sweep(&world).await.end, End::Clean, "killed after {calls} calls");
        assert_eq!(left(&world), (0, 0), "killed after {calls} calls");
    }
    assert_eq!(left(&world), (0, 0));
}

#[tokio::test]
async fn of_two_runs_at_once_the_second_does_nothing() {
    let world = Arc::new(World::new().await);
    world.publish_and_delete(LONG).await;
    let stopped = Stopped::after(&world, 2);
    let first = sweeper(&world, stopped.clone());
    let second = async {
        stopped.stopped.notified().await;
        let report = sweep(&world).await;
        stopped.gate.add_permits(100);
        report
    };
    let (first, second) = tokio::join!(first.sweep(), second);
    assert_eq!(second, report(End::Busy, 0, 0));
    assert_eq!(first.unwrap(), report(End::Clean, 1, 230));
}

#[tokio::test]
async fn a_run_that_was_paused_for_longer_than_its_lease_writes_nothing_any_more() {
    let world = Arc::new(World::new().await);
    world.publish_and_delete(LONG).await;
    // Just before it removes the mark.
    let stopped = Stopped::after(&world, 4);
    let first = sweeper(&world, stopped.clone());
    let second = async {
        stopped.stopped.notified().await;
        world.clock.pass(LIFE);
        let report = sweep(&world).await;
        stopped.gate.add_permits(100);
        report
    };
    let (first, second) = tokio::join!(first.sweep(), second);
    assert_eq!(second.end, End::Clean);
    assert_eq!(first.unwrap().end, End::Lost);
    assert_eq!(left(&world), (0, 0));
}

#[tokio::test]
async fn a_run_whose_time_is_up_leaves_the_rest_to_the_next() {
    let world = Arc::new(World::new().await);
    world.publish_and_delete(LONG).await;
    let slow = Stopped::new(&world, usize::MAX, BUDGET / 2);
    let first = sweeper(&world, slow).sweep().await.unwrap();
    assert_eq!(first, report(End::OutOfTime, 0, 100));
    assert_eq!(left(&world), (1, 130));
    assert_eq!(sweep(&world).await, report(End::Clean, 1, 130));
    assert_eq!(left(&world), (0, 0));
}
