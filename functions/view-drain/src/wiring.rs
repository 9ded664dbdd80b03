//! What `view-drain` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{DynamoSettings, InteractionTable, LeaseTable, TableNames},
        host::Host,
        redis::RedisUrl,
    },
    config::{FromEnvironment, Reader, settings},
    ports::{StoreError, leases, permission::Permission, views},
    worker::{Tick, Worker, WorkerError},
};

use crate::{Drain, Report};

/// The function.
pub struct ViewDrain;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    interactions_table: String,
    coordination_table: String,
    redis: RedisUrl,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let redis = reader.take(&settings::REDIS_URL);
        Some(Self {
            dynamo: dynamo?,
            interactions_table: interactions_table?,
            coordination_table: coordination_table?,
            redis: redis?,
        })
    }
}

impl Worker for ViewDrain {
    const NAME: &'static str = "view-drain";
    const PERMISSIONS: &'static [&'static [Permission]] = &[views::VIEW_TALLIES, leases::LEASES];
    type Config = Config;
    type State = Drain;
    type Event = Tick;
    type Answer = Report;

    fn wire(config: &Config, host: &Host) -> Result<Drain, StoreError> {
        let names = TableNames {
            interactions: Some(config.interactions_table.clone()),
            coordination: Some(config.coordination_table.clone()),
            ..TableNames::default()
        };
        let dynamo = host.dynamo(&config.dynamo, names);
        let redis = Arc::new(host.redis(&config.redis)?);
        Ok(Drain {
            waiting: redis.clone(),
            tallies: Arc::new(InteractionTable::new(dynamo.clone(), &config.interactions_table)),
            cache: redis,
            leases: Arc::new(LeaseTable::new(dynamo, &config.coordination_table)),
            system: host.system.clone(),
        })
    }

    async fn handle(drain: &Drain, _: Tick) -> Result<Report, WorkerError> {
        Ok(drain.drain().await?)
    }
}
