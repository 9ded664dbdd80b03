//! What becomes of sessions: refreshing, listing, ending; and roles.

use bloghub::platform::Platform;
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{dynamodb::TableNames, host::Host, system::OperatingSystem},
    config::read_from,
    domain::user::{Role, Username},
    ports::{
        sessions::{ROLES, Roles as _},
        users::{USERS, Users as _},
    },
    wiring::GateConfig,
};

use crate::{
    meter::{Meter, Operation},
    operations::forget_sessions,
};

const REFRESH: &str = "the answer is the account, and whether all sessions were ended stands with the user";
const TOLD: &str = "the tombstone follows the table";

/// The tokens of a login.
struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: &Value) -> Self {
        let text = |name: &str| answer["user"][name].as_str().unwrap().to_owned();
        Self { access: text("token"), refresh: text("refreshToken") }
    }
}

async fn log_in(m: &mut Meter<'_>) -> Tokens {
    let user = json!({"user": {"email": "jake@mail.example", "password": "correct horse battery"}});
    Tokens::of(&m.unmeasured_of("login", Method::POST, "/api/users/login", "", user).await)
}

/// Does them all, as the user `jacob`.
pub(crate) async fn all(m: &mut Meter<'_>) {
    let of = |operation, calls, why| Operation(operation, "session", calls, why);
    refreshes(m).await;

    let own = log_in(m).await;
    let list =
        of("my sessions", &[("Redis", 1), ("GetItem", 1), ("Query", 1)], "which of them live stands with the user");
    let listed = m.measure(list, Method::GET, "/api/sessions", &own.access, Value::Null).await;
    forget_sessions(m.platform).await;
    let calls: &[_] = &[("Redis", 2), ("BatchGetItem", 1), ("GetItem", 1), ("Query", 1)];
    let list = of("my sessions, session not cached", calls, "the session is read with its user, then remembered");
    m.measure(list, Method::GET, "/api/sessions", &own.access, Value::Null).await;

    let written: &[_] = &[("Redis", 2), ("UpdateItem", 1)];
    let path = format!("/api/sessions/{}", listed["sessions"][1]["id"].as_str().unwrap());
    m.measure(of("log out of one session", written, TOLD), Method::DELETE, &path, &own.access, Value::Null).await;
    let others = of("log out of all others, however many", written, TOLD);
    m.measure(others, Method::POST, "/api/sessions/logout-others", &own.access, Value::Null).await;

    grant(m.platform, Role::Admin).await;
    m.unmeasured_of("profile", Method::GET, "/api/user", &own.access, Value::Null).await;
    let give = of(
        "give a role",
        &[("Redis", 2), ("GetItem", 1), ("UpdateItem", 1)],
        "the name leads to an id, and every instance is told",
    );
    m.measure(give, Method::PUT, "/api/users/old/role", &own.access, json!({"role": "reader"})).await;

    let log_out = of("log out", written, TOLD);
    m.measure(log_out, Method::POST, "/api/sessions/logout", &own.access, Value::Null).await;
    let own = log_in(m).await;
    let all = of("log out everywhere, however many", written, TOLD);
    m.measure(all, Method::POST, "/api/sessions/logout-all", &own.access, Value::Null).await;
}

async fn refreshes(m: &mut Meter<'_>) {
    let of = |operation, calls, why| Operation(operation, "session", calls, why);
    let calls: &[_] = &[("Redis", 1), ("GetItem", 1), ("UpdateItem", 1)];
    let first = log_in(m).await;
    let refresh = async |m: &mut Meter<'_>, operation, token: &str| {
        m.measure(operation, Method::POST, "/api/sessions/refresh", "", json!({ "refreshToken": token })).await
    };
    let second = Tokens::of(&refresh(m, of("refresh", calls, REFRESH), &first.refresh).await);
    let why = "the update is refused, and the refusal brings what the answer is made of";
    refresh(m, of("refresh, the answer was lost", calls, why), &first.refresh).await;
    refresh(m, of("", calls, ""), &second.refresh).await;
    m.rows.pop();
    let calls: &[_] = &[("Redis", 2), ("GetItem", 1), ("UpdateItem", 2)];
    let reuse = of("refresh with a token used before", calls, "the session is ended, and every instance told");
    refresh(m, reuse, &first.refresh).await;
}

/// Gives the user who asks a role, and has the cache forget the one before.
async fn grant(platform: &Platform, role: Role) {
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let host = Host::local(std::sync::Arc::new(OperatingSystem::default()), 1).for_function([USERS, ROLES].concat());
    let users = read_from::<GateConfig>(&lookup).unwrap().wire(&host, TableNames::default()).unwrap().users;
    let holder = users.holder(&Username::parse("jacob").unwrap()).await.unwrap().unwrap();
    users.set_role(holder.id, role).await.unwrap().unwrap();
    forget_sessions(platform).await;
}
