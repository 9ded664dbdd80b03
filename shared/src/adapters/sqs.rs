//! The ports on SQS.

mod batches;
mod recorder;

use std::{fmt, time::Duration};

use async_trait::async_trait;
use aws_sdk_sqs::{
    Client,
    config::{Builder, SharedHttpClient},
    types::SendMessageBatchRequestEntry,
};
use backon::{BackoffBuilder, ExponentialBuilder};
use futures_util::future::join_all;

pub use recorder::Recorder;

use super::{
    aws::{self, AwsSettings, sdk_config},
    breaker::BreakerInterceptor,
};
use crate::{
    domain::change::Change,
    ports::{
        StoreError,
        changes::{ChangeQueues, NotSent},
        permission::{Permission, Queue},
    },
};

const SERVICE: &str = "SQS";

/// Codes of SQS that ask to come back later, of a call and of a message in it.
const OVERLOADED: [&str; 6] = [
    "InternalError",
    "InternalFailure",
    "KmsThrottled",
    "RequestThrottled",
    "ServiceUnavailable",
    "ThrottlingException",
];

/// Where SQS is and who calls it.
#[derive(Debug, Clone)]
pub struct SqsSettings(pub AwsSettings);

/// Where a queue is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrl(pub String);

/// Where each of the platform's queues is in this deployment; a function knows those that it uses.
#[derive(Debug, Clone, Default)]
pub struct QueueUrls {
    /// The queue of changes after which cached values may be stale.
    pub cache_evict: Option<QueueUrl>,
    /// The queue of changes that the search index follows.
    pub search_sync: Option<QueueUrl>,
    /// The queue of messages to phones that are to be sent.
    pub sms_dispatch: Option<QueueUrl>,
}

impl QueueUrls {
    /// Where `queue` is, if it is known here.
    pub fn url(&self, queue: Queue) -> Option<&str> {
        let url = match queue {
            Queue::CacheEvict => &self.cache_evict,
            Queue::SearchSync => &self.search_sync,
            Queue::SmsDispatch => &self.sms_dispatch,
        };
        url.as_ref().map(|url| url.0.as_str())
    }

    /// Which queue is at `url`.
    pub fn queue(&self, url: &str) -> Option<Queue> {
        Queue::ALL.into_iter().find(|queue| self.url(*queue) == Some(url))
    }
}

/// A client of SQS, made once per process and function. Clones share its connections.
#[derive(Clone)]
pub struct Sqs {
    client: Client,
    queues: QueueUrls,
}

impl fmt::Debug for Sqs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqs").field("queues", &self.queues).finish_non_exhaustive()
    }
}

impl Sqs {
    /// A client over `http` whose every call `recorder` watches.
    pub fn new(settings: &SqsSettings, http: SharedHttpClient, queues: QueueUrls, recorder: Recorder) -> Self {
        let config = Builder::from(&sdk_config(&settings.0, http));
        let config = config.interceptor(BreakerInterceptor::new(SERVICE)).interceptor(recorder).build();
        Self { client: Client::from_conf(config), queues }
    }

    /// Opens a connection by a call that changes nothing and that `permissions` allow: a batch of no messages, which SQS
    /// refuses.
    ///
    /// # Errors
    /// Whatever the call met; the next one tries anew.
    pub(in crate::adapters) async fn connect(&self, permissions: &[Permission]) -> Result<(), StoreError> {
        let allowed = |queue: &Queue| permissions.contains(&Permission::send(*queue));
        let Some(url) = Queue::ALL.into_iter().filter(allowed).find_map(|queue| self.queues.url(queue)) else {
            return Ok(());
        };
        let batch = self.client.send_message_batch().queue_url(url).set_entries(Some(Vec::new()));
        match batch.send().await {
            Err(error) if error.as_service_error().is_some_and(|e| e.is_empty_batch_request()) => Ok(()),
            other => other.map(drop).map_err(|error| aws::store_error(SERVICE, &OVERLOADED, &error)),
        }
    }

    /// Sends one batch of messages with their places, and again what SQS refused of it for no fault of theirs.
    async fn send_batch(&self, url: &str, mut batch: Vec<(usize, String)>) -> Result<(), NotSent> {
        let mut pauses = retries().build();
        loop {
            let entry = |(place, body): &(usize, String)| {
                SendMessageBatchRequestEntry::builder().id(place.to_string()).message_body(body).build()
            };
            let places = |batch: &[(usize, String)]| batch.iter().map(|(place, _)| *place).collect();
            let entries = match batch.iter().map(entry).collect::<Result<Vec<_>, _>>() {
                Ok(entries) => entries,
                Err(error) => return Err(NotSent { places: places(&batch), source: fault(error.to_string()) }),
            };
            let sent = self.client.send_message_batch().queue_url(url).set_entries(Some(entries)).send().await;
            let sent = sent.map_err(|error| NotSent {
                places: places(&batch),
                source: aws::store_error(SERVICE, &OVERLOADED, &error),
            })?;
            let Some(first) = sent.failed.first() else { return Ok(()) };
            // The message is not repeated: a queue's words about it may quote it.
            let code = format!("{} of {} messages were refused, one as {}", sent.failed.len(), batch.len(), first.code);
            let senders_fault = sent.failed.iter().any(|entry| entry.sender_fault);
            batch.retain(|(place, _)| sent.failed.iter().any(|entry| entry.id == place.to_string()));
            let pause = if senders_fault { None } else { pauses.next() };
            let Some(pause) = pause else {
                let source = if senders_fault {
                    fault(code)
                } else {
                    StoreError::Unavailable { service: SERVICE, source: code.into() }
                };
                return Err(NotSent { places: places(&batch), source });
            };
            tokio::time::sleep(pause).await;
        }
    }
}

#[async_trait]
impl ChangeQueues for Sqs {
    async fn send(&self, queue: Queue, changes: &[Change]) -> Result<(), NotSent> {
        let all = |source| NotSent { places: (0..changes.len()).collect(), source };
        let bodies = changes.iter().map(serde_json::to_string).collect::<Result<Vec<_>, _>>();
        let bodies = bodies.map_err(|error| all(fault(error)))?;
        let url = self.queues.url(queue).ok_or_else(|| all(fault("a queue whose address is not configured")))?;
        let sent = join_all(batches::of(bodies).into_iter().map(|batch| self.send_batch(url, batch))).await;
        let failed = sent.into_iter().filter_map(Result::err).reduce(|mut all, more| {
            all.places.extend(more.places);
            all
        });
        failed.map_or(Ok(()), Err)
    }
}

/// Pauses of 50 to 400 ms between tries of what SQS refused of a batch, with jitter; 5 tries in all.
fn retries() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_max_delay(Duration::from_millis(400))
        .with_max_times(4)
        .with_jitter()
}

fn fault(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Fault { service: SERVICE, source: source.into() }
}
