//! Backing services that are away while sessions end.

use lambda_http::http::Method;
use serde_json::Value;

use crate::world::World;

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("redis://{}", listener.local_addr().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_be_told_the_answer_is_503_and_the_repetition_succeeds() {
    let world = World::start().await;
    let instance = world.instance();
    let nowhere = nobody();
    let cut_off = world.instance_with(&[("REDIS_URL", &nowhere)]);
    instance.sign_up("ann").await;
    for path in ["/api/sessions/logout", "/api/sessions/logout-others", "/api/sessions/logout-all"] {
        let (ann, elsewhere) = (instance.log_in("ann").await, instance.log_in("ann").await);
        let answer = cut_off.ask(Method::POST, path, &ann.access, Value::Null).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("2")), "{path}: {}", answer.body);
        assert_eq!(instance.post(path, &ann.access).await, 204, "{path}, again");
        let gone = if path == "/api/sessions/logout" { &ann } else { &elsewhere };
        assert_eq!(instance.own(&gone.access).await, 401, "{path}");
        assert_eq!(cut_off.own(&gone.access).await, 401, "{path}, by the tables");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_cache_tokens_are_refreshed_and_reuse_is_noticed() {
    let world = World::start().await;
    let nowhere = nobody();
    let cut_off = world.instance_with(&[("REDIS_URL", &nowhere)]);
    let ann = cut_off.sign_up("ann").await;
    let mut token = ann.refresh.clone();
    for _ in 0..2 {
        let answer = cut_off.refresh(&token).await.expect(200);
        token = answer["user"]["refreshToken"].as_str().unwrap().to_owned();
    }
    // The session has ended, but not everybody may know yet.
    assert_eq!(cut_off.refresh(&ann.refresh).await.status, 503);
    assert_eq!(cut_off.own(&ann.access).await, 401);
    assert_eq!(world.instance().refresh(&token).await.status, 401);
    world.stop().await;
}
