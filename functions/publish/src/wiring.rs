//! What `publish` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{ArticleTable, ArticleWriter, IdempotencyTable, InteractionTable, TableNames},
        host::Host,
    },
    axum::Router,
    config::{FromEnvironment, Reader, settings},
    domain::idempotency::HmacKey,
    function::{Function, Wired},
    http::{Arriving, has_only, idempotency::Repeats},
    ports::{
        StoreError, articles, cache::Wanted, drafts, idempotency, permission::Permission, reactions, sessions, users,
    },
    wiring::GateConfig,
};

use crate::Publications;

/// The function.
pub struct Publish;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    articles_table: String,
    coordination_table: String,
    interactions_table: String,
    hmac_key: HmacKey,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let hmac_key = reader.take(&settings::HMAC_KEY);
        Some(Self {
            gate: gate?,
            articles_table: articles_table?,
            coordination_table: coordination_table?,
            interactions_table: interactions_table?,
            hmac_key: hmac_key?,
        })
    }
}

impl Function for Publish {
    const NAME: &'static str = "publish";
    const PERMISSIONS: &'static [&'static [Permission]] = &[
        articles::ARTICLE_WRITES,
        drafts::DRAFTS,
        reactions::REACTION_VIEWS,
        idempotency::IDEMPOTENCY_RECORDS,
        users::USERS,
        sessions::SESSION_STATES,
    ];
    type Config = Config;
    type State = Publications;

    shared::routes![
        create,
        update,
        withdraw,
        delete,
        create_draft,
        save_draft,
        list_drafts,
        read_draft,
        publish_draft,
        delete_draft,
    ];

    fn around(state: &Publications, routes: Router) -> Router {
        state.repeats.around(routes.route("/api/articles/feed", has_only(FEED)))
    }

    fn prefetch(state: &Publications, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Publications>, StoreError> {
        let names = TableNames {
            articles: Some(config.articles_table.clone()),
            coordination: Some(config.coordination_table.clone()),
            interactions: Some(config.interactions_table.clone()),
            ..TableNames::default()
        };
        let parts = config.gate.wire(host, names)?;
        let articles = ArticleTable::new(parts.dynamo.clone(), &config.articles_table);
        let records = IdempotencyTable::new(parts.dynamo.clone(), &config.coordination_table);
        let writer = Arc::new(ArticleWriter::new(articles, records.clone()));
        let interactions = InteractionTable::new(parts.dynamo.clone(), &config.interactions_table);
        let reactions = Arc::new(parts.reaction_table(&interactions));
        let state = Publications {
            cached: parts.articles(),
            profiles: parts.profiles(),
            reactions,
            articles: writer.clone(),
            drafts: writer,
            repeats: Repeats { records: Arc::new(records), key: config.hmac_key.clone(), system: host.system.clone() },
            system: host.system.clone(),
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}

/// The methods of the feed, which stands where articles have their slugs.
const FEED: &str = "GET, HEAD, OPTIONS";
