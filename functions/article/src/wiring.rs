//! What `article` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{ArticleTable, ArticleViews, InteractionTable, KeptTable, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    domain::idempotency::HmacKey,
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, articles, cache::Wanted, feeds, permission::Permission, reactions, sessions, users},
    wiring::GateConfig,
};

use crate::Articles;

/// The function.
pub struct Article;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    pseudonyms: HmacKey,
    articles_table: String,
    interactions_table: String,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let pseudonyms = reader.take(&settings::HMAC_KEY);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        Some(Self {
            gate: gate?,
            pseudonyms: pseudonyms?,
            articles_table: articles_table?,
            interactions_table: interactions_table?,
        })
    }
}

impl Function for Article {
    const NAME: &'static str = "article";
    const PERMISSIONS: &'static [&'static [Permission]] = &[
        articles::ARTICLE_READS,
        articles::ARTICLE_DETAILS,
        reactions::LIKE_LISTS,
        feeds::FEEDS,
        reactions::REACTION_VIEWS,
        reactions::COUNTER_VIEWS,
        users::USERS,
        sessions::SESSION_STATES,
    ];
    type Config = Config;
    // Shared as a whole: a state is cloned several times for each request.
    type State = Arc<Articles>;

    shared::routes![list, feed, read, tags];

    fn prefetch(state: &Arc<Articles>, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Arc<Articles>>, StoreError> {
        let names = TableNames {
            articles: Some(config.articles_table.clone()),
            interactions: Some(config.interactions_table.clone()),
            ..TableNames::default()
        };
        let parts = config.gate.wire(host, names)?;
        let articles = ArticleTable::new(parts.dynamo.clone(), &config.articles_table);
        let interactions = InteractionTable::new(parts.dynamo.clone(), &config.interactions_table);
        let views = ArticleViews::new(articles, parts.users.clone(), parts.reaction_table(&interactions));
        let state = Arc::new(Articles {
            cached: parts.articles(),
            profiles: parts.profiles(),
            lists: parts.lists(),
            reactions: parts.reactions(&interactions),
            likes: Arc::new(KeptTable::new(interactions, views.clone())),
            details: Arc::new(views.clone()),
            feeds: Arc::new(views.clone()),
            articles: Arc::new(views),
            pseudonyms: config.pseudonyms.clone(),
            system: host.system.clone(),
        });
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
