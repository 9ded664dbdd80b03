//! Where one is logged in, and logging out from elsewhere.

use reqwest::Method;
use serde_json::{Value, json};

use super::{again, refresh};
use crate::support::{Answer, Client, PASSWORD, User};

async fn sessions(client: &Client) -> Vec<Value> {
    client.get("/api/sessions").await.expect(200)["sessions"].as_array().unwrap().clone()
}

async fn post(client: &Client, path: &str) -> Answer {
    Client::send(client.request(Method::POST, path)).await
}

fn id(session: &Value) -> &str {
    session["id"].as_str().unwrap()
}

#[track_caller]
fn expect_out(answer: &Answer) {
    answer.expect_problem(401, json!({"token": ["is invalid"]}));
}

/// The user, logged in by a client that calls itself so.
async fn by(user: &User, agent: &str) -> Client {
    let body = json!({"user": {"email": user.email, "password": PASSWORD}});
    let request = Client::new().request(Method::POST, "/api/users/login").header("user-agent", agent);
    let account = Client::send(request.json(&body)).await.expect(200);
    Client::new().with_token(account["user"]["token"].as_str().unwrap())
}

#[tokio::test]
async fn a_list_shows_each_login_with_its_browser_and_no_address() {
    let user = User::sign_up().await;
    by(&user, "Mozilla/5.0 (Windows NT 10.0; rv:132.0) Gecko/20100101 Firefox/132.0").await;
    let list = sessions(&user.client).await;
    assert_eq!(list.len(), 2, "{list:?}");
    let [newest, first] = &list[..] else { panic!("{list:?}") };
    assert_eq!((&newest["browser"], &newest["device"]), (&json!("firefox"), &json!("Windows")));
    assert_eq!((&first["browser"], &first["device"]), (&json!("none"), &json!("other")));
    assert_eq!((&newest["current"], &first["current"]), (&json!(false), &json!(true)));
    for session in &list {
        let mut names: Vec<_> = session.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["browser", "createdAt", "current", "device", "expiresAt", "id", "lastUsedAt"]);
        assert_eq!(session["createdAt"], session["lastUsedAt"]);
    }
}

#[tokio::test]
async fn a_refresh_is_a_use() {
    let user = User::sign_up().await;
    refresh(&user.refresh_token).await.expect(200);
    let session = &sessions(&user.client).await[0];
    let time = |name: &str| session[name].as_str().unwrap().to_owned();
    assert!(time("lastUsedAt") > time("createdAt"), "{session}");
    assert!(time("expiresAt") > time("lastUsedAt"), "{session}");
}

#[tokio::test]
async fn a_session_is_ended_by_its_id_and_again_without_effect() {
    let user = User::sign_up().await;
    let elsewhere = again(&user).await;
    let list = sessions(&user.client).await;
    let path = format!("/api/sessions/{}", id(&list[0]));
    for _ in 0..3 {
        user.client.delete(&path).await.expect_nothing();
    }
    expect_out(&elsewhere.client.get("/api/user").await);
    refresh(&elsewhere.refresh_token).await.expect_problem(401, json!({"refreshToken": ["is invalid"]}));
    assert_eq!(sessions(&user.client).await.len(), 1);
}

#[tokio::test]
async fn nobody_ends_a_strangers_session_or_sees_it() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let theirs = sessions(&other.client).await;
    let answer = user.client.delete(&format!("/api/sessions/{}", id(&theirs[0]))).await;
    answer.expect_problem(404, json!({"session": ["not found"]}));
    other.client.get("/api/user").await.expect(200);
    assert!(sessions(&user.client).await.iter().all(|mine| id(mine) != id(&theirs[0])));
    for unknown in ["01ARZ3NDEKTSV4RRFFQ69G5FAV", "x", "%20", "7"] {
        let answer = user.client.delete(&format!("/api/sessions/{unknown}")).await;
        answer.expect_problem(404, json!({"session": ["not found"]}));
    }
}

#[tokio::test]
async fn logging_out_elsewhere_leaves_only_this_session() {
    let user = User::sign_up().await;
    let (a, b) = (again(&user).await, again(&user).await);
    post(&a.client, "/api/sessions/logout-others").await.expect_nothing();
    expect_out(&user.client.get("/api/user").await);
    expect_out(&b.client.get("/api/user").await);
    a.client.get("/api/user").await.expect(200);
    let list = sessions(&a.client).await;
    assert_eq!((list.len(), &list[0]["current"]), (1, &json!(true)));
    refresh(&b.refresh_token).await.expect_problem(401, json!({"refreshToken": ["is invalid"]}));
    // Another of the user's sessions may do the same, and ends the one that was kept.
    let c = again(&user).await;
    post(&c.client, "/api/sessions/logout-others").await.expect_nothing();
    expect_out(&a.client.get("/api/user").await);
    refresh(&c.refresh_token).await.expect(200);
}

#[tokio::test]
async fn logging_out_everywhere_ends_all_sessions_and_may_be_repeated() {
    let user = User::sign_up().await;
    let elsewhere = again(&user).await;
    for _ in 0..2 {
        post(&user.client, "/api/sessions/logout-all").await.expect_nothing();
    }
    for client in [&user.client, &elsewhere.client] {
        expect_out(&client.get("/api/user").await);
        expect_out(&client.get("/api/sessions").await);
    }
    for token in [&user.refresh_token, &elsewhere.refresh_token] {
        refresh(token).await.expect_problem(401, json!({"refreshToken": ["is invalid"]}));
    }
    again(&user).await.client.get("/api/user").await.expect(200);
}

#[tokio::test]
async fn whoever_was_logged_out_logs_nobody_out() {
    let user = User::sign_up().await;
    let elsewhere = again(&user).await;
    post(&user.client, "/api/sessions/logout").await.expect_nothing();
    for path in ["/api/sessions/logout-all", "/api/sessions/logout-others"] {
        expect_out(&post(&user.client, path).await);
    }
    elsewhere.client.get("/api/user").await.expect(200);
}

#[tokio::test]
async fn strangers_have_no_sessions() {
    let client = Client::new();
    let missing = || json!({"token": ["is missing"]});
    client.get("/api/sessions").await.expect_problem(401, missing());
    client.delete("/api/sessions/01ARZ3NDEKTSV4RRFFQ69G5FAV").await.expect_problem(401, missing());
    for path in ["/api/sessions/logout-all", "/api/sessions/logout-others"] {
        post(&client, path).await.expect_problem(401, missing());
    }
}
