//! What `session` reads from the environment and which adapters it gets.

use std::sync::Arc;

use shared::{
    adapters::{
        dynamodb::{StateTables, TableNames},
        host::Host,
    },
    axum::Router,
    function::{Function, Wired},
    http::has_only,
    ports::{StoreError, permission::Permission, sessions, users},
    wiring::GateConfig,
};

use crate::Sessions;

/// The function.
pub struct Session;

impl Function for Session {
    const NAME: &'static str = "session";
    const PERMISSIONS: &'static [&'static [Permission]] = &[
        sessions::SESSION_RENEWALS,
        sessions::SESSION_STATES,
        sessions::SESSION_USERS,
        sessions::SESSION_ENDS,
        sessions::ROLES,
        users::USERS,
    ];
    type Config = GateConfig;
    type State = Sessions;

    shared::routes![refresh, list_sessions, end_session, log_out, log_out_others, log_out_everywhere, set_role];

    fn around(_: &Sessions, routes: Router) -> Router {
        NO_SESSIONS.iter().fold(routes, |routes, path| routes.route(path, has_only("POST, OPTIONS")))
    }

    fn wire(config: &GateConfig, host: &Host) -> Result<Wired<Sessions>, StoreError> {
        let parts = config.wire(host, TableNames::default())?;
        let states = StateTables::new(parts.sessions.clone(), parts.users.clone());
        let users = Arc::new(parts.users);
        let state = Sessions {
            states: Arc::new(states),
            renewals: Arc::new(parts.sessions),
            session_users: users.clone(),
            ends: users.clone(),
            roles: users.clone(),
            users,
            logins: parts.logins,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}

/// What stands where sessions have their ids.
const NO_SESSIONS: [&str; 4] =
    ["/api/sessions/refresh", "/api/sessions/logout", "/api/sessions/logout-others", "/api/sessions/logout-all"];
