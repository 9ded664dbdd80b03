//! `POST /api/user/phone/code` and `PUT /api/user/phone`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Answer, Client, PASSWORD, User,
    outbox::{code, unique_phone},
};

async fn log_in(phone: &str, password: &str) -> Answer {
    Client::new().post("/api/users/login", json!({"user": {"phone": phone, "password": password}})).await
}

/// Has a code sent to a phone of its own; `None` where nobody can look what it got.
async fn phone_with_code(user: &User) -> Option<(String, String)> {
    let phone = unique_phone();
    user.client.post("/api/user/phone/code", json!({"phone": phone})).await.expect(202);
    let code = code(&phone).await?;
    Some((phone, code))
}

async fn bind(user: &User, phone: &str, code: &str) -> Answer {
    user.client.put("/api/user/phone", json!({"phone": phone, "code": code})).await
}

/// A code that is not `code`.
fn wrong(code: &str) -> String {
    format!("{}{}", if code.starts_with('9') { '8' } else { '9' }, &code[1..])
}

fn refusal() -> Value {
    json!({"code": ["is invalid or has expired"]})
}

#[tokio::test]
async fn a_phone_that_was_bound_logs_in_with_the_password_and_other_sessions_end() {
    let user = User::sign_up().await;
    let other = Client::new().log_in(&user.email, PASSWORD).await.expect(200)["user"].take();
    let Some((phone, code)) = phone_with_code(&user).await else { return };
    log_in(&phone, PASSWORD).await.expect(401);
    assert_eq!(bind(&user, &phone, &code).await.expect(200)["user"]["phone"], phone);
    let login = log_in(&phone, PASSWORD).await.expect(200)["user"].take();
    assert_eq!((&login["username"], &login["phone"]), (&json!(user.username), &json!(phone)));
    let spaced = format!("{} {}", &phone[..3], &phone[3..]);
    log_in(&spaced, PASSWORD).await.expect(200);
    Client::new().with_token(other["token"].as_str().unwrap()).get("/api/user").await.expect(401);
    assert_eq!(user.client.get("/api/user").await.expect(200)["user"]["phone"], phone);
    let profile = Client::new().get(&format!("/api/profiles/{}", user.username)).await.expect(200);
    assert!(!profile.to_string().contains(&phone[3..]), "nobody else sees it: {profile}");
}

#[tokio::test]
async fn a_wrong_code_binds_nothing_and_the_right_one_does_it_once() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let Some((phone, code)) = phone_with_code(&user).await else { return };
    bind(&user, &phone, &wrong(&code)).await.expect_problem(401, refusal());
    log_in(&phone, PASSWORD).await.expect(401);
    bind(&user, &phone, &code).await.expect(200);
    bind(&other, &phone, &code).await.expect_problem(401, refusal());
}

#[tokio::test]
async fn a_phone_is_one_accounts_and_the_one_before_is_free() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let Some((first, code)) = phone_with_code(&user).await else { return };
    bind(&user, &first, &code).await.expect(200);
    let Some((second, code)) = phone_with_code(&user).await else { return };
    bind(&user, &second, &code).await.expect(200);
    log_in(&first, PASSWORD).await.expect(401);
    // Another code for the same phone waits for a minute: the other account binds one of its own, and cannot have this.
    let Some((third, code)) = phone_with_code(&other).await else { return };
    bind(&other, &third, &code).await.expect(200);
    log_in(&second, PASSWORD).await.expect(200);
}

#[tokio::test]
async fn of_parallel_tries_with_one_code_one_binds_it() {
    let user = User::sign_up().await;
    let Some((phone, code)) = phone_with_code(&user).await else { return };
    let answers = join_all((0..5).map(|_| bind(&user, &phone, &code))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 1, "{answers:?}");
}

#[tokio::test]
async fn a_code_to_bind_a_phone_resets_no_password() {
    let user = User::sign_up().await;
    let Some((phone, code)) = phone_with_code(&user).await else { return };
    let reset = json!({"phone": phone, "code": code, "password": "another horse battery"});
    Client::new().post("/api/password/reset", reset).await.expect_problem(401, refusal());
    bind(&user, &phone, &code).await.expect(200);
}

#[tokio::test]
async fn strangers_bind_nothing_and_fields_are_named() {
    let user = User::sign_up().await;
    let missing = json!({"token": ["is missing"]});
    let phone = json!({"phone": unique_phone()});
    Client::new().post("/api/user/phone/code", phone.clone()).await.expect_problem(401, missing.clone());
    Client::new().put("/api/user/phone", phone).await.expect_problem(401, missing);
    let blank = json!(["can't be blank"]);
    user.client.put("/api/user/phone", json!({})).await.expect_problem(422, json!({"phone": blank, "code": blank}));
    let none = user.client.post("/api/user/phone/code", json!({"phone": "12"})).await;
    none.expect_problem(422, json!({"phone": ["must be a phone number such as +8613800138000"]}));
}
