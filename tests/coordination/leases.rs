//! Leases against the model of what they promise.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use proptest::{
    prelude::*,
    test_runner::{TestCaseError, TestRunner},
};
use shared::{
    domain::{DraftId, HolderId},
    ports::{
        leases::{Fence, GuardedWriteError, Lease, Leases as _},
        sweeps::Sweeps as _,
        system::System as _,
    },
};

use crate::world::World;

const LIFE: Duration = Duration::from_secs(10);
const HOLDERS: usize = 4;

#[derive(Debug, Clone)]
enum Step {
    Acquire(usize),
    Renew(usize),
    Release(usize),
    /// A write that carries the fencing token, of whoever thinks to hold the lease.
    Write(usize),
    Pass(Duration),
}

fn step() -> impl Strategy<Value = Step> {
    let life = u64::try_from(LIFE.as_millis()).unwrap();
    prop_oneof![
        4 => (0..HOLDERS).prop_map(Step::Acquire),
        2 => (0..HOLDERS).prop_map(Step::Renew),
        1 => (0..HOLDERS).prop_map(Step::Release),
        4 => (0..HOLDERS).prop_map(Step::Write),
        // From a moment to a pause that outlasts the lease, and its very end.
        3 => prop_oneof![0..=life / 2, Just(life), life..=2 * life].prop_map(|ms| Step::Pass(Duration::from_millis(ms))),
    ]
}

/// What is known of the last grant.
#[derive(Debug, Clone, Copy)]
struct Grant {
    fence: Fence,
    until: Duration,
    released: bool,
}

/// Plays `steps` on a lease of its own and compares each outcome with what the promises say.
async fn play(world: &World, steps: Vec<Step>) -> Result<(), TestCaseError> {
    static CASE: AtomicU64 = AtomicU64::new(0);
    let name = format!("case-{}", CASE.fetch_add(1, Ordering::Relaxed));
    let draft = DraftId::new(world.clock.now(), world.system().random());
    let mut believed: [Option<Lease>; HOLDERS] = Default::default();
    let mut last: Option<Grant> = None;
    for step in steps {
        let now = world.clock.monotonic();
        match step {
            Step::Acquire(holder) => {
                let free = last.is_none_or(|grant| grant.released || grant.until <= now);
                let lease = acquire(world, &name).await;
                prop_assert_eq!(lease.is_some(), free, "held by {:?} at {:?}", last, now);
                if let Some(lease) = lease {
                    prop_assert!(last.is_none_or(|grant| lease.fence > grant.fence), "{:?} after {:?}", lease, last);
                    last = Some(Grant { fence: lease.fence, until: now + LIFE, released: false });
                    believed[holder] = Some(lease);
                }
            }
            Step::Renew(holder) => {
                let (Some(lease), Some(grant)) = (&believed[holder], &mut last) else { continue };
                let live = lease.fence == grant.fence && !grant.released && grant.until > now;
                let renewed = world.leases.renew(lease, world.clock.now(), LIFE).await.unwrap();
                prop_assert_eq!(renewed, live, "{:?} of {:?} at {:?}", lease, grant, now);
                if renewed {
                    grant.until = now + LIFE;
                }
            }
            Step::Release(holder) => {
                let (Some(lease), Some(grant)) = (&believed[holder], &mut last) else { continue };
                world.leases.release(lease).await.unwrap();
                grant.released |= lease.fence == grant.fence;
            }
            Step::Write(holder) => {
                let (Some(lease), Some(grant)) = (&believed[holder], last) else { continue };
                world.mark(draft);
                let accepted = match world.sweeps.settle(draft, lease).await {
                    Ok(()) => true,
                    Err(GuardedWriteError::Fenced) => false,
                    Err(GuardedWriteError::Store(error)) => panic!("{error}"),
                };
                prop_assert_eq!(accepted, lease.fence == grant.fence && !grant.released, "{:?} of {:?}", lease, grant);
                // What was refused left the mark where it was.
                let marks = world.sweeps.marks(u16::MAX).await.unwrap();
                let marked = marks.iter().any(|mark| mark.draft == draft);
                prop_assert_eq!(marked, !accepted);
            }
            Step::Pass(time) => world.clock.pass(time),
        }
    }
    // Whatever happened, nobody waits for longer than a life.
    world.clock.pass(LIFE);
    let lease = acquire(world, &name).await;
    prop_assert!(lease.is_some_and(|lease| last.is_none_or(|grant| lease.fence > grant.fence)));
    clear(world, draft).await;
    Ok(())
}

async fn acquire(world: &World, name: &str) -> Option<Lease> {
    let holder = HolderId::new(world.clock.now(), world.system().random());
    world.leases.acquire(name, holder, world.clock.now(), LIFE).await.unwrap()
}

/// Removes the case's mark, so that the next need not read it.
async fn clear(world: &World, draft: DraftId) {
    let lease = acquire(world, &format!("clear-{draft}")).await.unwrap();
    world.sweeps.settle(draft, &lease).await.unwrap();
}

#[test]
fn whatever_holders_do_only_the_last_grant_writes_fences_grow_and_nobody_waits_longer_than_a_life() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let mut runner = TestRunner::new(ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() });
    let steps = proptest::collection::vec(step(), 1..40);
    runner.run(&steps, |steps| runtime.block_on(play(&world, steps))).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_ask_at_once_one_gets_the_lease() {
    let world = World::new().await;
    for round in 1..=5 {
        let leases = join_all((0..16).map(|_| acquire(&world, "one"))).await;
        let granted: Vec<_> = leases.into_iter().flatten().collect();
        assert_eq!(granted, [Lease { name: "one".to_owned(), fence: Fence(round) }]);
        world.clock.pass(LIFE);
    }
}

#[tokio::test]
async fn a_try_whose_answer_was_lost_can_be_repeated() {
    let world = World::new().await;
    let holder = HolderId::new(world.clock.now(), world.system().random());
    let ask = || world.leases.acquire("again", holder, world.clock.now(), LIFE);
    let (first, second) = (ask().await.unwrap().unwrap(), ask().await.unwrap().unwrap());
    assert!(second.fence > first.fence);
    assert!(!world.leases.renew(&first, world.clock.now(), LIFE).await.unwrap());
}
