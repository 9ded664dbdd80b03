//! The shell around a function that takes the records of a table's change stream.
//!
//! Records of one shard come in order, and again from the first that failed. One that never will succeed must not hold up the
//! others for good. The template therefore lets the event source halve a batch that failed as a whole, and give up after a
//! number of tries, with the payload kept in a bucket. A failure of the first record is answered as a failure of the whole:
//! so the halves get smaller until the record stands alone and alone is given up. A failure further on is answered by its
//! sequence number, and what stands before it never comes again.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{batch::BatchAnswer, telemetry::chain, worker::WorkerError};

/// Records as Lambda hands them over. Each is parsed by itself, so that none that cannot be takes the others with it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct StreamEvent {
    /// The records, in order.
    #[serde(rename = "Records")]
    pub records: Vec<Value>,
}

/// Records of one shard, as Lambda hands them over from a source that has `TumblingWindowInSeconds`: without a window it does not say
/// which shard they are of.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ShardEvent {
    /// The records, in order. At the end of a window there may be none.
    #[serde(rename = "Records", default)]
    pub records: Vec<Value>,
    /// The shard's id.
    #[serde(rename = "shardId", default, skip_serializing_if = "Option::is_none")]
    pub shard: Option<String>,
}

/// What a function answers to a source with windows: as without, and the window's state, which must not be absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardAnswer {
    /// What is handed on to the window's next call: nothing.
    pub state: NoState,
    /// What failed.
    #[serde(flatten)]
    pub failed: BatchAnswer,
}

/// An object without anything in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoState {}

/// The answer after everything in front of `failed` was done, a record's place and why it failed; without it, all was done.
///
/// # Errors
/// The failure itself, if nothing was done, or if a record lacks the number to name it by.
pub fn answer(records: &[Value], failed: Option<(usize, WorkerError)>) -> Result<BatchAnswer, WorkerError> {
    let Some((place, error)) = failed else { return Ok(BatchAnswer::default()) };
    let number = records.get(place).and_then(|record| record["dynamodb"]["SequenceNumber"].as_str());
    match number {
        Some(number) if place > 0 => {
            tracing::warn!(sequenceNumber = number, error = chain(&*error), "a record failed");
            Ok(BatchAnswer::failed([number.to_owned()]))
        }
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answered(place: Option<usize>) -> Result<Vec<String>, String> {
        let records = ["7", "8", "9"].map(|number| json!({"dynamodb": {"SequenceNumber": number}}));
        let answer = answer(&records, place.map(|place| (place, "poison".into())));
        let named = |answer: BatchAnswer| answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier);
        answer.map(|answer| named(answer).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_record_that_fails_behind_others_is_named() {
        assert_eq!(answered(Some(1)), Ok(vec!["8".to_owned()]));
        assert_eq!(answered(None), Ok(vec![]));
    }

    #[test]
    fn a_first_record_that_fails_fails_the_batch_so_that_it_is_halved() {
        assert_eq!(answered(Some(0)), Err("poison".to_owned()));
    }
}
