//! What `search-sync` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{dynamodb::FailureTable, host::Host},
    batch::BatchAnswer,
    ports::{StoreError, failures, indexing, permission::Permission},
    queue::{Delivery, QueueEvent},
    wiring::{IndexConfig, IndexParts},
    worker::{Worker, WorkerError},
};

use crate::Following;

/// The function.
pub struct SearchSync;

impl Worker for SearchSync {
    const NAME: &'static str = "search-sync";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[indexing::INDEX_ARTICLES, indexing::INDEX_USERS, failures::FAILURES];
    type Config = IndexConfig;
    type State = Delivery<Following>;
    type Event = QueueEvent;
    type Answer = BatchAnswer;

    fn wire(config: &IndexConfig, host: &Host) -> Result<Delivery<Following>, StoreError> {
        let IndexParts { dynamo, indexing, engine, .. } = config.wire(host)?;
        Ok(Delivery {
            consumer: Following { indexing, engine },
            failures: Arc::new(FailureTable::new(dynamo, config.coordination_table())),
            system: host.system.clone(),
        })
    }

    async fn handle(state: &Delivery<Following>, event: QueueEvent) -> Result<BatchAnswer, WorkerError> {
        Ok(state.deliver(event).await)
    }
}
