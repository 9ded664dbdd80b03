//! What `counter-sync` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{DynamoSettings, InteractionTable, RelationRecords, TableNames},
        host::Host,
        redis::RedisUrl,
    },
    config::{FromEnvironment, Reader, settings},
    ports::{StoreError, counters, permission::Permission, ranking},
    stream::{ShardAnswer, ShardEvent},
    worker::{Worker, WorkerError},
};

use crate::Counting;

/// The function.
pub struct CounterSync;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    interactions_table: String,
    redis: RedisUrl,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let redis = reader.take(&settings::REDIS_URL);
        Some(Self { dynamo: dynamo?, interactions_table: interactions_table?, redis: redis? })
    }
}

impl Worker for CounterSync {
    const NAME: &'static str = "counter-sync";
    const PERMISSIONS: &'static [&'static [Permission]] = &[counters::TALLIES, ranking::CLASSES];
    type Config = Config;
    type State = Counting;
    type Event = ShardEvent;
    type Answer = ShardAnswer;

    fn wire(config: &Config, host: &Host) -> Result<Counting, StoreError> {
        let names = TableNames { interactions: Some(config.interactions_table.clone()), ..TableNames::default() };
        let dynamo = host.dynamo(&config.dynamo, names);
        let table = Arc::new(InteractionTable::new(dynamo, &config.interactions_table));
        Ok(Counting {
            records: Arc::new(RelationRecords),
            tallies: table.clone(),
            class_records: Arc::new(RelationRecords),
            classes: table,
            cache: Arc::new(host.redis(&config.redis)?),
            system: host.system.clone(),
        })
    }

    async fn handle(state: &Counting, event: ShardEvent) -> Result<ShardAnswer, WorkerError> {
        state.count(event).await
    }
}
