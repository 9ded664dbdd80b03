//! What it costs to guess, to bind a phone, to change and to reset a password, and to leave.

use std::{sync::Arc, time::Duration};

use bloghub::platform::Platform;
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{dynamodb::TableNames, host::Host, system::OperatingSystem},
    config::read_from,
    domain::{Timestamp, user::Username},
    ports::{
        departures::{DEPARTURES, Departures as _},
        users::{USERS, Users as _},
    },
    wiring::GateConfig,
};

use crate::{
    messages::sent,
    meter::{Meter, Operation},
    operations::forget_sessions,
};

const LOGIN: &str = "/api/users/login";
const PHONE: &str = "+8613800138003";
const PASSWORD: &str = "correct horse battery";
const NEW: &str = "another horse battery";
/// What each refused login calls, so that neither calls nor time tell why.
const REFUSED: &[(&str, u64)] = &[("Redis", 1), ("GetItem", 2), ("UpdateItem", 2)];
const COUNTED: &str = "the try is counted before it is looked at, for the account and for the address";

/// Logins that are refused for each reason that there is.
pub(crate) async fn guesses(m: &mut Meter<'_>, email: &str) {
    let log_in = |name: Value, password: &str| {
        let mut user = name;
        user["password"] = json!(password);
        json!({ "user": user })
    };
    let known = || log_in(json!({"email": email}), "wrong");
    m.measure(Operation("log in, wrong password", "login", REFUSED, COUNTED), Method::POST, LOGIN, "", known()).await;
    let nobody = log_in(json!({"username": "nobody"}), PASSWORD);
    m.measure(Operation("log in, unknown name", "login", REFUSED, COUNTED), Method::POST, LOGIN, "", nobody).await;
    for _ in 0..4 {
        m.measure(Operation("", "login", &[], ""), Method::POST, LOGIN, "", known()).await;
        m.rows.pop();
    }
    let why = "as above; the account's count is refused";
    m.measure(Operation("log in, locked account", "login", REFUSED, why), Method::POST, LOGIN, "", known()).await;
}

/// From the first phone number to the end.
pub(crate) async fn all(m: &mut Meter<'_>) {
    let user = json!({"user": {"username": "leaver", "email": "leaver@mail.example", "password": PASSWORD}});
    let token = text(&m.unmeasured(Method::POST, "/api/users", "", user).await["user"]["token"]);
    // Neither costs the first time what it costs later: scripts are sent once.
    quietly(m, "profile", Method::POST, "/api/user/phone/code", &token, json!({"phone": "+8613800138004"})).await;
    quietly(m, "profile", Method::PUT, "/api/user/phone", &token, json!({"phone": PHONE, "code": "000000"})).await;

    let calls: &[_] = &[("Redis", 3), ("TransactWriteItems", 1)];
    let why = "as for a code to log in";
    let send = Operation("ask for a code to bind a phone", "profile", calls, why);
    m.measure(send, Method::POST, "/api/user/phone/code", &token, json!({"phone": PHONE})).await;
    m.platform.drained().await;
    let bind = json!({"phone": PHONE, "code": sent(m.platform, PHONE)});
    let calls: &[_] = &[("Redis", 4), ("GetItem", 1), ("TransactWriteItems", 1)];
    let why = "the code is tried before anything is read; the profile is forgotten, and other sessions have ended";
    m.measure(Operation("bind a phone", "profile", calls, why), Method::PUT, "/api/user/phone", &token, bind).await;
    let change = json!({"user": {"password": NEW, "currentPassword": PASSWORD}});
    let calls: &[_] = &[("Redis", 3), ("GetItem", 2), ("UpdateItem", 3), ("DeleteItem", 1), ("TransactWriteItems", 1)];
    let why = "the old password is checked like that of a login, and all other sessions end";
    let change_password = Operation("change my password, told the old one", "profile", calls, why);
    m.measure(change_password, Method::PUT, "/api/user", &token, change).await;

    // A phone gets one message a minute.
    m.clock.pass(Duration::from_secs(60));
    resets(m).await;
    let login = json!({"user": {"phone": PHONE, "password": PASSWORD}});
    let token = text(&m.unmeasured(Method::POST, LOGIN, "", login).await["user"]["token"]);
    let calls: &[_] = &[("Redis", 4), ("GetItem", 1), ("TransactWriteItems", 1)];
    let why = "only the stored user names the guards; profile, name and sessions are told";
    m.measure(Operation("delete my account", "profile", calls, why), Method::DELETE, "/api/user", &token, Value::Null)
        .await;
    departures(m).await;

    // What the cache has forgotten the durable counts know, and read again: part of the grant.
    forget_sessions(m.platform).await;
    quietly(m, "password-reset", Method::POST, "/api/password/reset/code", "", json!({"phone": PHONE})).await;
    let other = json!({"user": {"username": "reachable-too", "email": "too@mail.example", "password": PASSWORD}});
    let token = text(&m.unmeasured(Method::POST, "/api/users", "", other).await["user"]["token"]);
    quietly(m, "profile", Method::POST, "/api/user/phone/code", &token, json!({"phone": PHONE})).await;
}

