//! What `session` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::host::Host,
    function::{Function, Wired},
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

    fn wire(config: &LoginConfig, host: &Host) -> Result<Wired<Sessions>, StoreError> {
        let parts = config.wire(host)?;
        let state = Sessions { renewals: Arc::new(parts.sessions), users: Arc::new(parts.users), logins: parts.logins };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
