//! `POST /api/sessions/refresh` puts a refresh token's successor in its place; `GET /api/sessions` lists where one is logged in;
//! `DELETE /api/sessions/{id}` and `POST /api/sessions/logout`, `…/logout-others`, `…/logout-all` end sessions everywhere at once;
//! `PUT /api/users/{username}/role` says what a user may do, from the next request on.

mod ending;
mod refresh;
mod roles;
mod wiring;

use std::sync::Arc;

use shared::{
    accounts::Logins,
    ports::{
        sessions::{Roles, SessionEnds, SessionRenewals, SessionStates, SessionUsers},
        users::Users,
    },
};

use ending::*;
use refresh::*;
use roles::*;
pub use wiring::Session;

/// What the handlers use.
#[derive(Clone)]
pub struct Sessions {
    renewals: Arc<dyn SessionRenewals>,
    states: Arc<dyn SessionStates>,
    session_users: Arc<dyn SessionUsers>,
    users: Arc<dyn Users>,
    ends: Arc<dyn SessionEnds>,
    roles: Arc<dyn Roles>,
    logins: Logins,
}
