//! What `login` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::http::Method;
use shared::{
    adapters::host::Host,
    domain::limit::RouteClass,
    function::{Function, Wired},
    ports::{StoreError, permission::Permission, sessions, users},
    wiring::LoginConfig,
};

use crate::PasswordLogins;

/// The function.
pub struct Login;

impl Function for Login {
    const NAME: &'static str = "login";
    const PERMISSIONS: &'static [&'static [Permission]] = &[users::CREDENTIALS, sessions::SESSION_STARTS];
    type Config = LoginConfig;
    type State = PasswordLogins;

    const CLASS: fn(&Method) -> RouteClass = |_| RouteClass::Login;

    shared::routes![log_in];

    fn wire(config: &LoginConfig, host: &Host) -> Result<Wired<PasswordLogins>, StoreError> {
        let parts = config.wire(host)?;
        let state = PasswordLogins {
            credentials: Arc::new(parts.users),
            passwords: Arc::new(host.passwords()),
            sessions: Arc::new(parts.sessions),
            logins: parts.logins,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
