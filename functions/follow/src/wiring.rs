//! What `follow` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{FollowTable, InteractionTable, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, cache::Wanted, follows, permission::Permission, sessions, users},
    wiring::GateConfig,
};

use crate::Followings;

/// The function.
pub struct Follow;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    interactions_table: String,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        Some(Self { gate: gate?, interactions_table: interactions_table? })
    }
}

impl Function for Follow {
    const NAME: &'static str = "follow";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[follows::FOLLOWS, follows::FOLLOW_VIEWS, users::USERS, sessions::SESSION_STATES];
    type Config = Config;
    type State = Followings;

    shared::routes![follow, unfollow, followers, following];

    fn prefetch(state: &Followings, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Followings>, StoreError> {
        let names = TableNames { interactions: Some(config.interactions_table.clone()), ..TableNames::default() };
        let parts = config.gate.wire(host, names)?;
        let interactions = InteractionTable::new(parts.dynamo.clone(), &config.interactions_table);
        let state = Followings {
            counters: parts.follows(Arc::new(interactions.clone())),
            profiles: parts.profiles(),
            follows: Arc::new(FollowTable::new(interactions, parts.users)),
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
