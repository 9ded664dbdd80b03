//! What `ranking` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{DynamoSettings, HotListTable, TableNames},
        host::Host,
        redis::RedisUrl,
    },
    config::{FromEnvironment, Reader, settings},
    function::{Function, Wired},
    hot::HotLists,
    ports::{StoreError, permission::Permission, ranking},
};

/// The function.
pub struct Ranking;

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

impl Function for Ranking {
    const NAME: &'static str = "ranking";
    const PERMISSIONS: &'static [&'static [Permission]] = &[ranking::HOT_LIST_READS];
    type Config = Config;
    type State = Arc<HotLists>;

    shared::routes![hot];

    fn wire(config: &Config, host: &Host) -> Result<Wired<Arc<HotLists>>, StoreError> {
        let names = TableNames { coordination: Some(config.coordination_table.clone()), ..TableNames::default() };
        let dynamo = host.dynamo(&config.dynamo, names);
        let table = Arc::new(HotListTable::new(dynamo, &config.coordination_table));
        let lists = HotLists::new(Arc::new(host.redis(&config.redis)?), table, host.system.clone());
        // Without an entrance: to count a request in the cache would cost the one round trip that the copy saves.
        Ok(Wired { state: Arc::new(lists), entrance: None })
    }
}
