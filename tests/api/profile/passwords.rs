//! Changing the password: by `PUT /api/user`. What takes a login that is not recent stands in `tests/coordination`, where time can be
//! moved.

use serde_json::json;

use crate::support::{Client, PASSWORD, User};

const NEW: &str = "another horse battery";

#[tokio::test]
async fn a_recent_login_may_change_the_password_and_its_session_goes_on() {
    let user = User::sign_up().await;
    user.change(json!({"password": NEW})).await.expect(200);
    user.client.get("/api/user").await.expect(200);
    Client::new().log_in(&user.email, NEW).await.expect(200);
}

#[tokio::test]
async fn a_new_password_ends_all_other_sessions_at_once() {
    let user = User::sign_up().await;
    let other = Client::new().log_in(&user.email, PASSWORD).await.expect(200)["user"].take();
    let client = Client::new().with_token(other["token"].as_str().unwrap());
    client.get("/api/user").await.expect(200);
    user.change(json!({"password": NEW})).await.expect(200);
    client.get("/api/user").await.expect_problem(401, json!({"token": ["is invalid"]}));
    let refresh = json!({"refreshToken": other["refreshToken"]});
    Client::new().post("/api/sessions/refresh", refresh).await.expect(401);
    user.client.get("/api/user").await.expect(200);
}

#[tokio::test]
async fn other_changes_end_no_sessions() {
    let user = User::sign_up().await;
    let other = Client::new().log_in(&user.email, PASSWORD).await.expect(200)["user"].take();
    user.change(json!({"bio": "A bio"})).await.expect(200);
    Client::new().with_token(other["token"].as_str().unwrap()).get("/api/user").await.expect(200);
}

#[tokio::test]
async fn a_current_password_that_is_told_must_be_right() {
    let user = User::sign_up().await;
    let wrong = json!({"password": NEW, "currentPassword": "not mine", "bio": "must not be stored"});
    user.change(wrong).await.expect_problem(422, json!({"currentPassword": ["is wrong"]}));
    assert_eq!(user.client.get("/api/user").await.expect(200)["user"]["bio"], json!(null));
    user.change(json!({"password": NEW, "currentPassword": PASSWORD})).await.expect(200);
    Client::new().log_in(&user.email, NEW).await.expect(200);
}

#[tokio::test]
async fn a_wrong_current_password_counts_as_a_failed_login() {
    let user = User::sign_up().await;
    let wrong = json!({"password": NEW, "currentPassword": "not mine"});
    let refused = json!({"currentPassword": ["is wrong"]});
    for _ in 0..5 {
        user.change(wrong.clone()).await.expect_problem(422, refused.clone());
    }
    let right = json!({"password": NEW, "currentPassword": PASSWORD});
    user.change(right).await.expect_problem(422, refused);
    Client::new().log_in(&user.email, PASSWORD).await.expect_problem(401, json!({"credentials": ["invalid"]}));
}
