//! What `article` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{ArticleTable, ArticleViews, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, articles, cache::Wanted, permission::Permission, sessions, users},
    wiring::GateConfig,
};

use crate::Articles;

/// The function.
pub struct Article;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    articles_table: String,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        Some(Self { gate: gate?, articles_table: articles_table? })
    }
}

impl Function for Article {
    const NAME: &'static str = "article";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[articles::ARTICLE_READS, users::USERS, sessions::SESSION_STATES];
    type Config = Config;
    type State = Articles;

    shared::routes![list, read, tags];

    fn prefetch(state: &Articles, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Articles>, StoreError> {
        let names = TableNames { articles: Some(config.articles_table.clone()), ..TableNames::default() };
        let parts = config.gate.wire(host, names)?;
        let articles = ArticleTable::new(parts.dynamo.clone(), &config.articles_table);
        let state = Articles {
            cached: parts.articles(),
            profiles: parts.profiles(),
            articles: Arc::new(ArticleViews::new(articles, parts.users)),
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
