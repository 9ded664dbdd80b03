//! The breaker's machine, held against its rules under random calls.

use std::time::Duration;

use proptest::{collection::vec, prelude::*};
use shared::{
    domain::Timestamp,
    resilience::breaker::{Breaker, Outcome, Permit, Rules, Share, State},
};

use Outcome::{Failure, Success};

const SECOND: Duration = Duration::from_secs(1);

fn rules() -> Rules {
    Rules { consecutive: 3, share: None, pause: 2 * SECOND, longest_pause: 9 * SECOND, probes: 2 }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1_000)
}

/// A call that is admitted and ends at once.
fn call(breaker: &Breaker, outcome: Outcome, now: Timestamp) {
    let permit = breaker.admit(now).expect("admitted");
    breaker.report(permit, outcome, now);
}

/// A breaker that has just opened, at 0.
fn opened() -> Breaker {
    let breaker = Breaker::new(rules());
    for _ in 0..3 {
        call(&breaker, Failure, at(0));
    }
    breaker
}

#[test]
fn it_is_calm_until_a_call_fails_and_again_once_one_is_answered() {
    let breaker = Breaker::new(rules());
    for (outcome, calm) in [(Outcome::Success, true), (Outcome::Failure, false), (Outcome::Success, true)] {
        call(&breaker, outcome, at(0));
        assert_eq!(breaker.is_calm(), calm, "{outcome:?}");
    }
    assert!(!opened().is_calm());
}

#[test]
fn it_opens_after_failures_in_a_row_and_an_answer_begins_the_row_anew() {
    let breaker = Breaker::new(rules());
    for outcome in [Failure, Failure, Success, Failure, Failure] {
        call(&breaker, outcome, at(0));
    }
    let permit = breaker.admit(at(0)).unwrap();
    assert_eq!(breaker.report(permit, Failure, at(0)), Some(false));
    assert_eq!(breaker.admit(at(1)).unwrap_err().until, at(2));
}

#[test]
fn when_half_open_it_admits_its_probes_and_closes_once_all_have_succeeded() {
    let breaker = opened();
    let probes = [breaker.admit(at(2)).unwrap(), breaker.admit(at(2)).unwrap()];
    assert!(breaker.admit(at(2)).is_err(), "no third");
    assert_eq!(breaker.report(probes[0], Success, at(2)), None);
    assert!(breaker.admit(at(2)).is_err());
    assert_eq!(breaker.report(probes[1], Success, at(2)), Some(true));
    assert!(breaker.admit(at(2)).is_ok());
}

#[test]
fn each_probe_that_fails_doubles_the_pause_up_to_the_longest() {
    let breaker = opened();
    let mut now = 2;
    for pause in [4, 8, 9, 9] {
        call(&breaker, Failure, at(now));
        now += pause;
        assert!(breaker.admit(at(now - 1)).is_err(), "{pause}");
    }
}

#[test]
fn probes_that_are_never_heard_of_make_room_after_the_pause() {
    let breaker = opened();
    let lost = [breaker.admit(at(2)).unwrap(), breaker.admit(at(2)).unwrap()];
    assert!(breaker.admit(at(3)).is_err());
    let late = breaker.admit(at(4)).unwrap();
    for permit in lost {
        assert_eq!(breaker.report(permit, Failure, at(4)), None, "too late to count");
    }
    breaker.report(late, Success, at(4));
    call(&breaker, Success, at(4));
    assert!(breaker.admit(at(4)).is_ok());
}

#[test]
fn a_call_from_before_it_opened_says_nothing_about_the_service_now() {
    let breaker = Breaker::new(rules());
    let old = breaker.admit(at(0)).unwrap();
    for _ in 0..3 {
        call(&breaker, Failure, at(0));
    }
    breaker.report(old, Success, at(0));
    assert!(breaker.admit(at(1)).is_err());
    let probe = breaker.admit(at(2)).unwrap();
    breaker.report(old, Failure, at(2));
    breaker.report(probe, Success, at(2));
    call(&breaker, Success, at(2));
    assert!(breaker.admit(at(2)).is_ok());
}