async fn resets(m: &mut Meter<'_>) {
    let (code, reset) = ("/api/password/reset/code", "/api/password/reset");
    let calls: &[_] = &[("Redis", 3), ("TransactWriteItems", 1)];
    let send = Operation("ask for a code to reset a password", "password-reset", calls, "as for a code to log in");
    m.measure(send, Method::POST, code, "", json!({"phone": PHONE})).await;
    m.platform.drained().await;
    let right = sent(m.platform, PHONE);
    let wrong = if right == "000000" { "000001" } else { "000000" };
    let body = |code: &str| json!({"phone": PHONE, "code": code, "password": PASSWORD});
    quietly(m, "password-reset", Method::POST, reset, "", body(wrong)).await;
    let calls: &[_] = &[("Redis", 3), ("GetItem", 2), ("UpdateItem", 1), ("DeleteItem", 1)];
    let why = "the code is tried first; all sessions have ended, and failed logins are forgotten";
    m.measure(Operation("reset a password", "password-reset", calls, why), Method::POST, reset, "", body(&right)).await;
}

/// Somebody who wrote, liked and followed, and who went an hour ago.
async fn departures(m: &mut Meter<'_>) {
    let user = json!({"user": {"username": "gone", "email": "gone@mail.example", "password": PASSWORD}});
    let token = text(&m.unmeasured(Method::POST, "/api/users", "", user).await["user"]["token"]);
    let article = json!({"article": {"title": "Farewell", "description": "To all", "body": "Text", "tagList": ["a"]}});
    let publish = Operation("", "publish", &[], "");
    m.measure_under("farewell", publish, Method::POST, "/api/articles", &token, article).await;
    m.rows.pop();
    m.unmeasured(Method::POST, "/api/articles/farewell/favorite", &token, Value::Null).await;
    m.unmeasured(Method::POST, "/api/profiles/old/follow", &token, Value::Null).await;
    // Of those who went before nothing is left to sweep with this one.
    quiet_sweep(m).await;
    depart(m.platform, "gone").await;
    m.platform.drained().await;
    let calls: &[_] =
        &[("UpdateItem", 2), ("Query", 28), ("BatchWriteItem", 10), ("GetItem", 1), ("TransactWriteItems", 4)];
    let why = "each kind of what they had is asked for until there is no more; each follow goes with the count of the other side";
    let sweep =
        Operation("sweep a user of an article, a like and a followee, and look again for another", "sweep", calls, why);
    m.measure_worker(sweep, json!({})).await;
    m.platform.drained().await;
}

/// Deletes an account as of an hour ago, so that the sweep has done with it when it has swept.
async fn depart(platform: &Platform, name: &str) {
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function([USERS, DEPARTURES].concat());
    let users = read_from::<GateConfig>(&lookup).unwrap().wire(&host, TableNames::default()).unwrap().users;
    let id = users.holder(&Username::parse(name).unwrap()).await.unwrap().unwrap().id;
    let user = users.by_id(id).await.unwrap().unwrap();
    let hour = i64::try_from(Duration::from_secs(3_600).as_millis()).unwrap();
    users.depart(&user, Timestamp::from_millis(host.system.now().as_millis() - hour)).await.unwrap();
}

async fn quiet_sweep(m: &mut Meter<'_>) {
    m.measure_worker(Operation("", "sweep", &[], ""), json!({})).await;
    m.rows.pop();
    m.platform.drained().await;
}

/// Does something that is no row of the table.
async fn quietly(m: &mut Meter<'_>, function: &'static str, method: Method, path: &str, token: &str, body: Value) {
    m.measure(Operation("", function, &[], ""), method, path, token, body).await;
    m.rows.pop();
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
