//! `/api/sessions`: refreshing, listing, logging out of one session, of others, of all; and `PUT /api/users/{username}/role`.

mod browsers;
mod list;
mod replays;
mod roles;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, User, new_article, shapes};

async fn refresh(token: &str) -> Answer {
    Client::new().post("/api/sessions/refresh", json!({"refreshToken": token})).await
}

async fn log_out(client: &Client) -> Answer {
    Client::send(client.request(Method::POST, "/api/sessions/logout")).await
}

/// The same user, logged in once more.
pub(crate) async fn again(user: &User) -> User {
    let account = Client::new().log_in(&user.email, PASSWORD).await.expect(200)["user"].take();
    let text = |name: &str| account[name].as_str().unwrap().to_owned();
    let (token, refresh_token) = (text("token"), text("refreshToken"));
    User { client: Client::new().with_token(&token), token, refresh_token, ..user.clone() }
}

#[tokio::test]
async fn a_refresh_answers_the_account_and_tokens_that_are_good() {
    let user = User::sign_up().await;
    let answer = refresh(&user.refresh_token).await;
    let account = answer.expect(200)["user"].take();
    assert_eq!(answer.header("content-type"), "application/json");
    shapes::expect_login(&account);
    assert_eq!((&account["username"], &account["email"]), (&json!(user.username), &json!(user.email)));
    let client = Client::new().with_token(account["token"].as_str().unwrap());
    client.get("/api/user").await.expect(200);
    refresh(account["refreshToken"].as_str().unwrap()).await.expect(200);
}

#[tokio::test]
async fn a_refresh_answers_the_account_as_it_is_now() {
    let user = User::sign_up().await;
    user.change(json!({"bio": "New since then"})).await.expect(200);
    assert_eq!(refresh(&user.refresh_token).await.expect(200)["user"]["bio"], "New since then");
}

#[tokio::test]
async fn an_access_token_refreshes_nothing() {
    let user = User::sign_up().await;
    refresh(&user.token).await.expect_problem(401, json!({"refreshToken": ["is invalid"]}));
}

#[tokio::test]
async fn a_refresh_token_opens_nothing() {
    let user = User::sign_up().await;
    let client = Client::new().with_token(&user.refresh_token);
    client.get("/api/user").await.expect_problem(401, json!({"token": ["is invalid"]}));
    log_out(&client).await.expect_problem(401, json!({"token": ["is invalid"]}));
}

#[tokio::test]
async fn a_refresh_token_that_nobody_was_given_is_refused() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let token = &user.refresh_token;
    // The secrets of another session: user and session come first, in 43 characters and a bit.
    let mixed = format!("{}{}", &token[..44], &other.refresh_token[44..]);
    let changed = format!("{}{}", if token.starts_with('A') { "B" } else { "A" }, &token[1..]);
    for (case, token) in [
        ("garbage", "garbage"),
        ("a space", " "),
        ("another script", "令牌"),
        ("too much", &token.repeat(1_000)),
        ("zeros", &"A".repeat(107)),
        ("another session's secret", &mixed),
        ("another user's name", &changed),
        ("one character less", &token[1..]),
        ("one character more", &format!("{token}A")),
        ("white space around", &format!(" {token} ")),
    ] {
        let answer = refresh(token).await;
        assert_eq!(answer.status, 401, "{case}: {}", answer.text);
        answer.expect_problem(401, json!({"refreshToken": ["is invalid"]}));
    }
    refresh(token).await.expect(200);
}

#[tokio::test]
async fn a_refresh_without_a_token_says_what_is_missing() {
    for (case, body, message) in [
        ("absent", json!({}), "can't be blank"),
        ("null", json!({"refreshToken": null}), "can't be blank"),
        ("empty", json!({"refreshToken": ""}), "can't be blank"),
        ("a number", json!({"refreshToken": 5}), "must be a string"),
        ("a list", json!({"refreshToken": ["x"]}), "must be a string"),
    ] {
        let answer = Client::new().post("/api/sessions/refresh", body).await;
        assert_eq!(answer.status, 422, "{case}: {}", answer.text);
        answer.expect_problem(422, json!({"refreshToken": [message]}));
    }
}

