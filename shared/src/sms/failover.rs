//! Several vendors as one: each message begins with the next of them, and goes on to the others until one takes it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;

use crate::{
    ports::{
        sms::{NotSent, Outgoing, SmsProvider},
        system::System,
    },
    telemetry::chain,
};

/// Vendors in turn. One whose breaker is open answers at once that it is away, and is passed over by that.
pub struct Failover {
    providers: Vec<Arc<dyn SmsProvider>>,
    next: AtomicUsize,
    system: Arc<dyn System>,
}

impl Failover {
    /// These, beginning with any: instances that all began with the first would load it.
    pub fn new(providers: Vec<Arc<dyn SmsProvider>>, system: Arc<dyn System>) -> Self {
        let start = u32::from_be_bytes(system.random());
        Self { providers, next: AtomicUsize::new(usize::try_from(start).unwrap_or(0)), system }
    }

    /// All of them, beginning with the next in turn.
    fn in_turn(&self) -> impl Iterator<Item = &Arc<dyn SmsProvider>> {
        let count = self.providers.len();
        let first = self.next.fetch_add(1, Ordering::Relaxed).checked_rem(count).unwrap_or(0);
        self.providers.iter().cycle().skip(first).take(count)
    }
}

/// The failure that tells more about what to do next: one that may have sent the message, then one that says when to come
/// again, then whichever was first.
fn graver(one: NotSent, other: NotSent) -> NotSent {
    match (&one, &other) {
        (NotSent::Doubtful(_), _) => one,
        (_, NotSent::Doubtful(_)) => other,
        (NotSent::Throttled { retry_after: a }, NotSent::Throttled { retry_after: b }) => {
            // Whoever is ready first may be asked first.
            NotSent::Throttled { retry_after: sooner(*a, *b) }
        }
        (NotSent::Throttled { .. }, _) => one,
        (_, NotSent::Throttled { .. }) => other,
        _ => one,
    }
}

fn sooner(one: Option<Duration>, other: Option<Duration>) -> Option<Duration> {
    Some(one?.min(other?))
}

#[async_trait]
impl SmsProvider for Failover {
    fn name(&self) -> &str {
        "all"
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let mut failure: Option<NotSent> = None;
        for provider in self.in_turn() {
            if self.system.monotonic() >= message.deadline {
                break;
            }
            let Err(error) = provider.send(message).await else { return Ok(()) };
            let (task, outcome) = (message.id.to_string(), error.name());
            tracing::warn!(provider = provider.name(), task, outcome, error = chain(&error), "a vendor did not send");
            let doubtful = matches!(error, NotSent::Doubtful(_));
            failure = Some(match failure {
                Some(before) => graver(before, error),
                None => error,
            });
            if doubtful && !message.doubts.another().await {
                break;
            }
        }
        Err(failure.unwrap_or_else(|| NotSent::Away("there is no vendor".into())))
    }
}
