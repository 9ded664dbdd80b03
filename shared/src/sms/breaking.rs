//! A vendor that fails for one instance is spared by all.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;

use crate::{
    ports::{
        sms::{NotSent, Outgoing, SmsProvider},
        system::System,
    },
    resilience::{
        breaker::{Outcome, Rules},
        shared_breaker::{Refused, SharedBreaker},
    },
    telemetry::chain,
};

/// Three failures in a row open it: a time-out, a broken connection, an answer without sense. A refusal is an answer. Then one
/// message tries again after 10 s, later after up to 5 minutes.
pub fn breaker_rules() -> Rules {
    Rules {
        consecutive: 3,
        // Successes of a healthy vendor change nothing, and so write nothing.
        share: None,
        pause: Duration::from_secs(10),
        longest_pause: Duration::from_secs(300),
        probes: 1,
    }
}

/// A vendor behind a circuit breaker.
pub struct Breaking<P> {
    inner: P,
    breaker: SharedBreaker,
    system: Arc<dyn System>,
}

impl<P> Breaking<P> {
    /// `inner` behind `breaker`.
    pub fn new(inner: P, breaker: SharedBreaker, system: Arc<dyn System>) -> Self {
        Self { inner, breaker, system }
    }
}

fn outcome(answer: &Result<(), NotSent>) -> Outcome {
    match answer {
        Err(NotSent::Away(_) | NotSent::Doubtful(_)) => Outcome::Failure,
        Ok(()) | Err(NotSent::Throttled { .. } | NotSent::Refused(_)) => Outcome::Success,
    }
}

#[async_trait]
impl<P: SmsProvider> SmsProvider for Breaking<P> {
    fn name(&self) -> &str {
        self.inner.name()
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let permit = match self.breaker.admit(self.system.now()).await {
            Ok(permit) => Some(permit),
            Err(Refused::Open(open)) => return Err(NotSent::Away(open.into())),
            // A message is worth more than a breaker.
            Err(Refused::Unknown(error)) => {
                tracing::warn!(provider = self.name(), error = chain(&error), "a breaker's state is not known");
                None
            }
        };
        let answer = self.inner.send(message).await;
        if let Some(permit) = permit
            && let Err(error) = self.breaker.report(permit, outcome(&answer), self.system.now()).await
        {
            tracing::warn!(provider = self.name(), error = chain(&error), "a breaker does not hear how a call ended");
        }
        answer
    }
}
