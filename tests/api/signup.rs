//! `POST /api/users`.

mod fields;

use std::collections::BTreeMap;

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, User, crowd, shapes, unique, unique_email};

async fn sign_up(user: Value) -> Answer {
    Client::new().post("/api/users", json!({"user": user})).await
}

/// Sends these bytes as they are.
async fn sign_up_with(body: impl Into<reqwest::Body>, content_type: &str) -> Answer {
    let request = Client::new().request(Method::POST, "/api/users").header("content-type", content_type);
    Client::send(request.body(body)).await
}

#[tokio::test]
async fn a_sign_up_answers_the_account_and_its_tokens() {
    let (username, email) = (unique("user"), unique_email());
    let answer = sign_up(json!({"username": username, "email": email, "password": PASSWORD})).await;
    let user = answer.expect(201)["user"].take();
    assert_eq!(answer.header("content-type"), "application/json");
    shapes::expect_login(&user);
    assert_eq!((&user["username"], &user["email"]), (&json!(username), &json!(email)));
    assert_eq!((&user["bio"], &user["image"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn the_token_of_a_sign_up_is_good_at_once() {
    let user = User::sign_up().await;
    assert_eq!(user.client.get("/api/user").await.expect(200)["user"]["username"], user.username);
}

#[tokio::test]
async fn fields_that_nobody_knows_are_ignored() {
    let user = json!({"username": unique("user"), "email": unique_email(), "password": PASSWORD,
        "id": 1, "admin": true, "bio": "not here", "deep": [[[{}]]]});
    let answer = Client::new().post("/api/users", json!({"user": user, "and": "more"})).await;
    assert_eq!(answer.expect(201)["user"]["bio"], Value::Null);
}

#[tokio::test]
async fn what_somebody_has_is_taken_in_any_spelling() {
    let name = unique("Taken");
    let user = User::sign_up_as(&name, PASSWORD).await;
    let full_width = name.replace("Taken", "Ｔａｋｅｎ");
    let (lower, upper) = (user.email.to_lowercase(), user.email.to_uppercase());
    for (case, username, email, taken) in [
        ("the name", name.clone(), unique_email(), &["username"][..]),
        ("the name in lower case", name.to_lowercase(), unique_email(), &["username"]),
        ("the name in upper case", name.to_uppercase(), unique_email(), &["username"]),
        ("the name in full width", full_width, unique_email(), &["username"]),
        ("the name between spaces", format!(" {name} "), unique_email(), &["username"]),
        ("the address", unique("other"), lower, &["email"]),
        ("the address in upper case", unique("other"), upper.clone(), &["email"]),
        ("both", name.to_lowercase(), upper, &["email", "username"]),
    ] {
        let answer = sign_up(json!({"username": username, "email": email, "password": PASSWORD})).await;
        assert_eq!(answer.status, 409, "{case}: {}", answer.text);
        let errors: BTreeMap<_, _> = taken.iter().map(|field| (field, ["has already been taken"])).collect();
        answer.expect_problem(409, json!(errors));
    }
}

#[tokio::test]
async fn a_refused_sign_up_leaves_neither_name_nor_address_taken() {
    let (username, email) = (unique("user"), unique_email());
    let other = User::sign_up().await;
    let refused = [
        ("the password is short", json!({"username": username, "email": email, "password": "short"})),
        ("the address is taken", json!({"username": username, "email": other.email, "password": PASSWORD})),
        ("the name is taken", json!({"username": other.username, "email": email, "password": PASSWORD})),
    ];
    for (case, user) in refused {
        sign_up(user).await.expect_whole_problem(case);
    }
    Client::new()
        .get(&format!("/api/profiles/{username}"))
        .await
        .expect_problem(404, json!({"profile": ["not found"]}));
    Client::new().log_in(&email, PASSWORD).await.expect(401);
    sign_up(json!({"username": username, "email": email, "password": PASSWORD})).await.expect(201);
}

/// One of many parallel sign-ups is accepted and all others hear that `field` is taken.
async fn expect_one_winner(user: impl Fn() -> Value, field: &str) -> Value {
    let (people, _alone) = crowd().await;
    let answers = join_all((0..people).map(|_| sign_up(user()))).await;
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    assert_eq!((made.len(), refused.len()), (1, people - 1));
    for answer in refused {
        answer.expect_problem(409, json!({field: ["has already been taken"]}));
    }
    made[0].json()["user"].take()
}

#[tokio::test]
async fn parallel_sign_ups_with_one_address_make_one_user() {
    let email = unique_email();
    let user = || json!({"username": unique("parallel"), "email": email, "password": PASSWORD});
    let winner = expect_one_winner(user, "email").await;
    let user = Client::new().log_in(&email, PASSWORD).await.expect(200)["user"].take();
    assert_eq!(user["username"], winner["username"]);
}

#[tokio::test]
async fn parallel_sign_ups_with_one_name_make_one_user() {
    let username = unique("parallel");
    let user = || json!({"username": username, "email": unique_email(), "password": PASSWORD});
    let winner = expect_one_winner(user, "username").await;
    let email = winner["email"].as_str().unwrap();
    assert_eq!(Client::new().log_in(email, PASSWORD).await.expect(200)["user"]["username"], username);
}

#[tokio::test]
async fn a_body_that_is_no_json_is_refused_as_such() {
    let half = r#"{"user": {"username": "a""#;
    let trailing = r#"{"user": {}} {}"#;
    let surrogate = r#"{"user": {"username": "\ud800"}}"#;
    let deep = format!(r#"{{"user": {}"#, "[".repeat(100_000));
    for (case, body) in [
        ("nothing", ""),
        ("half an object", half),
        ("more than one object", trailing),
        ("a lone surrogate", surrogate),
        ("a form", "username=a&email=b"),
        ("a single quote", "{'user': {}}"),
        ("endless nesting", &deep),
    ] {
        let answer = sign_up_with(body.to_owned(), "application/json").await;
        answer.expect_whole_problem(case);
        // The depth of nesting is found out after the type.
        let expected = if case == "endless nesting" { [400, 422] } else { [400, 400] };
        assert!(expected.contains(&answer.status.as_u16()), "{case}: {}", answer.text);
        if answer.status == 400 {
            assert!(answer.json()["errors"]["body"].is_array(), "{case}: {}", answer.text);
        }
    }
}

#[tokio::test]
async fn a_body_that_is_no_text_is_no_json() {
    let answer = sign_up_with(b"{\"user\": {\"username\": \"\xff\xfe\"}}".to_vec(), "application/json").await;
    answer.expect_whole_problem("bytes that are no UTF-8");
    // A gateway may have put replacement characters in their place, which leaves the missing fields.
    assert!([400, 422].contains(&answer.status.as_u16()), "{}", answer.text);
}

#[tokio::test]
async fn a_body_of_another_media_type_is_refused() {
    let user = json!({"user": {"username": unique("user"), "email": unique_email(), "password": PASSWORD}}).to_string();
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"] {
        let answer = sign_up_with(user.clone(), media_type).await;
        assert_eq!(answer.status, 415, "{media_type}: {}", answer.text);
        answer.expect_problem(415, json!({"content-type": ["must be application/json"]}));
    }
    sign_up_with(user, "application/json; charset=utf-8").await.expect(201);
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_too_large() {
    let body = |bytes: usize| {
        let empty = json!({"user": {"username": ""}, "x": ""}).to_string();
        json!({"user": {"username": ""}, "x": "x".repeat(bytes - empty.len())}).to_string()
    };
    assert_eq!(body(1_048_576).len(), 1_048_576);
    // One that just fits is read: its fields are what is wrong with it.
    sign_up_with(body(1_048_576), "application/json").await.expect(422);
    for bytes in [1_048_577, 3_000_000] {
        let answer = sign_up_with(body(bytes), "application/json").await;
        answer.expect_problem(413, json!({"body": ["is too large (maximum is 1048576 bytes)"]}));
    }
}
