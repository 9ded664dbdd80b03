//! What `password-reset` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::http::Method;
use shared::{
    adapters::{
        dynamodb::{LockoutTable, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    domain::{limit::RouteClass, lockout::Patiences, password::CommonPasswords},
    function::{Function, Wired},
    ports::{StoreError, codes, lockouts, permission::Permission, users},
    wiring::{CodeSendConfig, LoginConfig},
};

use crate::Resets;

/// The function.
pub struct PasswordReset;

/// What the function reads from the environment.
pub struct Config {
    login: LoginConfig,
    codes: CodeSendConfig,
    common_passwords: CommonPasswords,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let login = LoginConfig::take(reader);
        let codes = CodeSendConfig::take(reader);
        let common_passwords = reader.take(&settings::COMMON_PASSWORDS);
        Some(Self { login: login?, codes: codes?, common_passwords: common_passwords? })
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
        let names = TableNames { tasks: Some(config.codes.table().to_owned()), ..TableNames::default() };
        let parts = config.login.wire_with(host, names)?;
        let users = Arc::new(parts.users);
        let state = Resets {
            codes: config.codes.wire(parts.dynamo, &parts.redis, host.system.clone()),
            owners: users.clone(),
            // It counts no tries: it has no patience to know.
            lockouts: Arc::new(LockoutTable::new(&users, Patiences::default())),
            changes: users,
            passwords: Arc::new(host.passwords()),
            sessions: parts.redis,
            system: host.system.clone(),
            common_passwords: config.common_passwords,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
