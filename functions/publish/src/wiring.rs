//! What `publish` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{dynamodb::ArticleTable, host::Host},
    config::{FromEnvironment, Reader, settings},
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, articles, cache::Wanted, permission::Permission, sessions, users},
    wiring::GateConfig,
};

use crate::Publications;

/// The function.
pub struct Publish;

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

impl Function for Publish {
    const NAME: &'static str = "publish";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[articles::ARTICLE_WRITES, users::USERS, sessions::SESSION_STATES];
    type Config = Config;
    type State = Publications;

    shared::routes![create, update, delete];

    fn prefetch(state: &Publications, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Publications>, StoreError> {
        let parts = config.gate.wire(host, Some(&config.articles_table))?;
        let state = Publications {
            cached: parts.articles(),
            profiles: parts.profiles(),
            articles: Arc::new(ArticleTable::new(parts.dynamo, &config.articles_table)),
            system: host.system.clone(),
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
