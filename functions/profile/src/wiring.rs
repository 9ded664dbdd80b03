//! What `profile` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{dynamodb::TableNames, host::Host},
    config::{FromEnvironment, Reader, settings},
    domain::password::CommonPasswords,
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, cache::Wanted, permission::Permission, sessions, users},
    wiring::GateConfig,
};

use crate::Profiles;

/// The function.
pub struct Profile;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    common_passwords: CommonPasswords,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let common_passwords = reader.take(&settings::COMMON_PASSWORDS);
        Some(Self { gate: gate?, common_passwords: common_passwords? })
    }
}

impl Function for Profile {
    const NAME: &'static str = "profile";
    const PERMISSIONS: &'static [&'static [Permission]] = &[users::USERS, users::ACCOUNTS, sessions::SESSION_STATES];
    type Config = Config;
    type State = Profiles;

    shared::routes![current_user, update_user, profile];

    fn prefetch(state: &Profiles, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Profiles>, StoreError> {
        let parts = config.gate.wire(host, TableNames::default())?;
        let state = Profiles {
            cached: parts.profiles(),
            system: host.system.clone(),
            users: Arc::new(parts.users.clone()),
            accounts: Arc::new(parts.users),
            passwords: Arc::new(host.passwords()),
            common_passwords: config.common_passwords,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
