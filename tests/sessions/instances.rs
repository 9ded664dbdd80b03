//! What one instance does holds on every other at once, whatever that remembers.

use lambda_http::http::Method;
use serde_json::{Value, json};
use shared::domain::user::Role;

use crate::world::{Instance, World};

/// Has both remember the session, as requests do that came before.
async fn warm(instances: [&Instance; 2], token: &str) {
    for instance in instances {
        for _ in 0..2 {
            assert_eq!(instance.own(token).await, 200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_a_session_ends_no_instance_takes_its_tokens_any_more() {
    let world = World::start().await;
    let (here, there) = (world.instance(), world.instance());
    here.sign_up("ann").await;
    for way in ["logout", "by id", "logout-others", "logout-all", "reuse"] {
        let own = here.log_in("ann").await;
        // Which of the two is the newer follows from the clock.
        world.clock.pass(std::time::Duration::from_millis(1));
        let victim = here.log_in("ann").await;
        warm([&here, &there], &own.access).await;
        warm([&here, &there], &victim.access).await;
        match way {
            "logout" => assert_eq!(here.post("/api/sessions/logout", &victim.access).await, 204),
            "by id" => {
                let newest = here.sessions(&own.access).await.remove(0);
                let path = format!("/api/sessions/{}", newest["id"].as_str().unwrap());
                assert_eq!(here.ask(Method::DELETE, &path, &own.access, Value::Null).await.status, 204);
            }
            "reuse" => {
                let mut token = victim.refresh.clone();
                for _ in 0..2 {
                    let answer = here.refresh(&token).await.expect(200);
                    token = answer["user"]["refreshToken"].as_str().unwrap().to_owned();
                }
                assert_eq!(here.refresh(&victim.refresh).await.status, 401);
            }
            all => assert_eq!(here.post(&format!("/api/sessions/{all}"), &own.access).await, 204),
        }
        for instance in [&there, &here, &world.instance()] {
            assert_eq!(instance.own(&victim.access).await, 401, "{way}");
            assert_eq!(instance.refresh(&victim.refresh).await.status, 401, "{way}");
            let expected = if way == "logout-all" { 401 } else { 200 };
            assert_eq!(instance.own(&own.access).await, expected, "{way}: the one that asked");
        }
        world.flush().await;
        assert_eq!(there.own(&victim.access).await, 401, "{way}: without the cache");
    }
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_holds_from_the_next_request_on_wherever_it_goes() {
    let world = World::start().await;
    let (here, there) = (world.instance(), world.instance());
    let (admin, ann) = (here.sign_up("root").await, here.sign_up("ann").await);
    world.grant("root", Role::Admin).await;
    world.flush().await;
    warm([&here, &there], &ann.access).await;
    let article = || json!({"article": {"title": "Knots", "description": "Three", "body": "Bowline"}});
    for (role, status) in [("reader", 403), ("author", 201), ("reader", 403), ("moderator", 201)] {
        let set = here.ask(Method::PUT, "/api/users/ANN/role", &admin.access, json!({ "role": role })).await;
        assert_eq!(set.expect(200), json!({"username": "ANN", "role": role}));
        for instance in [&there, &here] {
            let answer = instance.ask(Method::POST, "/api/articles", &ann.access, article()).await;
            assert_eq!(answer.status, status, "{role}: {}", answer.body);
            let account = instance.ask(Method::GET, "/api/user", &ann.access, Value::Null).await.expect(200);
            assert_eq!(account["user"]["role"], role);
        }
    }
    let unknown = here.ask(Method::PUT, "/api/users/nobody/role", &admin.access, json!({"role": "reader"})).await;
    assert_eq!((unknown.status, &unknown.body["errors"]), (404, &json!({"user": ["not found"]})));
    let no_role = here.ask(Method::PUT, "/api/users/ann/role", &admin.access, json!({"role": "king"})).await;
    assert_eq!(no_role.status, 422);
    world.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_was_under_way_when_all_sessions_ended_begins_nothing() {
    let world = World::start().await;
    let instance = world.instance();
    let ann = instance.sign_up("ann").await;
    // What the login read of the user before is what the session is begun on.
    let stale = crate::time::session_of_epoch(&world, "ann", 0).await;
    assert_eq!(instance.own(&stale.access).await, 200, "as long as nothing has changed");
    assert_eq!(instance.post("/api/sessions/logout-all", &ann.access).await, 204);
    let stale = crate::time::session_of_epoch(&world, "ann", 0).await;
    assert_eq!(instance.own(&stale.access).await, 401);
    assert_eq!(instance.refresh(&stale.refresh).await.status, 401);
    world.stop().await;
}
