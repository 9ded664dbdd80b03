//! What `profile` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{InteractionTable, LockoutTable, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    domain::{lockout::Patiences, password::CommonPasswords},
    function::{Function, Wired},
    http::Arriving,
    ports::{StoreError, cache::Wanted, codes, departures, follows, lockouts, permission::Permission, sessions, users},
    proofs::Proofs,
    wiring::{CodeSendConfig, GateConfig},
};

use crate::Profiles;

/// The function.
pub struct Profile;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    interactions_table: String,
    codes: CodeSendConfig,
    lockout: Patiences,
    common_passwords: CommonPasswords,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let interactions_table = reader.take(&settings::INTERACTIONS_TABLE);
        let codes = CodeSendConfig::take(reader);
        let lockout = reader.take(&settings::LOGIN_LOCKOUT);
        let common_passwords = reader.take(&settings::COMMON_PASSWORDS);
        Some(Self {
            gate: gate?,
            interactions_table: interactions_table?,
            codes: codes?,
            lockout: lockout?,
            common_passwords: common_passwords?,
        })
    }
}

impl Function for Profile {
    const NAME: &'static str = "profile";
    const PERMISSIONS: &'static [&'static [Permission]] = &[
        users::USERS,
        users::ACCOUNTS,
        users::CREDENTIALS,
        departures::DEPARTURES,
        lockouts::LOCKOUTS,
        codes::CODE_SENDS,
        follows::FOLLOW_VIEWS,
        sessions::SESSION_STATES,
    ];
    type Config = Config;
    type State = Profiles;

    shared::routes![current_user, update_user, delete_user, send_phone_code, update_phone, profile];

    fn prefetch(state: &Profiles, arriving: &Arriving<'_>) -> Vec<Wanted> {
        state.prefetch(arriving)
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<Profiles>, StoreError> {
        let names = TableNames {
            interactions: Some(config.interactions_table.clone()),
            tasks: Some(config.codes.table().to_owned()),
            ..TableNames::default()
        };
        let parts = config.gate.wire(host, names)?;
        let interactions = Arc::new(InteractionTable::new(parts.dynamo.clone(), &config.interactions_table));
        let state = Profiles {
            cached: parts.profiles(),
            counters: parts.follows(interactions.clone()),
            follows: interactions,
            system: host.system.clone(),
            users: Arc::new(parts.users.clone()),
            accounts: Arc::new(parts.users.clone()),
            credentials: Arc::new(parts.users.clone()),
            departures: Arc::new(parts.users.clone()),
            sessions: parts.redis.clone(),
            codes: config.codes.wire(parts.dynamo, &parts.redis, host.system.clone()),
            proofs: Proofs {
                lockouts: Arc::new(LockoutTable::new(&parts.users, config.lockout)),
                passwords: Arc::new(host.passwords()),
                system: host.system.clone(),
            },
            common_passwords: config.common_passwords,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
