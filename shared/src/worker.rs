//! What makes a function that no request calls: messages of a queue, records of a table's change stream or a schedule do.
//! Lambda, the local program and the tests all run it through this one trait.

use std::error::Error;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tracing::level_filters::LevelFilter;

use crate::{
    adapters::host::Host,
    config::{FromEnvironment, Reader, settings},
    ports::{StoreError, permission::Permission},
};

/// A function behind an event source.
pub trait Worker: 'static {
    /// The function's name: of its crate, its binary, its resource in the template and its folder of sample events.
    const NAME: &'static str;

    /// What its ports do to which resources: what the template must grant, no more and no less.
    const PERMISSIONS: &'static [&'static [Permission]];

    /// What it reads from the environment.
    type Config: FromEnvironment + Send + Sync;

    /// What its handler uses.
    type State: Send + Sync + 'static;

    /// What it is called with, as Lambda hands it over: [`QueueEvent`](crate::queue::QueueEvent), for example.
    type Event: DeserializeOwned + Send + 'static;

    /// What it answers to its event source: [`BatchAnswer`](crate::batch::BatchAnswer), for example, with the messages that failed.
    type Answer: Serialize + Send + 'static;

    /// Makes its adapters of `host`'s clients.
    ///
    /// # Errors
    /// A client that cannot be made of what is configured.
    fn wire(config: &Self::Config, host: &Host) -> Result<Self::State, StoreError>;

    /// Does the work of one event. It may be called with the same event again, also after it answered.
    ///
    /// # Errors
    /// Whatever kept it from doing any of it: the event source brings the whole event again.
    fn handle(
        state: &Self::State,
        event: Self::Event,
    ) -> impl Future<Output = Result<Self::Answer, WorkerError>> + Send;
}

/// What every worker reads from the environment.
pub struct ShellConfig {
    /// How much is logged.
    pub log_level: LevelFilter,
}

impl FromEnvironment for ShellConfig {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self { log_level: reader.take(&settings::LOG_LEVEL)? })
    }
}

/// Why nothing of an event was done.
pub type WorkerError = Box<dyn Error + Send + Sync>;

/// The permissions of `W`, each once.
pub fn permissions<W: Worker>() -> Vec<Permission> {
    let mut all = W::PERMISSIONS.concat();
    all.sort();
    all.dedup();
    all
}

/// The call of a schedule. What it brings along, such as the time that it was meant for, nobody needs: a worker does what there
/// is to do when it is called.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Tick {}
