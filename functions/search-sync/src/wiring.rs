//! What `search-sync` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{ArticleTable, DynamoSettings, FailureTable, IndexTables, InteractionTable, TableNames, UserTable},
        host::Host,
        search::SearchSettings,
    },
    batch::BatchAnswer,
    config::{FromEnvironment, Reader, settings},
    indexing::Indexing,
    ports::{StoreError, failures, indexing, permission::Permission},
    queue::{Delivery, QueueEvent},
    worker::{Worker, WorkerError},
};

use crate::Following;

/// The function.
pub struct SearchSync;

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

impl Worker for SearchSync {
    const NAME: &'static str = "search-sync";
    const PERMISSIONS: &'static [&'static [Permission]] = &[indexing::INDEX_SOURCE, failures::FAILURES];
    type Config = Config;
    type State = Delivery<Following>;
    type Event = QueueEvent;
    type Answer = BatchAnswer;

    fn wire(config: &Config, host: &Host) -> Result<Delivery<Following>, StoreError> {
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
        Ok(Delivery {
            consumer: Following {
                indexing: Indexing { source: Arc::new(source), scoring: config.search.scoring },
                engine: host.search(&config.search)?,
            },
            failures: Arc::new(FailureTable::new(dynamo, &config.coordination_table)),
            system: host.system.clone(),
        })
    }

    async fn handle(state: &Delivery<Following>, event: QueueEvent) -> Result<BatchAnswer, WorkerError> {
        Ok(state.deliver(event).await)
    }
}
