//! What time does to tokens and sessions.

use std::time::Duration;

use lambda_http::http::Method;
use serde_json::Value;
use shared::{
    adapters::host::Host,
    config::read_from,
    domain::{
        agent::Agent,
        user::{User, Username},
    },
    ports::{
        sessions::{SESSION_STARTS, SessionStarts as _},
        users::{USERS, Users as _},
    },
    wiring::LoginConfig,
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
    let parts = read_from::<LoginConfig>(&lookup).unwrap().wire(&host).unwrap();
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
        let article = serde_json::json!({"article": {"title": "Knots", "description": "Three", "body": "Bowline"}});
        instance.ask(Method::POST, "/api/articles", &ann.access, article).await.status
    };
    assert_eq!(publish().await, 201);
    world.clock.pass(2 * SECOND);
    assert_eq!(publish().await, 403);
    world.stop().await;
}
