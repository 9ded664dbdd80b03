//! Nobody waits for a vendor for ever.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::ports::{
    sms::{NotSent, Outgoing, SmsProvider},
    system::System,
};

/// How long one vendor may take. They recommend at least a second, and answer within a few hundred milliseconds; three of them
/// in turn end within the dispatcher's deadline.
pub const ATTEMPT: Duration = Duration::from_millis(2_500);

/// A vendor that answers in time, or counts as one of whom nobody knows.
pub struct Patient<P> {
    inner: P,
    attempt: Duration,
    system: Arc<dyn System>,
}

impl<P> Patient<P> {
    /// `inner`, which may take as long as `attempt`, but not beyond the message's deadline.
    pub fn new(inner: P, attempt: Duration, system: Arc<dyn System>) -> Self {
        Self { inner, attempt, system }
    }
}

#[async_trait]
impl<P: SmsProvider> SmsProvider for Patient<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let left = message.deadline.saturating_sub(self.system.monotonic()).min(self.attempt);
        if left.is_zero() {
            return Err(NotSent::Away("the deadline has passed".into()));
        }
        match tokio::time::timeout(left, self.inner.send(message)).await {
            Ok(answer) => answer,
            Err(late) => Err(NotSent::Doubtful(late.into())),
        }
    }
}
