//! Vendors of messages: Tencent Cloud, Aliyun, anything that takes JSON over HTTP, and a file for those who want none.

mod aliyun;
mod client;
mod figures;
mod file;
mod http;
mod settings;
mod signing;
mod tencent;

use std::{sync::Arc, time::Duration};

pub use aliyun::Aliyun;
pub use client::Client;
pub use figures::{EmbeddedMetrics, LoggedFigures};
pub use file::Outbox;
pub use http::HttpVendor;
pub use settings::{FORM, SmsProviders};
pub use tencent::Tencent;

use crate::{
    ports::{
        breakers::BreakerStates,
        sms::{SmsFigures, SmsProvider},
        system::System,
    },
    resilience::shared_breaker::SharedBreaker,
    sms::{Breaking, Failover, Measured, Patient, breaker_rules},
};

/// What a vendor is put behind.
#[derive(Clone)]
pub struct Surroundings {
    /// Where breakers keep their states.
    pub breakers: Arc<dyn BreakerStates>,
    /// Where figures are noted.
    pub figures: Arc<dyn SmsFigures>,
    /// How long one vendor may take.
    pub attempt: Duration,
    /// The clock and the dice.
    pub system: Arc<dyn System>,
}

impl Surroundings {
    /// `vendor` with all that stands between it and the dispatcher.
    pub fn around(&self, vendor: impl SmsProvider + 'static) -> Arc<dyn SmsProvider> {
        let Self { breakers, figures, attempt, system } = self.clone();
        let breaker = SharedBreaker::new(format!("sms:{}", vendor.name()), breaker_rules(), breakers);
        let patient = Patient::new(vendor, attempt, system.clone());
        Arc::new(Measured::new(Breaking::new(patient, breaker, system.clone()), figures, system))
    }

    /// Several of what [`around`](Self::around) made, as one.
    pub fn together(&self, providers: Vec<Arc<dyn SmsProvider>>) -> Arc<dyn SmsProvider> {
        Arc::new(Failover::new(providers, self.system.clone()))
    }
}
