//! What `signup` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::http::Method;
use shared::{
    adapters::{
        dynamodb::{Registry, TableNames},
        host::Host,
    },
    cached::CachedNames,
    config::{FromEnvironment, Reader, settings},
    domain::{limit::RouteClass, password::CommonPasswords},
    function::{Function, Wired},
    ports::{StoreError, permission::Permission, users},
    wiring::GateConfig,
};

use crate::Signups;

/// The function.
pub struct Signup;

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

impl Function for Signup {
    const NAME: &'static str = "signup";
    const PERMISSIONS: &'static [&'static [Permission]] = &[users::REGISTRATIONS];
    type Config = Config;
    type State = Signups;

    const CLASS: fn(&Method) -> RouteClass = |_| RouteClass::SignUp;

    shared::routes![sign_up];

    fn wire(config: &Config, host: &Host) -> Result<Wired<Signups>, StoreError> {
        let parts = config.gate.wire_logins(host, TableNames::default())?;
        let state = Signups {
            registrations: Arc::new(Registry::new(parts.users, parts.sessions)),
            passwords: Arc::new(host.passwords()),
            names: Arc::new(CachedNames::new(parts.redis, host.system.clone())),
            logins: parts.logins,
            common_passwords: config.common_passwords,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
