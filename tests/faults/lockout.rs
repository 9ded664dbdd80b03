//! Guessing passwords while the cache is emptied, or away: what was counted is in the table.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{PASSWORD, World, nobody};

/// Logs in; the answer's status, and its `Retry-After`.
async fn log_in(world: &World, email: &Value, password: &str) -> (u16, String) {
    let user = json!({"user": {"email": email, "password": password}});
    let (status, _, retry_after) = world.ask("login", Method::POST, "/api/users/login", "", user).await;
    (status.as_u16(), retry_after)
}

async fn empty_the_cache(world: &World) {
    let mut redis = redis::Client::open(world.environment["REDIS_URL"].clone()).unwrap();
    redis::cmd("FLUSHALL").query::<()>(&mut redis).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_cache_forgets_no_lockout() {
    let world = World::start().await;
    let email = world.sign_up("jake").await["email"].take();
    for _ in 0..5 {
        empty_the_cache(&world).await;
        assert_eq!(log_in(&world, &email, "wrong").await.0, 401);
    }
    for _ in 0..3 {
        assert_eq!(log_in(&world, &email, PASSWORD).await.0, 401, "five tries are counted");
        empty_the_cache(&world).await;
    }
    world.platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cache_that_is_away_gives_nobody_more_tries() {
    let mut world = World::start().await;
    let email = world.sign_up("jake").await["email"].take();
    world.environment.insert("REDIS_URL".to_owned(), format!("redis://{}", nobody()));
    for _ in 0..5 {
        assert_eq!(log_in(&world, &email, "wrong").await.0, 401);
    }
    assert_eq!(log_in(&world, &email, PASSWORD).await.0, 401);
    world.platform.stop().await.unwrap();
}
