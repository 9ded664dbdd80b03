//! A circuit breaker. After too many failures it is open, and calls fail at once instead of waiting; after a pause it is half-open,
//! and a few calls try whether the service is back.
//!
//! [`State`] is the machine itself: pure, the time an argument, so that it can be kept wherever its users share it.
//! [`Breaker`] keeps it in one process; [`super::shared_breaker`] keeps it for several.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::domain::Timestamp;

/// When a breaker opens, and how it closes again.
#[derive(Debug, Clone)]
pub struct Rules {
    /// It opens after this many failures in a row.
    pub consecutive: u32,
    /// It opens when too large a part of the calls fails, too.
    pub share: Option<Share>,
    /// How long it stays open. Twice as long each time that a probe fails,
    pub pause: Duration,
    /// but never longer than this.
    pub longest_pause: Duration,
    /// How many calls try whether the service is back. It closes when all of them succeed, and opens when one fails.
    pub probes: u32,
}

/// A part of the calls.
#[derive(Debug, Clone)]
pub struct Share {
    /// Too many failures, in percent.
    pub percent: u32,
    /// Out of at least this many calls
    pub minimum: u32,
    /// within this time; then counting begins anew.
    pub window: Duration,
}

/// How a call ended, as far as the service is to blame: a refusal is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The service answered.
    Success,
    /// It did not.
    Failure,
}

/// Leave for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// What is reported later than the period in which the call began is no news.
    period: u64,
}

/// The breaker is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("its circuit breaker is open until {until}")]
pub struct Open {
    /// When it is worth another try.
    pub until: Timestamp,
}

/// The machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    phase: Phase,
    /// Counts the changes of phase.
    period: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Phase {
    Closed {
        in_a_row: u32,
        since: Timestamp,
        calls: u32,
        failures: u32,
    },
    Open {
        until: Timestamp,
        pause: Duration,
    },
    /// Probes that have not been heard of by `until` are lost, and others take their place.
    HalfOpen {
        admitted: u32,
        succeeded: u32,
        until: Timestamp,
        pause: Duration,
    },
}

const CLOSED: Phase = Phase::Closed { in_a_row: 0, since: Timestamp::from_millis(0), calls: 0, failures: 0 };

impl Default for State {
    fn default() -> Self {
        Self { phase: CLOSED, period: 0 }
    }
}

/// Whether `until`, which was set `pause` ahead, is still to come. A clock that was set back does not prolong it.
fn ahead(until: Timestamp, pause: Duration, now: Timestamp) -> bool {
    now < until && until <= now.plus(pause)
}

impl State {
    /// Whether calls pass.
    pub fn is_closed(&self) -> bool {
        matches!(self.phase, Phase::Closed { .. })
    }

    /// Whether calls pass, and the last one that was heard of had an answer.
    pub fn is_calm(&self) -> bool {
        matches!(self.phase, Phase::Closed { in_a_row: 0, .. })
    }

    /// Asks leave for a call.
    ///
    /// # Errors
    /// If it is open, or half-open with all its probes on their way.
    pub fn admit(&mut self, rules: &Rules, now: Timestamp) -> Result<Permit, Open> {
        match &mut self.phase {
            Phase::Closed { .. } => {}
            Phase::HalfOpen { admitted, .. } if *admitted < rules.probes => *admitted += 1,
            Phase::Open { until, pause } | Phase::HalfOpen { until, pause, .. } => {
                let (until, pause) = (*until, *pause);
                if ahead(until, pause, now) {
                    return Err(Open { until });
                }
                self.enter(Phase::HalfOpen { admitted: 1, succeeded: 0, until: now.plus(pause), pause });
            }
        }
        Ok(Permit { period: self.period })
    }

    /// Says how a call ended.
    pub fn report(&mut self, rules: &Rules, permit: Permit, outcome: Outcome, now: Timestamp) {
        if permit.period != self.period {
            return;
        }
        match (&mut self.phase, outcome) {
            (Phase::Closed { in_a_row, since, calls, failures }, _) => {
                if let Some(share) = &rules.share {
                    if !ahead(since.plus(share.window), share.window, now) {
                        (*since, *calls, *failures) = (now, 0, 0);
                    }
                    *calls = calls.saturating_add(1);
                }
                match outcome {
                    Outcome::Success => *in_a_row = 0,
                    Outcome::Failure => {
                        *in_a_row = in_a_row.saturating_add(1);
                        *failures = failures.saturating_add(1);
                    }
                }
                let too_many = |share: &Share| {
                    *calls >= share.minimum
                        && u64::from(*failures) * 100 >= u64::from(*calls) * u64::from(share.percent)
                };
                let trips = *in_a_row >= rules.consecutive || rules.share.as_ref().is_some_and(too_many);
                if outcome == Outcome::Failure && trips {
                    self.open(rules.pause, now);
                }
            }
            (Phase::HalfOpen { pause, .. }, Outcome::Failure) => {
                let pause = (*pause * 2).min(rules.longest_pause);
                self.open(pause, now);
            }
            (Phase::HalfOpen { succeeded, .. }, Outcome::Success) => {
                *succeeded += 1;
                if *succeeded >= rules.probes {
                    self.enter(CLOSED);
                }
            }
            (Phase::Open { .. }, _) => {}
        }
    }

    fn open(&mut self, pause: Duration, now: Timestamp) {
        self.enter(Phase::Open { until: now.plus(pause), pause });
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.period += 1;
    }
}

/// A breaker for the calls of one process.
#[derive(Debug)]
pub struct Breaker {
    rules: Rules,
    state: Mutex<State>,
}

impl Breaker {
    /// A closed breaker.
    pub fn new(rules: Rules) -> Self {
        Self { rules, state: Mutex::default() }
    }

    /// Asks leave for a call. Whoever gets it and never reports keeps a probe from being tried for as long as the pause.
    ///
    /// # Errors
    /// If the call should not be made.
    pub fn admit(&self, now: Timestamp) -> Result<Permit, Open> {
        self.with(|state| state.admit(&self.rules, now))
    }

    /// Says how a call ended. Answers whether calls pass from now on, if that has changed.
    pub fn report(&self, permit: Permit, outcome: Outcome, now: Timestamp) -> Option<bool> {
        self.with(|state| {
            let before = state.is_closed();
            state.report(&self.rules, permit, outcome, now);
            (state.is_closed() != before).then_some(state.is_closed())
        })
    }

    /// Whether calls pass, and the last one that was heard of had an answer.
    pub fn is_calm(&self) -> bool {
        self.with(|state| state.is_calm())
    }

    fn with<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        // The machine is whole between any two statements.
        act(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
