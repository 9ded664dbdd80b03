//! What `sms-login` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::http::Method;
use shared::{
    adapters::{
        dynamodb::{Registry, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader},
    domain::limit::RouteClass,
    function::{Function, Wired},
    ports::{StoreError, codes, permission::Permission, sessions, users},
    wiring::{CodeTryConfig, GateConfig},
};

use crate::CodeLogins;

/// The function.
pub struct SmsLogin;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    codes: CodeTryConfig,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let codes = CodeTryConfig::take(reader);
        Some(Self { gate: gate?, codes: codes? })
    }
}

impl Function for SmsLogin {
    const NAME: &'static str = "sms-login";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[codes::CODE_TRIES, users::PHONE_OWNERS, users::REGISTRATIONS, sessions::SESSION_STARTS];
    type Config = Config;
    type State = CodeLogins;

    const CLASS: fn(&Method) -> RouteClass = |_| RouteClass::Login;

    shared::routes![log_in_by_code];

    fn wire(config: &Config, host: &Host) -> Result<Wired<CodeLogins>, StoreError> {
        let others = TableNames { tasks: Some(config.codes.table().to_owned()), ..TableNames::default() };
        let parts = config.gate.wire_logins(host, others)?;
        let state = CodeLogins {
            codes: config.codes.wire(parts.dynamo, &parts.redis, host.system.clone()),
            owners: Arc::new(parts.users.clone()),
            registrations: Arc::new(Registry::new(parts.users, parts.sessions.clone())),
            sessions: Arc::new(parts.sessions),
            logins: parts.logins,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