#[test]
fn it_opens_when_half_of_enough_calls_fail_within_the_window() {
    let share = Share { percent: 50, minimum: 10, window: 10 * SECOND };
    let rules = Rules { consecutive: 100, share: Some(share), ..rules() };
    let breaker = Breaker::new(rules);
    for n in 0..9 {
        call(&breaker, if n % 2 == 0 { Success } else { Failure }, at(100));
    }
    // A new window begins: what was before it does not count.
    for n in 0..9 {
        call(&breaker, if n % 2 == 0 { Success } else { Failure }, at(110));
    }
    assert!(breaker.admit(at(110)).is_ok(), "nine are not enough");
    call(&breaker, Failure, at(111));
    assert!(breaker.admit(at(111)).is_err());
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_it_open() {
    let breaker = Breaker::new(rules());
    for _ in 0..3 {
        call(&breaker, Failure, at(1_000_000));
    }
    assert!(breaker.admit(at(1_000_001)).is_err());
    assert!(breaker.admit(at(5)).is_ok());
}

#[derive(Debug, Clone)]
enum Event {
    Call,
    End(usize, bool),
    Lose(usize),
    Pass(u64),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        5 => Just(Event::Call),
        5 => (any::<usize>(), any::<bool>()).prop_map(|(which, ok)| Event::End(which, ok)),
        1 => any::<usize>().prop_map(Event::Lose),
        2 => (1..5_000u64).prop_map(Event::Pass),
    ]
}

proptest! {
    #[test]
    fn it_opens_for_a_reason_only_and_then_admits_few_but_never_nobody_for_good(events in vec(event(), 1..200)) {
        let rules = rules();
        let (mut state, mut now) = (State::default(), at(0));
        // Calls on their way, with the number of openings and closings before them.
        let mut running: Vec<(Permit, u32)> = Vec::new();
        let (mut changes, mut in_a_row) = (0, 0);
        // When calls were admitted since it opened.
        let mut probes: Vec<Timestamp> = Vec::new();
        for event in events {
            let closed = state.is_closed();
            match event {
                Event::Call => match state.admit(&rules, now) {
                    Ok(permit) => {
                        running.push((permit, changes));
                        if !closed {
                            probes.push(now);
                            let recent = probes.iter().filter(|probe| probe.plus(rules.pause) > now).count();
                            // Those of one half-open phase but the first, and those of the next.
                            prop_assert!(recent < 2 * rules.probes as usize, "{recent} probes within a pause");
                        }
                    }
                    Err(open) => {
                        prop_assert!(!closed, "a closed breaker admits everybody");
                        prop_assert!(open.until > now && open.until <= now.plus(rules.longest_pause));
                    }
                },
                Event::End(which, ok) => {
                    let Some(which) = which.checked_rem(running.len()) else { continue };
                    let (permit, began) = running.swap_remove(which);
                    state.report(&rules, permit, if ok { Success } else { Failure }, now);
                    if closed && began == changes {
                        in_a_row = if ok { 0 } else { in_a_row + 1 };
                    }
                    prop_assert_eq!(closed && !state.is_closed(), closed && in_a_row == rules.consecutive);
                    if state.is_closed() != closed {
                        (changes, in_a_row) = (changes + 1, 0);
                        probes.clear();
                    }
                }
                Event::Lose(which) => {
                    if let Some(which) = which.checked_rem(running.len()) {
                        running.swap_remove(which);
                    }
                }
                Event::Pass(millis) => now = now.plus(Duration::from_millis(millis)),
            }
        }
        prop_assert!(state.admit(&rules, now.plus(rules.longest_pause)).is_ok(), "somebody may always try again");
    }

    #[test]
    fn its_state_survives_being_stored(outcomes in vec(any::<bool>(), 0..20)) {
        let mut state = State::default();
        for ok in outcomes {
            if let Ok(permit) = state.admit(&rules(), at(0)) {
                state.report(&rules(), permit, if ok { Success } else { Failure }, at(0));
            }
        }
        let stored = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(serde_json::from_str::<State>(&stored).unwrap(), state);
    }
}
