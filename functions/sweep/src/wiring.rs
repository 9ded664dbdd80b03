//! What `sweep` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{
            ArticleSweeps, ArticleTable, CommentSweeper, CommentTable, DynamoSettings, InteractionTable, LeaseTable,
            SessionTable, TableNames, UserSweeper, UserTable,
        },
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    ports::{StoreError, leases, permission::Permission, sweeps},
    worker::{Tick, Worker, WorkerError},
};

use crate::{Report, Sweeper};

/// The function.
pub struct Sweep;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    users_table: String,
    sessions_table: String,
    articles_table: String,
    comments_table: String,
    interactions_table: String,
    coordination_table: String,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let users_table = reader.take(&settings::USERS_TABLE);
        let sessions_table = reader.take(&settings::SESSIONS_TABLE);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let comments_table = reader.take(&settings::COMMENTS_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        Some(Self {
            dynamo: dynamo?,
            users_table: users_table?,
            sessions_table: sessions_table?,
            articles_table: articles_table?,
            comments_table: comments_table?,
            interactions_table: interactions_table?,
            coordination_table: coordination_table?,
        })
    }
}

impl Worker for Sweep {
    const NAME: &'static str = "sweep";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[sweeps::USER_SWEEPS, sweeps::SWEEPS, sweeps::COMMENT_SWEEPS, leases::LEASES, leases::GUARD];
    type Config = Config;
    type State = Sweeper;
    type Event = Tick;
    type Answer = Report;

    fn wire(config: &Config, host: &Host) -> Result<Sweeper, StoreError> {
        let names = TableNames {
            users: Some(config.users_table.clone()),
            sessions: Some(config.sessions_table.clone()),
            articles: Some(config.articles_table.clone()),
            comments: Some(config.comments_table.clone()),
            interactions: Some(config.interactions_table.clone()),
            coordination: Some(config.coordination_table.clone()),
            ..TableNames::default()
        };
        let dynamo = host.dynamo(&config.dynamo, names);
        let articles = ArticleTable::new(dynamo.clone(), &config.articles_table);
        let comments = CommentTable::new(dynamo.clone(), &config.comments_table);
        let leases = LeaseTable::new(dynamo.clone(), &config.coordination_table);
        let users = UserSweeper::new(
            UserTable::new(dynamo.clone(), &config.users_table),
            SessionTable::new(dynamo.clone(), &config.sessions_table),
            articles.clone(),
            InteractionTable::new(dynamo, &config.interactions_table),
            leases.clone(),
            &config.coordination_table,
        );
        Ok(Sweeper {
            users: Arc::new(users),
            sweeps: Arc::new(ArticleSweeps::new(articles, leases.clone())),
            comments: Arc::new(CommentSweeper::new(comments, leases.clone())),
            leases: Arc::new(leases),
            system: host.system.clone(),
        })
    }

    async fn handle(sweeper: &Sweeper, _: Tick) -> Result<Report, WorkerError> {
        Ok(sweeper.sweep().await?)
    }
}
