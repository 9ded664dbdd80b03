//! What `profile` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{InteractionTable, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    domain::password::CommonPasswords,
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, cache::Wanted, follows, permission::Permission, sessions, users},
    wiring::LoginConfig,
};

use crate::Profiles;

/// The function.
pub struct Profile;

/// What the function reads from the environment.
pub struct Config {
    /// It renews tokens that age, so that it holds the keys that sign them.
    logins: LoginConfig,
    interactions_table: String,
    common_passwords: CommonPasswords,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let logins = LoginConfig::take(reader);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let common_passwords = reader.take(&settings::COMMON_PASSWORDS);
        Some(Self { logins: logins?, interactions_table: interactions_table?, common_passwords: common_passwords? })
    }
}

impl Function for Profile {
    const NAME: &'static str = "profile";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[users::USERS, users::ACCOUNTS, follows::FOLLOW_VIEWS, sessions::SESSION_STATES];
    type Config = Config;
    type State = Profiles;

    shared::routes![current_user, update_user, profile];

    fn prefetch(state: &Profiles, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Profiles>, StoreError> {
        let names = TableNames { interactions: Some(config.interactions_table.clone()), ..TableNames::default() };
        let (parts, _) = config.logins.wire_gate(host, names)?;
        let interactions = Arc::new(InteractionTable::new(parts.dynamo.clone(), &config.interactions_table));
        let state = Profiles {
            cached: parts.profiles(),
            counters: parts.follows(interactions.clone()),
            follows: interactions,
            system: host.system.clone(),
            users: Arc::new(parts.users.clone()),
            accounts: Arc::new(parts.users),
            passwords: Arc::new(host.passwords()),
            common_passwords: config.common_passwords,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
