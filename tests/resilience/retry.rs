//! Retries: when, how often, and when no more.

use std::{cell::Cell, time::Duration};

use proptest::{collection::vec, prelude::*};
use shared::{
    adapters::system::OperatingSystem,
    ports::system::System as _,
    resilience::retry::{Budget, Retry},
};

const MILLI: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(60);

fn retry(times: usize, budget: Budget) -> Retry {
    Retry { times, pause: MILLI, longest_pause: MILLI, budget }
}

/// Calls something that always fails; answers how often it was called.
async fn calls(retry: &Retry, within: Duration, worth_it: bool) -> u32 {
    let (system, calls) = (OperatingSystem::default(), Cell::new(0));
    let call = || async {
        calls.set(calls.get() + 1);
        Err::<(), _>("failed")
    };
    retry.run(&system, system.monotonic() + within, |_| worth_it, call).await.unwrap_err();
    calls.get()
}

#[tokio::test]
async fn a_call_is_repeated_while_it_is_worth_it() {
    let retry = retry(2, Budget::new(10, 10));
    assert_eq!(calls(&retry, LONG, true).await, 3);
    assert_eq!(calls(&retry, LONG, false).await, 1);
}

#[tokio::test]
async fn nothing_is_repeated_past_the_deadline() {
    assert_eq!(calls(&retry(2, Budget::new(10, 10)), Duration::ZERO, true).await, 1);
}

#[tokio::test]
async fn when_everything_fails_one_call_in_ten_is_repeated() {
    let retry = retry(1, Budget::new(10, 5));
    let mut all = 0;
    for _ in 0..200 {
        all += calls(&retry, LONG, true).await;
    }
    assert!((200 + 20..=200 + 20 + 5).contains(&all), "{all}");
}

proptest! {
    #[test]
    fn retries_never_exceed_their_share_and_the_reserve(events in vec(any::<bool>(), 1..500)) {
        let budget = Budget::new(10, 5);
        let (mut calls, mut retries) = (0, 0);
        for is_call in events {
            if is_call {
                budget.called();
                calls += 1;
            } else if budget.take() {
                retries += 1;
            }
            prop_assert!(retries * 10 <= calls + 50);
        }
    }
}
