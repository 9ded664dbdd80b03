//! Tries to log in: that they cannot be outrun, and how long they have to wait.

use std::{net::IpAddr, time::Duration};

use futures_util::future::join_all;
use shared::{
    domain::{
        UserId,
        lockout::{Claim, Subject},
    },
    ports::{
        lockouts::{Lockouts as _, Tried, Try},
        system::System as _,
    },
};

use crate::world::World;

const ADDRESS: Subject = Subject::Address(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

/// An account, and a name that nobody has: what is true of the one is true of the other.
fn accounts() -> [Subject; 2] {
    [Subject::Account(UserId::from_bytes([7; 16])), Subject::Nobody(Claim::new("email", "nobody@mail.example"))]
}

/// A try, if it is allowed.
async fn count(world: &World, subject: &Subject) -> Option<Try> {
    match world.lockouts.count(subject, world.clock.now()).await.unwrap() {
        Tried::Allowed(tried) => Some(tried),
        Tried::Locked(until) => {
            assert!(until > world.clock.now());
            None
        }
    }
}

/// As many tries, one after the other; how many were allowed.
async fn row(world: &World, subject: &Subject, tries: usize) -> usize {
    let mut allowed = 0;
    for _ in 0..tries {
        allowed += usize::from(count(world, subject).await.is_some());
    }
    allowed
}

/// How many of so many tries at the same time are allowed.
async fn crowd(world: &World, subject: &Subject, tries: usize) -> usize {
    join_all((0..tries).map(|_| count(world, subject))).await.into_iter().flatten().count()
}

#[tokio::test]
async fn of_fifty_tries_at_once_five_are_allowed_and_one_after_each_delay() {
    let world = World::new().await;
    for subject in accounts() {
        assert_eq!(crowd(&world, &subject, 50).await, 5);
        for seconds in [30, 60, 120] {
            world.clock.pass(Duration::from_millis(seconds * 1_000 - 1));
            assert_eq!(crowd(&world, &subject, 50).await, 0, "{seconds} s are not over");
            world.clock.pass(Duration::from_millis(1));
            assert_eq!(crowd(&world, &subject, 50).await, 1, "{seconds} s are over");
        }
    }
}

#[tokio::test]
async fn five_tries_are_free_and_then_one_after_each_delay() {
    let world = World::new().await;
    for subject in accounts() {
        assert_eq!(row(&world, &subject, 10).await, 5);
        for seconds in [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600] {
            world.clock.pass(Duration::from_millis(seconds * 1_000 - 1));
            assert_eq!(row(&world, &subject, 3).await, 0, "{seconds} s are not over");
            world.clock.pass(Duration::from_millis(1));
            assert_eq!(row(&world, &subject, 3).await, 1, "{seconds} s are over");
        }
    }
}

#[tokio::test]
async fn the_tries_of_a_day_are_forgotten_when_it_is_over() {
    let world = World::new().await;
    let [account, _] = accounts();
    assert_eq!(row(&world, &account, 4).await, 4);
    world.clock.pass(Duration::from_secs(86_400));
    assert_eq!(row(&world, &account, 10).await, 5);
}

#[tokio::test]
async fn who_has_proved_who_they_are_starts_anew() {
    let world = World::new().await;
    let id = UserId::from_bytes([8; 16]);
    let account = Subject::Account(id);
    assert_eq!(row(&world, &account, 10).await, 5);
    world.lockouts.clear(id).await.unwrap();
    assert_eq!(row(&world, &account, 10).await, 5);
    assert_eq!(world.count_in("UsersTable", "LOCKOUT#ACCOUNT#"), 1);
}

#[tokio::test]
async fn successes_do_not_use_up_an_addresss_tries_and_give_no_others_back() {
    let world = World::new().await;
    for _ in 0..30 {
        let tried = count(&world, &ADDRESS).await.unwrap();
        world.lockouts.give_back(&tried).await.unwrap();
    }
    // Of these ten fail, and ten succeed, the one among them that would have others wait.
    let mut tries = Vec::new();
    for _ in 0..20 {
        tries.push(count(&world, &ADDRESS).await);
    }
    assert_eq!(row(&world, &ADDRESS, 1).await, 0);
    for tried in tries.split_off(10) {
        world.lockouts.give_back(&tried.unwrap()).await.unwrap();
    }
    assert_eq!(row(&world, &ADDRESS, 15).await, 10);
}

#[tokio::test]
async fn accounts_do_not_wait_for_each_other() {
    let world = World::new().await;
    let [account, nobody] = accounts();
    assert_eq!(row(&world, &account, 10).await, 5);
    assert_eq!(row(&world, &nobody, 10).await, 5);
    assert_eq!(row(&world, &Subject::Account(UserId::from_bytes([9; 16])), 10).await, 5);
}
