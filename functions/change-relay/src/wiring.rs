//! What `change-relay` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::StreamRecords,
        host::Host,
        sqs::{QueueUrl, QueueUrls, SqsSettings},
    },
    batch::BatchAnswer,
    config::{FromEnvironment, Reader, settings},
    ports::{StoreError, changes, permission::Permission},
    stream::StreamEvent,
    worker::{Worker, WorkerError},
};

use crate::Relay;

/// The function.
pub struct ChangeRelay;

/// What the function reads from the environment.
pub struct Config {
    sqs: SqsSettings,
    cache_evict: QueueUrl,
    search_sync: QueueUrl,
    sms_dispatch: QueueUrl,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let sqs = SqsSettings::take(reader);
        let cache_evict = reader.take(&settings::CACHE_EVICT_QUEUE);
        let search_sync = reader.take(&settings::SEARCH_SYNC_QUEUE);
        let sms_dispatch = reader.take(&settings::SMS_DISPATCH_QUEUE);
        Some(Self { sqs: sqs?, cache_evict: cache_evict?, search_sync: search_sync?, sms_dispatch: sms_dispatch? })
    }
}

impl Worker for ChangeRelay {
    const NAME: &'static str = "change-relay";
    const PERMISSIONS: &'static [&'static [Permission]] = &[changes::CHANGE_QUEUES];
    type Config = Config;
    type State = Relay;
    type Event = StreamEvent;
    type Answer = BatchAnswer;

    fn wire(config: &Config, host: &Host) -> Result<Relay, StoreError> {
        let queues = QueueUrls {
            cache_evict: Some(config.cache_evict.clone()),
            search_sync: Some(config.search_sync.clone()),
            sms_dispatch: Some(config.sms_dispatch.clone()),
        };
        Ok(Relay { records: Arc::new(StreamRecords), queues: Arc::new(host.sqs(&config.sqs, queues)) })
    }

    async fn handle(state: &Relay, event: StreamEvent) -> Result<BatchAnswer, WorkerError> {
        state.relay(event).await
    }
}
