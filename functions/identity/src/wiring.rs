//! What `identity` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::{Router, http::Method};
use shared::{
    adapters::{
        dynamodb::{FlowTable, IdentityTable, TableNames},
        host::Host,
    },
    config::{FromEnvironment, Reader, settings},
    domain::limit::RouteClass,
    function::{Function, Wired},
    http::has_only,
    ports::{StoreError, flows, identities, permission::Permission, sessions, users},
    wiring::GateConfig,
};

use crate::OwnIdentities;

/// The function.
pub struct Identity;

/// What the function reads from the environment.
pub struct Config {
    gate: GateConfig,
    coordination_table: String,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let gate = GateConfig::take(reader);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        Some(Self { gate: gate?, coordination_table: coordination_table? })
    }
}

impl Function for Identity {
    const NAME: &'static str = "identity";
    const PERMISSIONS: &'static [&'static [Permission]] = &[
        flows::LOGIN_CODES,
        identities::LINKED_IDENTITIES,
        users::USERS,
        sessions::SESSION_STARTS,
        sessions::SESSION_STATES,
    ];
    type Config = Config;
    type State = OwnIdentities;

    // What is posted is a code that somebody might guess.
    const CLASS: fn(&Method) -> RouteClass = |method| match *method {
        Method::POST => RouteClass::Login,
        Method::GET | Method::HEAD => RouteClass::Read,
        _ => RouteClass::Write,
    };

    shared::routes![exchange, list, unlink];

    /// Where identities have their ids stands also what adds one.
    fn around(_: &OwnIdentities, routes: Router) -> Router {
        routes.route("/api/user/identities/wechat", has_only("POST, OPTIONS"))
    }

    fn wire(config: &Config, host: &Host) -> Result<Wired<OwnIdentities>, StoreError> {
        let names = TableNames { coordination: Some(config.coordination_table.clone()), ..TableNames::default() };
        let parts = config.gate.wire(host, names)?;
        let state = OwnIdentities {
            linked: Arc::new(IdentityTable::new(parts.users.clone(), parts.sessions.clone())),
            codes: Arc::new(FlowTable::new(parts.dynamo, &config.coordination_table)),
            users: Arc::new(parts.users),
            sessions: Arc::new(parts.sessions),
            logins: parts.logins,
        };
        Ok(Wired { state, entrance: Some(parts.entrance) })
    }
}
