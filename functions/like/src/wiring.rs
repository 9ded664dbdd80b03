//! What `like` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{ArticleTable, ArticleViews, InteractionTable, KeptTable, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, articles, cache::Wanted, permission::Permission, reactions, sessions, users},
    wiring::GateConfig,
};

use crate::Likings;

/// The function.
pub struct Like;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    articles_table: String,
    interactions_table: String,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        Some(Self { gate: gate?, articles_table: articles_table?, interactions_table: interactions_table? })
    }
}

impl Function for Like {
    const NAME: &'static str = "like";
    const PERMISSIONS: &'static [&'static [Permission]] = &[
        reactions::LIKES_AND_COLLECTIONS,
        reactions::LIKE_LISTS,
        reactions::REACTION_VIEWS,
        reactions::COUNTER_VIEWS,
        articles::ARTICLE_DETAILS,
        users::USERS,
        sessions::SESSION_STATES,
    ];
    type Config = Config;
    type State = Likings;

    shared::routes![like, unlike, collect, take_out, likes, collection];

    fn prefetch(state: &Likings, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Likings>, StoreError> {
        let names = TableNames {
            articles: Some(config.articles_table.clone()),
            interactions: Some(config.interactions_table.clone()),
            ..TableNames::default()
        };
        let parts = config.gate.wire(host, names)?;
        let articles = ArticleTable::new(parts.dynamo.clone(), &config.articles_table);
        let interactions = InteractionTable::new(parts.dynamo.clone(), &config.interactions_table);
        let reactions = parts.reaction_table(&interactions);
        let views = ArticleViews::new(articles, parts.users.clone(), reactions.clone());
        let kept = Arc::new(KeptTable::new(interactions.clone(), views.clone()));
        let state = Likings {
            likes: kept.clone(),
            like_lists: kept.clone(),
            collections: kept,
            views: Arc::new(reactions.clone()),
            counter_views: Arc::new(reactions),
            system: host.system.clone(),
            articles: Arc::new(views),
            cached: parts.articles(),
            profiles: parts.profiles(),
            counters: parts.counters(),
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
