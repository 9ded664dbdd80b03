//! What `cache-evict` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{DynamoSettings, FailureTable, TableNames},
        host::Host,
        redis::RedisUrl,
    },
    batch::BatchAnswer,
    config::{FromEnvironment, Reader, settings},
    ports::{StoreError, failures, permission::Permission},
    queue::{Delivery, QueueEvent},
    worker::{Worker, WorkerError},
};

use crate::Evictions;

/// The function.
pub struct CacheEvict;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    coordination_table: String,
    redis: RedisUrl,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let redis = reader.take(&settings::REDIS_URL);
        Some(Self { dynamo: dynamo?, coordination_table: coordination_table?, redis: redis? })
    }
}

impl Worker for CacheEvict {
    const NAME: &'static str = "cache-evict";
    const PERMISSIONS: &'static [&'static [Permission]] = &[failures::FAILURES];
    type Config = Config;
    type State = Delivery<Evictions>;
    type Event = QueueEvent;
    type Answer = BatchAnswer;

    fn wire(config: &Config, host: &Host) -> Result<Delivery<Evictions>, StoreError> {
        let names = TableNames { coordination: Some(config.coordination_table.clone()), ..TableNames::default() };
        let dynamo = host.dynamo(&config.dynamo, names);
        Ok(Delivery {
            consumer: Evictions { cache: Arc::new(host.redis(&config.redis)?) },
            failures: Arc::new(FailureTable::new(dynamo, &config.coordination_table)),
            system: host.system.clone(),
        })
    }

    async fn handle(state: &Delivery<Evictions>, event: QueueEvent) -> Result<BatchAnswer, WorkerError> {
        Ok(state.deliver(event).await)
    }
}
