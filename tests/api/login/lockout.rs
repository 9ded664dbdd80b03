//! Guessing passwords. After five wrong ones an account is locked for 30 s, and nobody learns that it is.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::log_in;
use crate::support::{Answer, Client, PASSWORD, User, unique, unique_email};

const WRONG: &str = "another horse battery";

/// As many wrong passwords, one after the other.
async fn guess(name: &Value, times: usize) {
    for _ in 0..times {
        refused(&log_in(with_password(name, WRONG)).await);
    }
}

fn with_password(name: &Value, password: &str) -> Value {
    let mut user = name.clone();
    user["password"] = json!(password);
    user
}

#[track_caller]
fn refused(answer: &Answer) {
    answer.expect_problem(401, json!({"credentials": ["invalid"]}));
}

#[tokio::test]
async fn after_five_wrong_passwords_the_right_one_is_wrong_too() {
    let user = User::sign_up().await;
    guess(&json!({"email": user.email}), 5).await;
    refused(&Client::new().log_in(&user.email, PASSWORD).await);
    // Whoever is logged in stays so.
    user.client.get("/api/user").await.expect(200);
}

#[tokio::test]
async fn four_wrong_passwords_are_forgotten_with_the_right_one() {
    let user = User::sign_up().await;
    for _ in 0..2 {
        guess(&json!({"email": user.email}), 4).await;
        Client::new().log_in(&user.email, PASSWORD).await.expect(200);
    }
}

#[tokio::test]
async fn no_other_spelling_or_name_of_the_account_gets_further_tries() {
    let user = User::sign_up().await;
    let wide = user.email.replace("mail", "ｍａｉｌ");
    for name in [
        json!({"email": user.email}),
        json!({"email": user.email.to_uppercase()}),
        json!({"email": wide}),
        json!({"email": format!("  {} ", user.email)}),
        json!({"username": user.username}),
    ] {
        guess(&name, 1).await;
    }
    for name in [json!({"username": user.username.to_uppercase()}), json!({"email": user.email})] {
        refused(&log_in(with_password(&name, PASSWORD)).await);
    }
}

#[tokio::test]
async fn of_guesses_at_the_same_time_no_more_are_looked_at_than_of_as_many_one_after_the_other() {
    let user = User::sign_up().await;
    let wrong = join_all((0..10).map(|n| {
        let names = [json!({"email": user.email}), json!({"username": user.username})];
        log_in(with_password(&names[n % 2], &format!("{WRONG} {n}")))
    }));
    // On a busy machine a try may not be counted in time: then it is not looked at.
    for answer in wrong.await {
        assert!(answer.status == 401 || answer.status == 503, "{}", answer.text);
    }
    guess(&json!({"email": user.email}), 5).await;
    // More than five wrong ones would have been none.
    refused(&Client::new().log_in(&user.email, PASSWORD).await);
}

#[tokio::test]
async fn nobody_learns_that_an_account_is_locked_or_that_there_is_none() {
    let (locked, open) = (User::sign_up().await, User::sign_up().await);
    let (nobody, never) = (json!({"email": unique_email()}), json!({"username": unique("nobody")}));
    guess(&json!({"email": locked.email}), 5).await;
    guess(&nobody, 5).await;
    let mut shapes = BTreeSet::new();
    for (name, password) in [
        (json!({"email": locked.email}), PASSWORD),
        (json!({"email": locked.email}), WRONG),
        (json!({"email": open.email}), WRONG),
        (nobody, PASSWORD),
        (never, PASSWORD),
    ] {
        let answer = log_in(with_password(&name, password)).await;
        refused(&answer);
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("requestId");
        let headers: Vec<_> = answer.headers.keys().map(ToString::to_string).collect();
        shapes.insert((body.to_string(), headers));
    }
    assert_eq!(shapes.len(), 1, "{shapes:?}");
}

#[tokio::test]
async fn one_account_that_is_locked_locks_no_other() {
    let (locked, other) = (User::sign_up().await, User::sign_up().await);
    guess(&json!({"email": locked.email}), 6).await;
    Client::new().log_in(&other.email, PASSWORD).await.expect(200);
}
