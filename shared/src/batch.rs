//! What a function answers to a queue or stream whose mapping in the template reports `ReportBatchItemFailures`.

use serde::{Deserialize, Serialize};

/// What failed of a batch; whatever is not named is done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchAnswer {
    /// Of a queue, the messages that are to come again. Of a stream, the record from which on everything is to come again.
    pub batch_item_failures: Vec<ItemFailure>,
}

/// A message or record that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ItemFailure {
    /// A message's id, or a record's sequence number.
    pub item_identifier: String,
}

impl BatchAnswer {
    /// These failed.
    pub fn failed(identifiers: impl IntoIterator<Item = String>) -> Self {
        let failure = |item_identifier| ItemFailure { item_identifier };
        Self { batch_item_failures: identifiers.into_iter().map(failure).collect() }
    }
}
