//! What a worker could not take though it was tried again and again: a file with its payload each, in place of the bucket on AWS.

use std::{io, path::PathBuf};

use serde_json::{Value, json};
use shared::domain::Timestamp;

use super::records::{Change, public};
use crate::data::write_whole;

/// The folder of failed changes.
#[derive(Debug, Clone)]
pub(crate) struct FailedChanges(pub(crate) PathBuf);

impl FailedChanges {
    /// Writes `changes` of `table` that `function` gave up after `calls` calls, in the form in which Lambda writes them to a bucket.
    /// Called again with the same changes, it writes the same file.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub(crate) fn keep(
        &self,
        function: &str,
        table: &str,
        changes: &[Change],
        calls: u32,
        now: Timestamp,
    ) -> io::Result<()> {
        let (Some(first), Some(last)) = (changes.first(), changes.last()) else { return Ok(()) };
        let records: Vec<_> = changes.iter().map(|change| &change.record).collect();
        let arrived = |change: &Change| {
            let seconds = change.record["dynamodb"]["ApproximateCreationDateTime"].as_i64().unwrap_or_default();
            Timestamp::from_millis(seconds * 1000).to_string()
        };
        let report = json!({
            "requestContext": {
                "functionArn": function,
                "condition": "RetryAttemptsExhausted",
                "approximateInvokeCount": calls,
            },
            "version": "1.0",
            "timestamp": now.to_string(),
            "DDBStreamBatchInfo": {
                "shardId": dynoxide::streams::shard_id(table),
                "startSequenceNumber": public(first.sequence),
                "endSequenceNumber": public(last.sequence),
                "approximateArrivalOfFirstRecord": arrived(first),
                "approximateArrivalOfLastRecord": arrived(last),
                "batchSize": changes.len(),
                "streamArn": first.record["eventSourceARN"],
            },
            // Text within the text, as Lambda has it.
            "payload": Value::from(json!({"Records": records}).to_string()),
        });
        let folder = self.0.join(function);
        std::fs::create_dir_all(&folder)?;
        write_whole(&folder.join(format!("{table}-{}.json", public(first.sequence))), &format!("{report:#}\n"))
    }
}
