//! `POST /api/login/sms`. Whoever comes back a minute later stands in `tests/sms`, where time can be moved.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{
    Answer, Client, crowd,
    outbox::{code, unique_phone},
    shapes,
};

async fn log_in(phone: &str, code: &str) -> Answer {
    Client::new().post("/api/login/sms", json!({"phone": phone, "code": code})).await
}

/// Has a code sent to a phone of its own; `None` where nobody can look what it got.
async fn phone_with_code() -> Option<(String, String)> {
    let phone = unique_phone();
    Client::new().post("/api/login/sms/code", json!({"phone": phone})).await.expect(202);
    let code = code(&phone).await?;
    Some((phone, code))
}

/// A code that is not `code`.
fn wrong(code: &str) -> String {
    format!("{}{}", if code.starts_with('9') { '8' } else { '9' }, &code[1..])
}

fn refusal() -> Value {
    json!({"code": ["is invalid or has expired"]})
}

#[tokio::test]
async fn a_stranger_is_signed_up_under_a_name_that_they_may_change() {
    let Some((phone, code)) = phone_with_code().await else { return };
    let answer = log_in(&phone, &code).await;
    let user = answer.expect(201)["user"].take();
    shapes::expect_login(&user);
    assert_eq!((&user["email"], &user["phone"]), (&json!(""), &json!(phone)));
    let username = user["username"].as_str().unwrap();
    assert!(username.starts_with("user-"), "{username}");
    let client = Client::new().with_token(user["token"].as_str().unwrap());
    assert_eq!(client.get("/api/user").await.expect(200)["user"]["username"], username);
    assert_eq!(client.get(&format!("/api/profiles/{username}")).await.expect(200)["profile"]["username"], username);
    let renamed = crate::support::unique("renamed");
    let answer = client.put("/api/user", json!({"user": {"username": renamed}})).await;
    assert_eq!(answer.expect(200)["user"]["username"], renamed);
}

#[tokio::test]
async fn a_code_is_good_once() {
    let Some((phone, code)) = phone_with_code().await else { return };
    log_in(&phone, &code).await.expect(201);
    log_in(&phone, &code).await.expect_problem(401, refusal());
}

#[tokio::test]
async fn of_many_who_use_a_code_at_once_one_gets_in() {
    let (people, _alone) = crowd().await;
    let Some((phone, code)) = phone_with_code().await else { return };
    let answers = join_all((0..people).map(|_| log_in(&phone, &code))).await;
    let with = |status| answers.iter().filter(|answer| answer.status == status).count();
    assert_eq!((with(201), with(401)), (1, people - 1));
}

#[tokio::test]
async fn a_second_wrong_code_leaves_one_try_and_a_third_none() {
    let Some((phone, code)) = phone_with_code().await else { return };
    for _ in 0..2 {
        log_in(&phone, &wrong(&code)).await.expect_problem(401, refusal());
    }
    log_in(&phone, &code).await.expect(201);
    let Some((phone, code)) = phone_with_code().await else { return };
    for _ in 0..3 {
        log_in(&phone, &wrong(&code)).await.expect_problem(401, refusal());
    }
    log_in(&phone, &code).await.expect_problem(401, refusal());
}

#[tokio::test]
async fn a_code_is_one_phones() {
    let (Some((phone, code)), Some((other, _))) = (phone_with_code().await, phone_with_code().await) else { return };
    let answer = log_in(&other, &code).await;
    // One in a million pairs of phones has the same.
    if answer.status != 201 {
        answer.expect_problem(401, refusal());
    }
    log_in(&phone, &code).await.expect(201);
}

#[tokio::test]
async fn without_a_code_sent_nobody_gets_in_and_nobody_learns_why() {
    log_in(&unique_phone(), "123456").await.expect_problem(401, refusal());
}

#[tokio::test]
async fn what_is_no_number_or_no_code_is_refused_all_at_once() {
    let blank = "can't be blank";
    for (body, errors) in [
        (json!({}), json!({"phone": [blank], "code": [blank]})),
        (json!({"phone": null, "code": null}), json!({"phone": [blank], "code": [blank]})),
        (json!({"phone": unique_phone(), "code": "12345"}), json!({"code": ["must be 6 digits"]})),
        (json!({"phone": unique_phone(), "code": "１２３４５６"}), json!({"code": ["must be 6 digits"]})),
        (json!({"phone": unique_phone(), "code": 123_456}), json!({"code": ["must be a string"]})),
        (
            json!({"phone": "none", "code": "abcdef"}),
            json!({"phone": ["must be a phone number such as +8613800138000"], "code": ["must be 6 digits"]}),
        ),
    ] {
        Client::new().post("/api/login/sms", body).await.expect_problem(422, errors);
    }
}
