//! What `search-rebuild` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{
            ArticleTable, DynamoSettings, IndexTables, InteractionTable, LeaseTable, RebuildTable, TableNames,
            UserTable,
        },
        host::Host,
        search::SearchSettings,
    },
    config::{FromEnvironment, Reader, settings},
    indexing::Indexing,
    ports::{StoreError, indexing, leases, permission::Permission},
    worker::{Tick, Worker, WorkerError},
};

use crate::{Rebuild, Report};

/// The function.
pub struct SearchRebuild;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    users_table: String,
    articles_table: String,
    interactions_table: String,
    coordination_table: String,
    search: SearchSettings,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let users_table = reader.take(&settings::USERS_TABLE);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let search = SearchSettings::take(reader);
        Some(Self {
            dynamo: dynamo?,
            users_table: users_table?,
            articles_table: articles_table?,
            interactions_table: interactions_table?,
            coordination_table: coordination_table?,
            search: search?,
        })
    }
}

impl Worker for SearchRebuild {
    const NAME: &'static str = "search-rebuild";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[indexing::INDEX_SOURCE, indexing::INDEX_SURVEY, indexing::REBUILD_ORDERS, leases::LEASES];
    type Config = Config;
    type State = Rebuild;
    type Event = Tick;
    type Answer = Report;

    fn wire(config: &Config, host: &Host) -> Result<Rebuild, StoreError> {
        let names = TableNames {
            users: Some(config.users_table.clone()),
            articles: Some(config.articles_table.clone()),
            interactions: Some(config.interactions_table.clone()),
            coordination: Some(config.coordination_table.clone()),
            ..TableNames::default()
        };
        let dynamo = host.dynamo(&config.dynamo, names);
        let source = IndexTables::new(
            ArticleTable::new(dynamo.clone(), &config.articles_table),
            UserTable::new(dynamo.clone(), &config.users_table),
            InteractionTable::new(dynamo.clone(), &config.interactions_table),
        );
        let source = Arc::new(source);
        Ok(Rebuild {
            survey: source.clone(),
            indexing: Indexing { source, scoring: config.search.scoring },
            engine: host.search(&config.search)?,
            orders: Arc::new(RebuildTable::new(dynamo.clone(), &config.coordination_table)),
            leases: Arc::new(LeaseTable::new(dynamo, &config.coordination_table)),
            system: host.system.clone(),
        })
    }

    async fn handle(rebuild: &Rebuild, _: Tick) -> Result<Report, WorkerError> {
        Ok(rebuild.run().await?)
    }
}
