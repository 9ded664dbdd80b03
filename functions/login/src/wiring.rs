//! What `login` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::http::Method;
use shared::{
    adapters::{
        dynamodb::{LockoutTable, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    domain::{limit::RouteClass, lockout::Patiences},
    function::{Function, Wired},
    ports::{StoreError, lockouts, permission::Permission, sessions, users},
    proofs::Proofs,
    wiring::GateConfig,
};

use crate::PasswordLogins;

/// The function.
pub struct Login;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    lockout: Patiences,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let lockout = reader.take(&settings::LOGIN_LOCKOUT);
        Some(Self { gate: gate?, lockout: lockout? })
    }
}

impl Function for Login {
    const NAME: &'static str = "login";
    const PERMISSIONS: &'static [&'static [Permission]] =
        &[users::CREDENTIALS, lockouts::LOCKOUTS, sessions::SESSION_STARTS];
    type Config = Config;
    type State = PasswordLogins;

    const CLASS: fn(&Method) -> RouteClass = |_| RouteClass::Login;

    shared::routes![log_in];

    fn wire(config: &Config, host: &Host) -> Result<Wired<PasswordLogins>, StoreError> {
        let parts = config.gate.wire_logins(host, TableNames::default())?;
        let proofs = Proofs {
            lockouts: Arc::new(LockoutTable::new(&parts.users, config.lockout)),
            passwords: Arc::new(host.passwords()),
            system: host.system.clone(),
        };
        let state = PasswordLogins {
            credentials: Arc::new(parts.users),
            proofs,
            sessions: Arc::new(parts.sessions),
            logins: parts.logins,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
