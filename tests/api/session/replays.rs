//! Refresh tokens are good once, but for an answer that was lost.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::refresh;
use crate::support::{Client, User, crowd};

/// The access token and the refresh token of a refresh.
async fn renewed(token: &str) -> (String, String) {
    let account = refresh(token).await.expect(200)["user"].take();
    let text = |name: &str| account[name].as_str().unwrap().to_owned();
    (text("token"), text("refreshToken"))
}

fn invalid() -> Value {
    json!({"refreshToken": ["is invalid"]})
}

#[tokio::test]
async fn each_refresh_takes_the_place_of_the_token() {
    let user = User::sign_up().await;
    let (_, second) = renewed(&user.refresh_token).await;
    let (_, third) = renewed(&second).await;
    assert!(user.refresh_token != second && second != third && third != user.refresh_token);
}

#[tokio::test]
async fn a_lost_answer_is_fetched_again_with_the_same_token() {
    let user = User::sign_up().await;
    let (first_access, successor) = renewed(&user.refresh_token).await;
    let (second_access, again) = renewed(&user.refresh_token).await;
    assert_eq!(again, successor);
    for token in [first_access, second_access] {
        Client::new().with_token(&token).get("/api/user").await.expect(200);
    }
    renewed(&successor).await;
}

#[tokio::test]
async fn a_token_older_than_the_last_ends_the_session_for_good() {
    let user = User::sign_up().await;
    let (_, second) = renewed(&user.refresh_token).await;
    let (access, third) = renewed(&second).await;
    refresh(&user.refresh_token).await.expect_problem(401, invalid());
    for token in [&third, &second, &user.refresh_token] {
        refresh(token).await.expect_problem(401, invalid());
    }
    for token in [&access, &user.token] {
        let answer = Client::new().with_token(token).get("/api/user").await;
        answer.expect_problem(401, json!({"token": ["is invalid"]}));
    }
}

#[tokio::test]
async fn a_reuse_leaves_other_sessions_of_the_user_alone() {
    let user = User::sign_up().await;
    let elsewhere = super::again(&user).await;
    let (_, second) = renewed(&user.refresh_token).await;
    renewed(&second).await;
    refresh(&user.refresh_token).await.expect_problem(401, invalid());
    elsewhere.client.get("/api/user").await.expect(200);
    renewed(&elsewhere.refresh_token).await;
}

#[tokio::test]
async fn of_many_refreshes_at_once_all_get_the_same_token_and_the_session_lives() {
    let (_, _alone) = crowd().await;
    let user = User::sign_up().await;
    let all = join_all((0..20).map(|_| renewed(&user.refresh_token))).await;
    let successor = &all[0].1;
    for (access, token) in &all {
        assert_eq!(token, successor);
        Client::new().with_token(access).get("/api/user").await.expect(200);
    }
    renewed(successor).await;
}

#[tokio::test]
async fn a_guess_of_somebody_who_never_had_a_token_ends_nothing() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let (_, second) = renewed(&user.refresh_token).await;
    // The names of user and session are in access tokens too; what follows them is somebody else's.
    let guess = format!("{}{}", &second[..44], &other.refresh_token[44..]);
    refresh(&guess).await.expect_problem(401, invalid());
    renewed(&second).await;
}
