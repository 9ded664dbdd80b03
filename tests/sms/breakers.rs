//! States of breakers in the table of coordination: several instances change them, and none overwrites what it has not seen.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use shared::{
    ports::{
        breakers::{BreakerStates as _, Kept},
        system::System as _,
    },
    resilience::{
        breaker::{Outcome, Rules, State},
        shared_breaker::{Refused, SharedBreaker},
    },
};

use crate::world::World;

fn rules() -> Rules {
    let pause = Duration::from_secs(10);
    Rules { consecutive: 3, share: None, pause, longest_pause: pause, probes: 1 }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_saw_the_same_state_one_changes_it() {
    let world = World::new().await;
    let states = world.breakers();
    assert_eq!(states.load("vendor").await.unwrap(), Kept::default());
    let mut next = State::default();
    let permit = next.admit(&rules(), world.clock.now()).unwrap();
    next.report(&rules(), permit, Outcome::Failure, world.clock.now());
    assert!(states.swap("vendor", 0, &next).await.unwrap());
    assert!(!states.swap("vendor", 0, &State::default()).await.unwrap());
    assert_eq!(states.load("vendor").await.unwrap(), Kept { state: next.clone(), revision: 1 });
    assert!(!states.swap("vendor", 2, &State::default()).await.unwrap());
    assert!(states.swap("vendor", 1, &State::default()).await.unwrap());
    assert_eq!(states.load("vendor").await.unwrap(), Kept { state: State::default(), revision: 2 });
    assert_eq!(states.load("another").await.unwrap(), Kept::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_several_instances_open_one_breaker() {
    let world = World::new().await;
    let instance = || SharedBreaker::new("vendor", rules(), Arc::new(world.breakers()));
    let instances = [instance(), instance(), instance()];
    let now = world.clock.now();
    for instance in &instances {
        let permit = instance.admit(now).await.unwrap();
        instance.report(permit, Outcome::Failure, now).await.unwrap();
    }
    for instance in &instances {
        assert!(matches!(instance.admit(now).await, Err(Refused::Open(_))));
    }
    // After the pause one of them tries.
    world.clock.pass(Duration::from_secs(10));
    let now = world.clock.now();
    let tries = join_all(instances.iter().map(|instance| instance.admit(now))).await;
    assert_eq!(tries.iter().filter(|admitted| admitted.is_ok()).count(), 1);
}
