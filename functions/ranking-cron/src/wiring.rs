//! What `ranking-cron` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{
            ArticleTable, ArticleViews, DynamoSettings, HotListTable, InteractionTable, LeaseTable, ReactionTable,
            TableNames, UserTable,
        },
        host::Host,
        redis::RedisUrl,
    },
    cached::CachedArticles,
    config::{FromEnvironment, Reader, settings},
    domain::ranking::Scoring,
    ports::{StoreError, articles, leases, permission::Permission, ranking},
    worker::{Tick, Worker, WorkerError},
};

use crate::{Ranker, Report};

/// The function.
pub struct RankingCron;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    users_table: String,
    articles_table: String,
    interactions_table: String,
    coordination_table: String,
    redis: RedisUrl,
    scoring: Scoring,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let users_table = reader.take(&settings::USERS_TABLE);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let redis = reader.take(&settings::REDIS_URL);
        let scoring = reader.take(&settings::RANKING);
        Some(Self {
            dynamo: dynamo?,
            users_table: users_table?,
            articles_table: articles_table?,
            interactions_table: interactions_table?,
            coordination_table: coordination_table?,
            redis: redis?,
            scoring: scoring?,
        })
    }
}

impl Worker for RankingCron {
    const NAME: &'static str = "ranking-cron";
    const PERMISSIONS: &'static [&'static [Permission]] = &[
        ranking::CANDIDATES,
        ranking::HOT_ARTICLES,
        ranking::HOT_LIST_WRITES,
        articles::ARTICLE_DETAILS,
        leases::LEASES,
        leases::GUARD,
    ];
    type Config = Config;
    type State = Ranker;
    type Event = Tick;
    type Answer = Report;

    fn wire(config: &Config, host: &Host) -> Result<Ranker, StoreError> {
        let names = TableNames {
            users: Some(config.users_table.clone()),
            articles: Some(config.articles_table.clone()),
            interactions: Some(config.interactions_table.clone()),
            coordination: Some(config.coordination_table.clone()),
            ..TableNames::default()
        };
        let dynamo = host.dynamo(&config.dynamo, names);
        let redis = Arc::new(host.redis(&config.redis)?);
        let interactions = InteractionTable::new(dynamo.clone(), &config.interactions_table);
        let views = Arc::new(ArticleViews::new(
            ArticleTable::new(dynamo.clone(), &config.articles_table),
            UserTable::new(dynamo.clone(), &config.users_table),
            ReactionTable::new(interactions.clone(), redis.clone(), host.system.clone()),
        ));
        Ok(Ranker {
            scoring: config.scoring,
            candidates: Arc::new(interactions),
            articles: views.clone(),
            details: views,
            table: Arc::new(HotListTable::new(dynamo.clone(), &config.coordination_table)),
            leases: Arc::new(LeaseTable::new(dynamo, &config.coordination_table)),
            cached: Arc::new(CachedArticles::new(redis.clone(), host.system.clone())),
            cache: redis,
            system: host.system.clone(),
        })
    }

    async fn handle(ranker: &Ranker, _: Tick) -> Result<Report, WorkerError> {
        Ok(ranker.run().await?)
    }
}
