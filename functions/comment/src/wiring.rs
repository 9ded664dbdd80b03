//! What `comment` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{
            ArticleTable, CommentTable, CommentViews, CommentWriter, IdempotencyTable, InteractionTable, TableNames,
        },
        host::Host,
    },
    axum::Router,
    config::{FromEnvironment, Reader, settings},
    domain::idempotency::HmacKey,
    function::{Function, Wired},
    http::{Arriving, idempotency::Repeats},
    ports::{
        StoreError, articles, cache::Wanted, comments, follows, idempotency, permission::Permission, sessions, users,
    },
    wiring::GateConfig,
};

use crate::Comments;

/// The function.
pub struct Comment;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    articles_table: String,
    comments_table: String,
    interactions_table: String,
    coordination_table: String,
    hmac_key: HmacKey,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let comments_table = reader.take(&settings::COMMENTS_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let hmac_key = reader.take(&settings::HMAC_KEY);
        Some(Self {
            gate: gate?,
            articles_table: articles_table?,
            comments_table: comments_table?,
            interactions_table: interactions_table?,
            coordination_table: coordination_table?,
            hmac_key: hmac_key?,
        })
    }
}

impl Function for Comment {
    const NAME: &'static str = "comment";
    const PERMISSIONS: &'static [&'static [Permission]] = &[
        articles::ARTICLE_LOOKUPS,
        comments::COMMENT_READS,
        comments::COMMENT_WRITES,
        follows::FOLLOW_VIEWS,
        idempotency::IDEMPOTENCY_RECORDS,
        users::USERS,
        sessions::SESSION_STATES,
    ];
    type Config = Config;
    type State = Comments;

    shared::routes![list, create, replies, delete];

    fn around(state: &Comments, routes: Router) -> Router {
        state.repeats.around(routes)
    }

    fn prefetch(state: &Comments, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Comments>, StoreError> {
        let names = TableNames {
            articles: Some(config.articles_table.clone()),
            comments: Some(config.comments_table.clone()),
            interactions: Some(config.interactions_table.clone()),
            coordination: Some(config.coordination_table.clone()),
            ..TableNames::default()
        };
        let parts = config.gate.wire(host, names)?;
        let articles = ArticleTable::new(parts.dynamo.clone(), &config.articles_table);
        let comments = CommentTable::new(parts.dynamo.clone(), &config.comments_table);
        let interactions = InteractionTable::new(parts.dynamo.clone(), &config.interactions_table);
        let records = IdempotencyTable::new(parts.dynamo.clone(), &config.coordination_table);
        let state = Comments {
            cached: parts.articles(),
            profiles: parts.profiles(),
            counters: parts.counters(),
            articles: Arc::new(articles.clone()),
            follows: Arc::new(interactions.clone()),
            reads: Arc::new(CommentViews::new(comments.clone(), parts.users, interactions.clone())),
            writes: Arc::new(CommentWriter::new(comments, articles, interactions, records.clone())),
            repeats: Repeats { records: Arc::new(records), key: config.hmac_key.clone(), system: host.system.clone() },
            system: host.system.clone(),
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
