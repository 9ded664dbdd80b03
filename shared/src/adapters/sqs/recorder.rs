//! Watches every call of a client: counts it, and refuses what the function has no permission for.

use std::{fmt, sync::Arc};

use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchInput;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeSerializationInterceptorContextRef},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;

use super::QueueUrls;
use crate::{adapters::calls::Calls, ports::permission::Permission};

/// An interceptor for the SDK's client.
pub struct Recorder {
    calls: Arc<Calls>,
    queues: QueueUrls,
    granted: Option<Vec<Permission>>,
}

impl Recorder {
    /// Records into `calls`. With `granted`, a call beyond it fails before it is sent, as IAM would refuse it.
    pub fn new(calls: Arc<Calls>, queues: QueueUrls, granted: Option<Vec<Permission>>) -> Self {
        Self { calls, queues, granted }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("granted", &self.granted).finish_non_exhaustive()
    }
}

impl Intercept for Recorder {
    fn name(&self) -> &'static str {
        "Recorder"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let input = context.input().downcast_ref::<SendMessageBatchInput>();
        let input = input.ok_or("an operation that the recorder does not know")?;
        let url = input.queue_url().unwrap_or_default();
        let queue = self.queues.queue(url).ok_or("a message for a queue that is none of ours")?;
        // IAM knows no batches: each is what it is made of.
        let needed = Permission::send(queue);
        self.calls.called("SendMessageBatch", &[needed]);
        match &self.granted {
            Some(granted) if !granted.contains(&needed) => {
                Err(format!("{needed} is not granted to this function").into())
            }
            _ => Ok(()),
        }
    }
}
