//! The shell around a function that takes messages from a queue: each message is parsed by itself, the consumer does the
//! batch, and only what failed comes again.
//!
//! After [`MAX_RECEIVES`] deliveries a message goes to the dead-letter queue. Why is noted at the last one.

use std::{collections::HashMap, error::Error, sync::Arc};

use futures_util::future::join_all;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    batch::BatchAnswer,
    ports::{
        StoreError,
        failures::{Failure, Failures},
        permission::Queue,
        system::System,
    },
    telemetry::chain,
    worker::WorkerError,
};

/// How often a message is delivered at the most: `maxReceiveCount` of every queue in the template.
pub const MAX_RECEIVES: u32 = 5;

/// What takes the messages of one queue. It may be given the same messages again, in any order, and the outcome is the same.
pub trait Consumer: Send + Sync {
    /// The queue.
    const QUEUE: Queue;

    /// What a message says, as JSON.
    type Message: DeserializeOwned + Send + Sync;

    /// Does what `messages` ask for.
    ///
    /// # Errors
    /// Which of them are to come again.
    fn consume(&self, messages: &[Self::Message]) -> impl Future<Output = Result<(), Failed>> + Send;
}

/// What failed of a batch.
#[derive(Debug)]
pub enum Failed {
    /// Everything, for one reason.
    All(WorkerError),
    /// The messages in these places.
    These(Vec<(usize, WorkerError)>),
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::All(error.into())
    }
}

/// Messages as Lambda hands them over.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct QueueEvent {
    /// The messages.
    #[serde(rename = "Records")]
    pub records: Vec<QueueMessage>,
}

/// A message as Lambda hands it over.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QueueMessage {
    /// Its id, which it keeps in the dead-letter queue.
    pub message_id: String,
    /// What it says.
    pub body: String,
    /// What SQS says of it, such as `ApproximateReceiveCount`.
    #[serde(default)]
    pub attributes: HashMap<String, String>,
}

impl QueueMessage {
    /// How often it was delivered, this time included.
    fn receives(&self) -> u32 {
        self.attributes.get("ApproximateReceiveCount").and_then(|count| count.parse().ok()).unwrap_or(1)
    }
}

/// A consumer with what the shell around it needs.
pub struct Delivery<C> {
    /// The consumer.
    pub consumer: C,
    /// Where failures are noted.
    pub failures: Arc<dyn Failures>,
    /// The clock.
    pub system: Arc<dyn System>,
}

impl<C: Consumer> Delivery<C> {
    /// Has the consumer do the messages of `event` that can be parsed, and names those that are to come again.
    pub async fn deliver(&self, event: QueueEvent) -> BatchAnswer {
        let mut failed: Vec<(&QueueMessage, Arc<str>)> = Vec::new();
        let (mut sources, mut messages) = (Vec::new(), Vec::new());
        for source in &event.records {
            match serde_json::from_str(&source.body) {
                Ok(message) => {
                    sources.push(source);
                    messages.push(message);
                }
                Err(error) => failed.push((source, unreadable(&error))),
            }
        }
        let outcome = if messages.is_empty() { Ok(()) } else { self.consumer.consume(&messages).await };
        match outcome {
            Ok(()) => {}
            Err(Failed::All(error)) => {
                let error: Arc<str> = text(&*error);
                failed.extend(sources.into_iter().map(|source| (source, error.clone())));
            }
            Err(Failed::These(these)) => {
                let named = |(place, error): (usize, WorkerError)| Some((*sources.get(place)?, text(&*error)));
                failed.extend(these.into_iter().filter_map(named));
            }
        }
        join_all(failed.iter().map(|(message, error)| self.note(message, error))).await;
        BatchAnswer::failed(failed.into_iter().map(|(message, _)| message.message_id.clone()))
    }

    /// Logs why `message` failed, and keeps it if this was the last time.
    async fn note(&self, message: &QueueMessage, error: &str) {
        let (id, receives) = (&message.message_id, message.receives());
        if receives < MAX_RECEIVES {
            tracing::warn!(messageId = id, receives, error, "a message failed");
            return;
        }
        tracing::error!(messageId = id, receives, error, "a message is given up");
        let (message_id, error) = (id.clone(), error.to_owned());
        let failure = Failure { queue: C::QUEUE, message_id, error, at: self.system.now() };
        if let Err(error) = self.failures.note(&failure).await {
            // The message itself is safe, and so is the line above.
            tracing::warn!(messageId = id, error = chain(&error), "why a message was given up is not kept");
        }
    }
}

fn text(error: &(dyn Error + 'static)) -> Arc<str> {
    chain(error).into()
}

/// The parser's own words would repeat what the message says.
fn unreadable(error: &serde_json::Error) -> Arc<str> {
    format!("no message of this queue: {:?} error at column {}", error.classify(), error.column()).into()
}
