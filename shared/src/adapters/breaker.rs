//! While a service of AWS is away, calls fail at once instead of after all their tries. The SDK's own retries stay beneath: their token
//! bucket keeps them from multiplying the load of a service in trouble.

use std::{error::Error, time::Duration};

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeSerializationInterceptorContextMut, FinalizerInterceptorContextRef},
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};

use crate::{
    domain::Timestamp,
    resilience::breaker::{Breaker, Open, Outcome, Permit, Rules, Share},
};

/// A call that failed has failed three times already. So three of them are proof enough.
fn rules() -> Rules {
    Rules {
        consecutive: 3,
        share: Some(Share { percent: 50, minimum: 20, window: Duration::from_secs(10) }),
        pause: Duration::from_secs(1),
        longest_pause: Duration::from_secs(8),
        probes: 1,
    }
}

/// An interceptor for the SDK's client: one breaker for all its calls.
#[derive(Debug)]
pub(super) struct BreakerInterceptor {
    service: &'static str,
    breaker: Breaker,
}

impl BreakerInterceptor {
    /// For a client of `service`.
    pub(super) fn new(service: &'static str) -> Self {
        Self { service, breaker: Breaker::new(rules()) }
    }
}

/// What a call carries from its beginning to its end.
#[derive(Debug)]
struct Admitted(Permit);

impl Storable for Admitted {
    type Storer = StoreReplace<Self>;
}

/// Whether `error` comes of an open breaker.
pub(super) fn is_open(error: &(dyn Error + 'static)) -> bool {
    error.is::<Open>() || error.source().is_some_and(is_open)
}

/// The time by the SDK's clock, which is the system's unless a client is given another.
fn now(components: &RuntimeComponents) -> Result<Timestamp, BoxError> {
    let time = components.time_source().ok_or("the client has no clock")?.now();
    let millis = time.duration_since(std::time::UNIX_EPOCH)?.as_millis();
    Ok(Timestamp::from_millis(i64::try_from(millis)?))
}

impl Intercept for BreakerInterceptor {
    fn name(&self) -> &'static str {
        "Breaker"
    }

    fn modify_before_serialization(
        &self,
        _: &mut BeforeSerializationInterceptorContextMut<'_>,
        components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let permit = self.breaker.admit(now(components)?)?;
        bag.interceptor_state().store_put(Admitted(permit));
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        components: &RuntimeComponents,
        bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(Admitted(permit)) = bag.load::<Admitted>() else { return Ok(()) };
        let outcome = match context.output_or_error() {
            Some(Err(error)) if error.is_timeout_error() || error.is_connector_error() => Outcome::Failure,
            _ => Outcome::Success,
        };
        match self.breaker.report(*permit, outcome, now(components)?) {
            Some(true) => tracing::info!(service = self.service, "a service is back"),
            Some(false) => tracing::warn!(service = self.service, "a service is away: calls fail at once"),
            None => {}
        }
        Ok(())
    }
}
