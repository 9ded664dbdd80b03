//! What becomes of a batch of records: done, tried again, split, given up. By the rules of Lambda's event source mappings.

use std::{collections::VecDeque, time::Duration};

use super::records::Change;
use crate::template::StreamSource;

/// How long is waited before a batch is tried again: the first time, and at the most.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Records that are handed over together.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Batch {
    pub(super) changes: Vec<Change>,
    /// How often it was tried already.
    pub(super) tries: u32,
}

/// What failed of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// Everything, as far as is known.
    Whole,
    /// The change in this place. What is before it is done.
    From(usize),
}

/// What to do after a call.
#[derive(Debug, PartialEq)]
pub(super) enum Next {
    /// With what is pending.
    GoOn,
    /// The same, after this time.
    Pause(Duration),
    /// This batch is given up; then with what is pending.
    GiveUp(Batch),
}

/// The batches that are still to be handed over, in the order of the stream.
#[derive(Debug, Default)]
pub(super) struct Pending(VecDeque<Batch>);

impl Pending {
    pub(super) fn of(changes: Vec<Change>) -> Self {
        Self(if changes.is_empty() { VecDeque::new() } else { [Batch { changes, tries: 0 }].into() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn pop(&mut self) -> Option<Batch> {
        self.0.pop_front()
    }

    /// Takes `batch` back after a call that failed.
    ///
    /// A batch that names its first failure is cut there, one that fails as a whole is split in two; neither costs a try. What
    /// cannot be divided any more is tried again as it is.
    pub(super) fn failed(&mut self, source: &StreamSource, batch: Batch, failure: Failure) -> Next {
        let Batch { mut changes, tries } = batch;
        match failure {
            Failure::From(first) if first > 0 => {
                let changes = changes.split_off(first.min(changes.len()));
                self.0.push_front(Batch { changes, tries });
                return Next::GoOn;
            }
            Failure::Whole if source.bisect && changes.len() > 1 => {
                let second = changes.split_off(changes.len() / 2);
                self.0.push_front(Batch { changes: second, tries });
                self.0.push_front(Batch { changes, tries });
                return Next::GoOn;
            }
            _ => {}
        }
        let batch = Batch { changes, tries: tries + 1 };
        if source.retries.is_some_and(|retries| batch.tries > retries) {
            return Next::GiveUp(batch);
        }
        let pause = pause(batch.tries);
        self.0.push_front(batch);
        Next::Pause(pause)
    }
}

/// How long to wait after the try number `tries`.
fn pause(tries: u32) -> Duration {
    FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1))).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::template::StartingPosition;

    fn source(bisect: bool, retries: Option<u32>) -> StreamSource {
        StreamSource {
            function: "relay".to_owned(),
            table: "ThingsTable".to_owned(),
            starting: StartingPosition::TrimHorizon,
            window: Duration::ZERO,
            batch_size: 10,
            bisect,
            retries,
            reports_failures: true,
            names_shard: false,
            filters: vec![],
        }
    }

    fn changes(sequences: std::ops::Range<i64>) -> Vec<Change> {
        sequences.map(|sequence| Change { sequence, record: Value::Null }).collect()
    }

    /// Runs eight changes past a worker that fails at `poison` as `failure` says; answers what was done and what was given up.
    fn run(source: &StreamSource, poison: i64, failure: fn(usize) -> Failure) -> (Vec<i64>, Vec<i64>) {
        let (mut done, mut given_up) = (vec![], vec![]);
        let mut pending = Pending::of(changes(0..8));
        while let Some(batch) = pending.pop() {
            let sequences: Vec<_> = batch.changes.iter().map(|change| change.sequence).collect();
            let Some(place) = sequences.iter().position(|sequence| *sequence == poison) else {
                done.extend(sequences);
                continue;
            };
            let failure = failure(place);
            if let Failure::From(first) = failure {
                done.extend(&sequences[..first]);
            }
            if let Next::GiveUp(batch) = pending.failed(source, batch, failure) {
                given_up.extend(batch.changes.iter().map(|change| change.sequence));
            }
        }
        (done, given_up)
    }

    /// What shells of ours answer: a failure in front of a batch is one of the whole.
    fn named_unless_first(place: usize) -> Failure {
        if place == 0 { Failure::Whole } else { Failure::From(place) }
    }

    #[test]
    fn a_poison_record_is_given_up_alone_and_the_others_are_done_in_order() {
        for failure in [named_unless_first, |_| Failure::Whole] {
            assert_eq!(run(&source(true, Some(2)), 5, failure), (vec![0, 1, 2, 3, 4, 6, 7], vec![5]));
        }
    }

    #[test]
    fn without_bisection_what_comes_after_the_poison_is_given_up_with_it() {
        assert_eq!(run(&source(false, Some(2)), 5, named_unless_first), (vec![0, 1, 2, 3, 4], vec![5, 6, 7]));
    }

    #[test]
    fn a_batch_that_names_its_first_change_again_and_again_is_given_up_as_a_whole() {
        assert_eq!(run(&source(true, Some(2)), 5, Failure::From), (vec![0, 1, 2, 3, 4], vec![5, 6, 7]));
    }

    #[test]
    fn pauses_double_up_to_a_bound_and_an_endless_batch_never_ends() {
        let source = source(false, None);
        let mut pending = Pending::of(changes(0..1));
        let mut pauses = vec![];
        for _ in 0..12 {
            let batch = pending.pop().unwrap();
            let Next::Pause(pause) = pending.failed(&source, batch, Failure::Whole) else { panic!("it ended") };
            pauses.push(pause.as_millis());
        }
        assert_eq!(pauses[..4], [100, 200, 400, 800]);
        assert_eq!(pauses[11], 10_000);
    }
}
