//! `GET`, `PUT` and `DELETE /api/user`, `/api/user/phone`, `GET /api/profiles/{username}`.

mod changes;
mod departures;
mod passwords;
mod phones;

use reqwest::{Method, header::HeaderValue};
use serde_json::{Value, json};

use crate::support::{Answer, Client, User, encode, shapes, unique};

async fn account_with(authorization: &[u8]) -> Answer {
    let header = HeaderValue::from_bytes(authorization).unwrap();
    Client::send(Client::new().request(Method::GET, "/api/user").header("authorization", header)).await
}

pub(super) async fn profile(username: &str) -> Answer {
    Client::new().get(&format!("/api/profiles/{}", encode(username))).await
}

#[tokio::test]
async fn my_account_is_shown_with_the_token_that_i_came_with() {
    let user = User::sign_up().await;
    let answer = user.client.get("/api/user").await;
    let account = answer.expect(200)["user"].take();
    assert_eq!(answer.header("content-type"), "application/json");
    shapes::expect_user(&account);
    let (username, email, token) = (&user.username, &user.email, &user.token);
    let expected = json!({
        "username": username, "email": email, "phone": null, "token": token, "role": "author", "bio": null, "image": null,
    });
    assert_eq!(account, expected);
}

#[tokio::test]
async fn either_scheme_in_any_case_carries_a_token() {
    let user = User::sign_up().await;
    for scheme in ["Token", "Bearer", "token", "bearer", "TOKEN", "Bearer  "] {
        let answer = account_with(format!("{scheme} {}", user.token).as_bytes()).await;
        assert_eq!(answer.status, 200, "{scheme}: {}", answer.text);
        assert_eq!(answer.json()["user"]["token"], user.token, "{scheme}");
    }
}

#[tokio::test]
async fn a_request_without_a_token_is_told_that_it_is_missing() {
    let missing = json!({"token": ["is missing"]});
    Client::new().get("/api/user").await.expect_problem(401, missing.clone());
    Client::new().put("/api/user", json!({"user": {"bio": "x"}})).await.expect_problem(401, missing.clone());
    for authorization in ["", "Token", "Bearer", "Token "] {
        let answer = account_with(authorization.as_bytes()).await;
        assert_eq!(answer.status, 401, "{authorization:?}: {}", answer.text);
        answer.expect_problem(401, missing.clone());
    }
}

#[tokio::test]
async fn what_is_no_token_is_told_that_it_is_invalid() {
    let user = User::sign_up().await;
    for (case, authorization) in [
        ("another scheme", b"Basic amFrZTpqYWtl".to_vec()),
        ("no scheme", user.token.clone().into_bytes()),
        ("garbage", b"Token garbage".to_vec()),
        ("two tokens", format!("Token {0} {0}", user.token).into_bytes()),
        ("quotes", format!("Token \"{}\"", user.token).into_bytes()),
        ("a Latin-1 letter", b"Token caf\xe9".to_vec()),
    ] {
        let answer = account_with(&authorization).await;
        assert_eq!(answer.status, 401, "{case}: {}", answer.text);
        answer.expect_problem(401, json!({"token": ["is invalid"]}));
        assert!(!answer.header("www-authenticate").is_empty(), "{case}");
    }
}

#[tokio::test]
async fn a_profile_is_open_to_everyone() {
    let (user, reader) = (User::sign_up().await, User::sign_up().await);
    user.change(json!({"bio": "A bio", "image": "https://img.example/me.png"})).await.expect(200);
    let expected = json!({
        "username": user.username, "bio": "A bio", "image": "https://img.example/me.png", "following": false,
        "followersCount": 0, "followingCount": 0,
    });
    for (case, client) in [("a stranger", Client::new()), ("somebody", reader.client), ("oneself", user.client)] {
        let answer = client.get(&format!("/api/profiles/{}", user.username)).await;
        let shown = answer.expect(200)["profile"].take();
        shapes::expect_counted_profile(&shown);
        assert_eq!(shown, expected, "{case}");
        assert_eq!(answer.header("content-type"), "application/json", "{case}");
    }
}

#[tokio::test]
async fn a_new_profile_has_neither_bio_nor_image() {
    let user = User::sign_up().await;
    let shown = profile(&user.username).await.expect(200)["profile"].take();
    assert_eq!((&shown["bio"], &shown["image"]), (&Value::Null, &Value::Null));
}

#[tokio::test]
async fn a_profile_is_found_regardless_of_case_and_width() {
    let name = unique("Jake");
    User::sign_up_as(&name, "correct horse battery").await;
    for spelling in [name.to_lowercase(), name.to_uppercase(), name.replace("Jake", "ｊａｋｅ")] {
        assert_eq!(profile(&spelling).await.expect(200)["profile"]["username"], name, "{spelling}");
    }
}

#[tokio::test]
async fn a_name_that_nobody_has_leads_to_no_profile() {
    let not_found = json!({"profile": ["not found"]});
    let nobody = unique("nobody");
    for name in
        [&nobody, "张三李四王五赵六", "100%", "%", "..", "a b", "\0", "😀😀😀😀😀", &"x".repeat(65), &"x".repeat(3_000)]
    {
        let name = if name.len() < 60 { format!("{name}{nobody}") } else { name.to_owned() };
        let answer = profile(&name).await;
        assert_eq!(answer.status, 404, "{name:?}: {}", answer.text);
        answer.expect_problem(404, not_found.clone());
    }
}

#[tokio::test]
async fn a_bad_token_is_refused_where_none_would_have_done() {
    let user = User::sign_up().await;
    let answer = Client::new().with_token("garbage").get(&format!("/api/profiles/{}", user.username)).await;
    answer.expect_problem(401, json!({"token": ["is invalid"]}));
}
