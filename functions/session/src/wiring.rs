//! What `session` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::host::Host,
    function::Function,
    ports::{StoreError, permission::Permission, sessions, users},
    wiring::LoginConfig,
};

use crate::Sessions;

/// The function.
pub struct Session;

impl Function for Session {
    const NAME: &'static str = "session";
    const PERMISSIONS: &'static [&'static [Permission]] = &[sessions::SESSION_RENEWALS, users::USERS];
    type Config = LoginConfig;
    type State = Sessions;

    shared::routes![refresh, log_out];

    fn wire(config: &LoginConfig, host: &Host) -> Result<Sessions, StoreError> {
        let parts = config.wire(host)?;
        Ok(Sessions {
            renewals: Arc::new(parts.sessions),
            users: Arc::new(parts.users),
            verifier: Arc::new(parts.verifier),
            logins: parts.logins,
        })
    }
}
