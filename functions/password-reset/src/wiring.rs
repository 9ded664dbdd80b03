//! What `password-reset` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::http::Method;
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, LockoutTable, TableNames, UserTable},
        host::Host,
        redis::RedisUrl,
    },
    config::{FromEnvironment, Reader, settings},
    domain::{limit::RouteClass, lockout::Patiences, password::CommonPasswords},
    function::{Function, Wired},
    ports::{StoreError, codes, lockouts, permission::Permission, users},
    wiring::{CodeSendConfig, strangers_entrance},
};

use crate::Resets;

/// The function.
pub struct PasswordReset;

/// What the function reads from the environment.
pub struct Config {
    dynamo: DynamoSettings,
    users_table: String,
    redis: RedisUrl,
    codes: CodeSendConfig,
    common_passwords: CommonPasswords,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let users_table = reader.take(&settings::USERS_TABLE);
        let redis = reader.take(&settings::REDIS_URL);
        let codes = CodeSendConfig::take(reader);
        let common_passwords = reader.take(&settings::COMMON_PASSWORDS);
        Some(Self {
            dynamo: dynamo?,
            users_table: users_table?,
            redis: redis?,
            codes: codes?,
            common_passwords: common_passwords?,
        })
    }
}

impl Function for PasswordReset {
    const NAME: &'static str = "password-reset";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[codes::CODE_SENDS, users::PHONE_OWNERS, users::PASSWORD_CHANGES, lockouts::CLEARS];
    type Config = Config;
    type State = Resets;

    const CLASS: fn(&Method) -> RouteClass = |_| RouteClass::Login;

    shared::routes![send_code, reset];

    fn wire(config: &Config, host: &Host) -> Result<Wired<Resets>, StoreError> {
        let names = TableNames {
            users: Some(config.users_table.clone()),
            tasks: Some(config.codes.table().to_owned()),
            ..TableNames::default()
        };
        let dynamo = host.dynamo(&config.dynamo, names);
        let redis = Arc::new(host.redis(&config.redis)?);
        let users = UserTable::new(dynamo.clone(), &config.users_table);
        let state = Resets {
            codes: config.codes.wire(dynamo, &redis, host.system.clone()),
            owners: Arc::new(users.clone()),
            // It counts no tries: it has no patience to know.
            lockouts: Arc::new(LockoutTable::new(&users, Patiences::default())),
            changes: Arc::new(users),
            passwords: Arc::new(host.passwords()),
            sessions: redis.clone(),
            system: host.system.clone(),
            common_passwords: config.common_passwords,
        };
        Ok(Wired { state, entrance: Some(strangers_entrance(redis, host)) })
    }
}