#[tokio::test]
async fn after_a_logout_the_access_token_opens_nothing() {
    let user = User::sign_up().await;
    let slug = user.publish(&[]).await["slug"].as_str().unwrap().to_owned();
    log_out(&user.client).await.expect_nothing();
    let article = json!({"article": new_article(json!({}))});
    for (case, answer) in [
        ("the account", user.client.get("/api/user").await),
        ("a change of it", user.change(json!({"bio": "x"})).await),
        ("an article", user.client.post("/api/articles", article).await),
        ("an edit", user.edit(&slug, json!({"title": "x"})).await),
        ("a deletion", user.delete(&slug).await),
        ("the lists that strangers read too", user.client.get("/api/articles").await),
        ("the article", user.client.get(&format!("/api/articles/{slug}")).await),
        ("a profile", user.client.get(&format!("/api/profiles/{}", user.username)).await),
    ] {
        assert_eq!(answer.status, 401, "{case}: {}", answer.text);
        answer.expect_problem(401, json!({"token": ["is invalid"]}));
    }
    Client::new().get(&format!("/api/articles/{slug}")).await.expect(200);
}

#[tokio::test]
async fn after_a_logout_the_refresh_token_is_refused() {
    let user = User::sign_up().await;
    log_out(&user.client).await.expect_nothing();
    refresh(&user.refresh_token).await.expect_problem(401, json!({"refreshToken": ["is invalid"]}));
}

#[tokio::test]
async fn a_logout_ends_every_access_token_of_its_session() {
    let user = User::sign_up().await;
    let account = refresh(&user.refresh_token).await.expect(200);
    let refreshed = Client::new().with_token(account["user"]["token"].as_str().unwrap());
    log_out(&user.client).await.expect_nothing();
    refreshed.get("/api/user").await.expect_problem(401, json!({"token": ["is invalid"]}));
}

#[tokio::test]
async fn logging_out_again_changes_nothing() {
    let user = User::sign_up().await;
    for _ in 0..3 {
        log_out(&user.client).await.expect_nothing();
    }
    user.client.get("/api/user").await.expect(401);
}

#[tokio::test]
async fn a_logout_leaves_other_sessions_of_the_same_user_alone() {
    let user = User::sign_up().await;
    let elsewhere = again(&user).await;
    log_out(&user.client).await.expect_nothing();
    elsewhere.client.get("/api/user").await.expect(200);
    refresh(&elsewhere.refresh_token).await.expect(200);
    again(&user).await.client.get("/api/user").await.expect(200);
}

#[tokio::test]
async fn a_logout_without_a_token_is_refused() {
    log_out(&Client::new()).await.expect_problem(401, json!({"token": ["is missing"]}));
    log_out(&Client::new().with_token("x.y.z")).await.expect_problem(401, json!({"token": ["is invalid"]}));
}

#[tokio::test]
async fn a_token_that_nobody_issued_is_refused() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let parts = |token: &str| token.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (mine, theirs) = (parts(&user.token), parts(&other.token));
    assert_eq!(mine.len(), 3);
    // {"alg":"none"} and {"typ":"JWT","alg":"HS256"}
    let (none, symmetric) = ("eyJhbGciOiJub25lIn0", "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9");
    let flipped = if mine[2].starts_with('A') { "B" } else { "A" };
    for (case, token) in [
        ("without a signature", format!("{}.{}.", mine[0], mine[1])),
        ("of two parts", format!("{}.{}", mine[0], mine[1])),
        ("of four parts", format!("{}.x", user.token)),
        ("of no algorithm", format!("{none}.{}.", mine[1])),
        ("of no algorithm but with a signature", format!("{none}.{}.{}", mine[1], mine[2])),
        ("of another algorithm", format!("{symmetric}.{}.{}", mine[1], mine[2])),
        ("with another's claims", format!("{}.{}.{}", mine[0], theirs[1], mine[2])),
        ("with another's signature", format!("{}.{}.{}", mine[0], mine[1], theirs[2])),
        ("with a changed signature", format!("{}.{}.{flipped}{}", mine[0], mine[1], &mine[2][1..])),
        ("in upper case", user.token.to_uppercase()),
        ("of 7,000 characters", "a".repeat(7_000)),
    ] {
        let answer = Client::new().with_token(&token).get("/api/user").await;
        assert_eq!(answer.status, 401, "{case}: {}", answer.text);
        answer.expect_problem(401, json!({"token": ["is invalid"]}));
    }
    assert_eq!(user.client.get("/api/user").await.expect(200)["user"]["token"], Value::from(user.token));
}
