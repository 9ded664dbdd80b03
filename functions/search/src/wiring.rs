//! What `search` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{ArticleTable, ArticleViews, FollowTable, FoundTables, InteractionTable, TableNames},
        host::Host,
        search::SearchSettings,
    },
    config::{FromEnvironment, Reader, settings},
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, cache::Wanted, permission::Permission, reactions, search as port, sessions, users},
    wiring::GateConfig,
};

use crate::Finding;

/// The function.
pub struct Search;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    articles_table: String,
    interactions_table: String,
    search: SearchSettings,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let articles_table = reader.take(&settings::ARTICLES_TABLE);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let search = SearchSettings::take(reader);
        Some(Self {
            gate: gate?,
            articles_table: articles_table?,
            interactions_table: interactions_table?,
            search: search?,
        })
    }
}

impl Function for Search {
    const NAME: &'static str = "search";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[port::FOUND_VIEWS, reactions::REACTION_VIEWS, users::USERS, sessions::SESSION_STATES];
    type Config = Config;
    type State = Arc<Finding>;

    shared::routes![search, suggest, tags, users];

    fn prefetch(state: &Arc<Finding>, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Arc<Finding>>, StoreError> {
        let names = TableNames {
            articles: Some(config.articles_table.clone()),
            interactions: Some(config.interactions_table.clone()),
            ..TableNames::default()
        };
        let parts = config.gate.wire(host, names)?;
        let articles = ArticleTable::new(parts.dynamo.clone(), &config.articles_table);
        let interactions = InteractionTable::new(parts.dynamo.clone(), &config.interactions_table);
        let views = ArticleViews::new(articles, parts.users.clone(), parts.reaction_table(&interactions));
        let state = Arc::new(Finding {
            engine: host.search(&config.search)?,
            views: Arc::new(FoundTables::new(views, FollowTable::new(interactions, parts.users.clone()))),
            profiles: parts.profiles(),
            system: host.system.clone(),
        });
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
