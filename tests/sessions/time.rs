//! What time does to tokens and sessions.

use std::time::Duration;

use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{dynamodb::TableNames, host::Host},
    config::read_from,
    domain::{
        agent::Agent,
        user::{User, Username},
    },
    ports::{
        sessions::{SESSION_STARTS, SessionStarts as _},
        users::{USERS, Users as _},
    },
    wiring::GateConfig,
};

use crate::world::{Tokens, World};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A new session of the user.
pub(crate) async fn session(world: &World, name: &str) -> Tokens {
    session_of(world, name, None).await
}

/// A session of the user that is begun on what was read of them in the epoch `epoch`.
pub(crate) async fn session_of_epoch(world: &World, name: &str, epoch: u64) -> Tokens {
    session_of(world, name, Some(epoch)).await
}

async fn session_of(world: &World, name: &str, epoch: Option<u64>) -> Tokens {
    let lookup = |name: &str| world.environment.get(name).cloned();
    let host = Host::local(world.clock.clone(), 1).for_function([USERS, SESSION_STARTS].concat());
    let parts = read_from::<GateConfig>(&lookup).unwrap().wire(&host, TableNames::default()).unwrap();
    let holder = parts.users.holder(&Username::parse(name).unwrap()).await.unwrap().unwrap();
    let user = parts.users.by_id(holder.id).await.unwrap().unwrap();
    let user = User { epoch: epoch.unwrap_or(user.epoch), ..user };
    let (session, refresh) = parts.logins.begin(&user, Agent::parse(""));
    parts.sessions.start(&session).await.unwrap();
    parts.logins.remember(&session).await;
    let access = parts.logins.tokens.sign(session.identity(), session.created_at).unwrap();
    Tokens { access, refresh: refresh.encode() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_fetched_again_for_thirty_seconds_and_then_the_session_ends() {
    let world = World::start().await;
    let instance = world.instance();
    instance.sign_up("ann").await;
    let first = instance.log_in("ann").await;
    let second = Tokens::of(&instance.refresh(&first.refresh).await.expect(200));
    world.clock.pass(Duration::from_millis(29_999));
    // On another instance: nothing but the table knows.
    let again = Tokens::of(&world.instance().refresh(&first.refresh).await.expect(200));
    assert_eq!(again.refresh, second.refresh);
    world.clock.pass(Duration::from_millis(1));
    instance.refresh(&first.refresh).await.expect(401);
    for token in [&second.refresh, &first.refresh] {
        instance.refresh(token).await.expect(401);
    }
    for token in [&first.access, &second.access, &again.access] {
        assert_eq!(instance.own(token).await, 401);
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_thirty_days_however_often_it_is_refreshed() {
    let world = World::start().await;
    let instance = world.instance();
    let mut tokens = instance.sign_up("ann").await;
    for _ in 0..29 {
        world.clock.pass(DAY);
        tokens = Tokens::of(&instance.refresh(&tokens.refresh).await.expect(200));
        assert_eq!(instance.own(&tokens.access).await, 200);
    }
    world.clock.pass(DAY - 60 * SECOND);
    let last = Tokens::of(&instance.refresh(&tokens.refresh).await.expect(200));
    assert_eq!(instance.own(&last.access).await, 200);
    world.clock.pass(60 * SECOND);
    instance.refresh(&last.refresh).await.expect(401);
    assert_eq!(instance.own(&last.access).await, 401, "no access token outlives its session");
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_for_their_account_again_and_again_stays_logged_in_without_refreshing() {
    let world = World::start().await;
    let instance = world.instance();
    let mut token = instance.sign_up("ann").await.access;
    let mut renewals = 0;
    for minute in 0..60 {
        let answer = instance.ask(Method::GET, "/api/user", &token, Value::Null).await;
        let renewed = answer.header("x-access-token").map(str::to_owned);
        let body = answer.expect(200);
        if let Some(renewed) = renewed {
            assert_ne!(renewed, token);
            assert_eq!(body["user"]["token"], renewed, "whoever knows only the body gets it as well");
            (token, renewals) = (renewed, renewals + 1);
        } else {
            assert_eq!(body["user"]["token"], token, "minute {minute}");
        }
        world.clock.pass(60 * SECOND);
    }
    assert_eq!(renewals, 5, "each ten minutes");
    assert_eq!(instance.post("/api/sessions/logout", &token).await, 204);
    world.clock.pass(60 * SECOND);
    let answer = instance.ask(Method::GET, "/api/user", &token, Value::Null).await;
    assert!(answer.header("x-access-token").is_none());
    answer.expect(401);
    world.stop().await;
}

/// What somebody does, and how it is answered; `{slug}` is an article of somebody else's.
fn deeds() -> [(Method, &'static str, Value, u16); 12] {
    let draft = || json!({"draft": {"title": "Knots", "description": "Three", "body": "Bowline"}});
    [
        (Method::GET, "/api/articles", Value::Null, 200),
        (Method::GET, "/api/articles/feed", Value::Null, 200),
        (Method::GET, "/api/articles/{slug}", Value::Null, 200),
        (Method::POST, "/api/drafts", draft(), 201),
        (Method::POST, "/api/articles/{slug}/favorite", Value::Null, 200),
        (Method::POST, "/api/articles/{slug}/collect", Value::Null, 200),
        (Method::POST, "/api/articles/{slug}/comments", json!({"comment": {"body": "Well"}}), 201),
        (Method::POST, "/api/profiles/bob/follow", Value::Null, 200),
        (Method::GET, "/api/user/identities", Value::Null, 200),
        (Method::DELETE, "/api/articles/{slug}", Value::Null, 403),
        (Method::GET, "/api/articles/no-such-article", Value::Null, 404),
        (Method::POST, "/api/articles/{slug}/comments", json!({"comment": {"body": ""}}), 422),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_somebody_does_in_the_last_third_of_their_token_brings_the_next_one_along() {
    let world = World::start().await;
    let instance = world.instance();
    instance.sign_up("ann").await;
    let bob = instance.sign_up("bob").await.access;
    let article = json!({"article": {"title": "Bends", "description": "Two", "body": "Sheet"}});
    let made = instance.ask(Method::POST, "/api/articles", &bob, article).await.expect(201);
    let slug = made["article"]["slug"].as_str().unwrap();
    for (method, path, body, status) in deeds() {
        let path = path.replace("{slug}", slug);
        let (ann, gone) = (session(&world, "ann").await.access, session(&world, "ann").await.access);
        assert_eq!(instance.post("/api/sessions/logout", &gone).await, 204);
        let ask = async |token: &str| {
            let answer = instance.ask(method.clone(), &path, token, body.clone()).await;
            (answer.status, answer.header("x-access-token").map(str::to_owned))
        };
        world.clock.pass(599 * SECOND);
        assert_eq!(ask(&ann).await, (status, None), "{method} {path} too early");
        world.clock.pass(SECOND);
        let (answered, next) = ask(&ann).await;
        let next = next.unwrap_or_else(|| panic!("{method} {path}: no new token"));
        assert_eq!((answered, next == ann), (status, false), "{method} {path}");
        assert_eq!(ask(&next).await, (status, None), "{method} {path} with the new one");
        assert_eq!(ask(&gone).await, (401, None), "{method} {path} after the session's end");
        world.clock.pass(899 * SECOND);
        assert_eq!((instance.own(&next).await, instance.own(&ann).await), (200, 401), "{method} {path}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_the_session_that_they_ask_in_gets_no_token_of_it() {
    let world = World::start().await;
    // It ages while the login is recent enough to delete the account.
    let instance = world.instance_with(&[("ACCESS_TOKEN_TTL", "60")]);
    instance.sign_up("ann").await;
    for (method, path) in [
        (Method::DELETE, "/api/sessions/{id}"),
        (Method::POST, "/api/sessions/logout"),
        (Method::POST, "/api/sessions/logout-all"),
        (Method::DELETE, "/api/user"),
    ] {
        let ann = instance.log_in("ann").await.access;
        let sessions = instance.sessions(&ann).await;
        let own = sessions.iter().find(|session| session["current"] == true).unwrap();
        world.clock.pass(40 * SECOND);
        let ageing = instance.ask(Method::GET, "/api/articles", &ann, Value::Null).await;
        assert!(ageing.header("x-access-token").is_some(), "it does age");
        let path = path.replace("{id}", own["id"].as_str().unwrap());
        let answer = instance.ask(method, &path, &ann, Value::Null).await;
        assert_eq!((answer.status, answer.header("x-access-token")), (204, None), "{path}");
        assert_eq!(instance.own(&ann).await, 401, "{path}");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_ends_another_session_gets_the_next_token_of_their_own() {
    let world = World::start().await;
    let instance = world.instance();
    let (own, other) = (instance.sign_up("ann").await.access, instance.log_in("ann").await.access);
    let sessions = instance.sessions(&own).await;
    let other_id = sessions.iter().find(|session| session["current"] == false).unwrap()["id"].as_str().unwrap();
    world.clock.pass(600 * SECOND);
    let answer = instance.ask(Method::DELETE, &format!("/api/sessions/{other_id}"), &own, Value::Null).await;
    let next = answer.header("x-access-token").map(str::to_owned);
    assert_eq!(answer.status, 204);
    assert_eq!((instance.own(&next.unwrap()).await, instance.own(&other).await), (200, 401));
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_remembered_of_a_session_is_asked_again_after_five_minutes() {
    let world = World::start().await;
    let instance = world.instance_with(&[("ACCESS_TOKEN_TTL", "2592000")]);
    let ann = instance.sign_up("ann").await;
    assert_eq!(instance.own(&ann.access).await, 200);
    // As if somebody had lost the news of it.
    world.grant("ann", shared::domain::user::Role::Reader).await;
    world.clock.pass(299 * SECOND);
    let publish = async || {
        let article = json!({"article": {"title": "Knots", "description": "Three", "body": "Bowline"}});
        instance.ask(Method::POST, "/api/articles", &ann.access, article).await.status
    };
    assert_eq!(publish().await, 201);
    world.clock.pass(2 * SECOND);
    assert_eq!(publish().await, 403);
    world.stop().await;
}
