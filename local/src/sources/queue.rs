//! Hands a queue's messages to a worker, and deletes what it has done.

use std::{sync::Arc, time::Duration};

use rustack_sqs_model::{
    input::{DeleteMessageBatchInput, ReceiveMessageInput},
    types::{DeleteMessageBatchRequestEntry, Message},
};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::invoke::{Callee, failures};
use crate::{
    sqs::{Queues, arn, name_of},
    template::QueueSource,
};

/// How long a receive waits for a message: as long as SQS lets it.
const WAIT_SECONDS: i32 = 20;
/// How long to wait after a call of the queue itself failed.
const PAUSE: Duration = Duration::from_secs(1);

/// One of several readers of a queue for one worker.
#[derive(Clone)]
pub(crate) struct Poller {
    source: QueueSource,
    url: String,
    callee: Callee,
    queues: Arc<Queues>,
    /// Messages come back at once after this many receives: the next one makes them dead letters.
    max_receives: u32,
}

impl Poller {
    /// The reader of the queue at `url`, whose messages are received `max_receives` times at the most.
    pub(crate) fn new(
        source: QueueSource,
        url: String,
        max_receives: u32,
        callee: Callee,
        queues: Arc<Queues>,
    ) -> Self {
        Self { source, url, callee, queues, max_receives }
    }

    /// Runs until `stop` is true. A call under way is waited for.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let received = tokio::select! {
                received = self.receive() => received,
                _ = stop.wait_for(|stop| *stop) => return,
            };
            let outcome = match received {
                Ok(messages) if messages.is_empty() => Ok(()),
                Ok(messages) => self.deliver(messages).await,
                Err(problem) => Err(problem),
            };
            if let Err(problem) = outcome {
                tracing::error!(queue = self.source.queue, error = problem, "a queue does not answer");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }

    async fn receive(&self) -> Result<Vec<Message>, String> {
        let all = || vec!["All".to_owned()];
        let input = ReceiveMessageInput {
            queue_url: self.url.clone(),
            max_number_of_messages: i32::try_from(self.source.batch_size).ok(),
            wait_time_seconds: Some(WAIT_SECONDS),
            message_system_attribute_names: all(),
            message_attribute_names: all(),
            ..ReceiveMessageInput::default()
        };
        let output = self.queues.receive(input).await.map_err(|error| error.message)?;
        Ok(output.messages)
    }

    /// Hands `messages` over; what succeeded is deleted, what failed comes again.
    async fn deliver(&self, messages: Vec<Message>) -> Result<(), String> {
        let name = name_of(&self.url);
        let records: Vec<_> = messages.iter().map(|message| record(message, name)).collect();
        let failed = match self.callee.call(json!({"Records": records})).await {
            Err(_) => None,
            Ok(_) if !self.source.reports_failures => Some(Vec::new()),
            Ok(answer) => Some(failures(&answer)),
        };
        let known = |id: &String| messages.iter().any(|message| message.message_id.as_ref() == Some(id));
        // As on Lambda, everything has failed if what failed is not in the batch.
        let failed = failed.filter(|failed| failed.iter().all(known));
        let is_done = |message: &Message| {
            failed.as_ref().is_some_and(|failed| message.message_id.as_ref().is_some_and(|id| !failed.contains(id)))
        };
        let (done, left): (Vec<_>, Vec<_>) = messages.iter().partition(|message| is_done(message));
        if !done.is_empty() {
            let entry = |(place, message): (usize, &&Message)| DeleteMessageBatchRequestEntry {
                id: place.to_string(),
                receipt_handle: message.receipt_handle.clone().unwrap_or_default(),
            };
            let entries = done.iter().enumerate().map(entry).collect();
            let input = DeleteMessageBatchInput { queue_url: self.url.clone(), entries };
            self.queues.delete_batch(input).await.map_err(|error| error.message)?;
        }
        for message in left {
            let handle = message.receipt_handle.clone().unwrap_or_default();
            let seconds = pause(receives(message), self.max_receives);
            self.queues.hide(&self.url, handle, seconds).await.map_err(|error| error.message)?;
        }
        Ok(())
    }
}

fn receives(message: &Message) -> u32 {
    message.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// For how many seconds a message stays invisible after it has failed for the `receives`th time. On Lambda that is the rest of the
/// queue's visibility timeout; here nobody waits for so long.
fn pause(receives: u32, max_receives: u32) -> i32 {
    if receives >= max_receives { 0 } else { i32::try_from(receives - 1).unwrap_or(60).min(60) }
}

/// The message as Lambda hands it over.
fn record(message: &Message, queue: &str) -> Value {
    let attribute = |(name, value): (&String, &rustack_sqs_model::types::MessageAttributeValue)| {
        // The model's own form has the names of SQS's API.
        let wire = serde_json::to_value(value).unwrap_or_default();
        let mut attribute = json!({"dataType": value.data_type, "stringListValues": [], "binaryListValues": []});
        for (field, own) in [("stringValue", "StringValue"), ("binaryValue", "BinaryValue")] {
            if !wire[own].is_null() {
                attribute[field] = wire[own].clone();
            }
        }
        (name.clone(), attribute)
    };
    let attributes: serde_json::Map<_, _> = message.message_attributes.iter().map(attribute).collect();
    let arn = arn(queue);
    json!({
        "messageId": message.message_id,
        "receiptHandle": message.receipt_handle,
        "body": message.body,
        "attributes": message.attributes,
        "messageAttributes": attributes,
        "md5OfBody": message.md5_of_body,
        "eventSource": "aws:sqs",
        "eventSourceARN": arn,
        "awsRegion": arn.split(':').nth(3),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_failed_comes_again_a_little_later_each_time_and_dies_at_once() {
        let pauses: Vec<_> = (1..=5).map(|receives| pause(receives, 5)).collect();
        assert_eq!(pauses, [0, 1, 2, 3, 0]);
        assert_eq!(pause(1_000, u32::MAX), 60);
    }

    #[test]
    fn a_message_is_handed_over_in_lambdas_form() {
        let mut message =
            Message { message_id: Some("id".to_owned()), body: Some("text".to_owned()), ..Message::default() };
        let value = rustack_sqs_model::types::MessageAttributeValue {
            data_type: "String".to_owned(),
            string_value: Some("x".to_owned()),
            binary_value: None,
        };
        message.message_attributes.insert("kind".to_owned(), value);
        message.attributes.insert("ApproximateReceiveCount".to_owned(), "3".to_owned());
        let record = record(&message, "bloghub-cache-evict");
        assert_eq!(record["messageAttributes"]["kind"]["stringValue"], "x");
        assert_eq!(record["eventSourceARN"], "arn:aws:sqs:local:000000000000:bloghub-cache-evict");
        assert_eq!((&record["messageId"], &record["body"]), (&json!("id"), &json!("text")));
        assert_eq!(receives(&message), 3);
    }
}
