//! What each vendor was asked, what came of it, and how long it took.

use std::sync::Arc;

use async_trait::async_trait;

use crate::ports::{
    sms::{NotSent, Outgoing, SmsFigures, SmsProvider},
    system::System,
};

/// A vendor whose figures are noted.
pub struct Measured<P> {
    inner: P,
    figures: Arc<dyn SmsFigures>,
    system: Arc<dyn System>,
}

impl<P> Measured<P> {
    /// `inner`, noted in `figures`.
    pub fn new(inner: P, figures: Arc<dyn SmsFigures>, system: Arc<dyn System>) -> Self {
        Self { inner, figures, system }
    }
}

#[async_trait]
impl<P: SmsProvider> SmsProvider for Measured<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let began = self.system.monotonic();
        let answer = self.inner.send(message).await;
        let outcome = answer.as_ref().map_or_else(NotSent::name, |()| "accepted");
        let took = self.system.monotonic().saturating_sub(began);
        self.figures.asked(self.name(), outcome, took, self.system.now());
        answer
    }
}
