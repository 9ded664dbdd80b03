//! `functions/identity`: showing and removing one's identities, and turning one-time codes into logins.

mod landing;

use futures_util::future::join_all;
use reqwest::StatusCode;
use serde_json::{Value, json};
use test_servers::oidc::Says;

use crate::support::{
    Client, User, encode,
    outbox::{code, unique_phone},
    vendors::{Browser, VENDORS, expect_code, subject, token, username},
};

/// The path of an identity.
fn path(identity: &Value) -> String {
    format!("/api/user/identities/{}", identity["id"].as_str().unwrap())
}

/// Somebody who logs in by identities only: the first by `subject`. Answers their client and the token.
async fn newcomer(subject: &str) -> (Client, String) {
    let token = token(&Browser::new().acme(Says::subject(subject)).await);
    (Client::new().with_token(&token), token)
}

async fn identities(client: &Client) -> Vec<Value> {
    client.get("/api/user/identities").await.expect(200)["identities"].as_array().unwrap().clone()
}

/// Adds the identity that `plain` knows as `subject`.
async fn add_at_plain(token: &str, subject: &str) -> Value {
    let browser = Browser::new();
    let url = browser.begin_link(token, "oidc/plain").await;
    browser.get(&VENDORS.plain.consent(&url, Says::subject(subject))).await.expect(200)["identity"].take()
}

#[tokio::test]
async fn ones_identities_are_listed_and_nobody_elses() {
    let user = User::sign_up().await;
    assert!(user.identities().await.is_empty());
    user.link_acme(&subject()).await.expect(200);
    let second = add_at_plain(&user.token, &subject()).await;
    let listed = user.identities().await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[1], second);
    assert_eq!((&listed[0]["provider"], &listed[1]["provider"]), (&json!("oidc/acme"), &json!("oidc/plain")));
    assert!(listed[0]["linkedAt"].as_str().unwrap() <= listed[1]["linkedAt"].as_str().unwrap());
    assert!(User::sign_up().await.identities().await.is_empty());
}

#[tokio::test]
async fn who_is_not_logged_in_neither_sees_nor_removes_identities() {
    let missing = json!({"token": ["is missing"]});
    Client::new().get("/api/user/identities").await.expect_problem(401, missing.clone());
    Client::new().delete(&format!("/api/user/identities/{}", "A".repeat(43))).await.expect_problem(401, missing);
}

#[tokio::test]
async fn a_removed_identity_leads_to_the_account_no_more() {
    let (user, me) = (User::sign_up().await, subject());
    let linked = user.link_acme(&me).await.expect(200)["identity"].take();
    // A password is another way to log in.
    user.client.delete(&path(&linked)).await.expect_nothing();
    assert!(user.identities().await.is_empty());
    user.client.delete(&path(&linked)).await.expect_problem(404, json!({"identity": ["not found"]}));
    // It is nobody's now, and whoever comes with it is new.
    assert_ne!(username(&Browser::new().acme(Says::subject(&me)).await), user.username);
}

#[tokio::test]
async fn a_removed_identity_may_be_added_to_another_account() {
    let (one, other, me) = (User::sign_up().await, User::sign_up().await, subject());
    let linked = one.link_acme(&me).await.expect(200)["identity"].take();
    one.client.delete(&path(&linked)).await.expect_nothing();
    other.link_acme(&me).await.expect(200);
    assert_eq!(username(&Browser::new().acme(Says::subject(&me)).await), other.username);
}

#[tokio::test]
async fn somebody_elses_identity_and_what_is_none_are_not_found() {
    let (owner, other) = (User::sign_up().await, User::sign_up().await);
    let linked = owner.link_acme(&subject()).await.expect(200)["identity"].take();
    other.link_acme(&subject()).await.expect(200);
    other.client.delete(&path(&linked)).await.expect_problem(404, json!({"identity": ["not found"]}));
    assert_eq!(owner.identities().await, [linked]);
    for id in ["x", &"A".repeat(43), &"A".repeat(1_000), &encode("IDENTITY#x")] {
        let answer = other.client.delete(&format!("/api/user/identities/{id}")).await;
        answer.expect_problem(404, json!({"identity": ["not found"]}));
    }
    assert_eq!(other.identities().await.len(), 1);
}

#[tokio::test]
async fn the_last_way_to_log_in_stays() {
    let me = subject();
    let (client, token) = newcomer(&me).await;
    let first = identities(&client).await.remove(0);
    expect_code(&client.delete(&path(&first)).await, 409, "last-way-in", "the only one");
    let second = add_at_plain(&token, &subject()).await;
    client.delete(&path(&first)).await.expect_nothing();
    expect_code(&client.delete(&path(&second)).await, 409, "last-way-in", "the only one left");
    assert_eq!(identities(&client).await, [second]);
}

#[tokio::test]
async fn a_phone_is_another_way_to_log_in() {
    let (client, _) = newcomer(&subject()).await;
    let only = identities(&client).await.remove(0);
    let phone = unique_phone();
    client.post("/api/user/phone/code", json!({"phone": phone})).await.expect(202);
    let Some(code) = code(&phone).await else { return };
    client.put("/api/user/phone", json!({"phone": phone, "code": code})).await.expect(200);
    client.delete(&path(&only)).await.expect_nothing();
    assert!(identities(&client).await.is_empty());
}

#[tokio::test]
async fn an_identity_of_somebody_who_has_gone_is_nobodys() {
    let (me, other) = (subject(), User::sign_up().await);
    let gone = Browser::new().acme(Says::subject(&me)).await;
    let client = Client::new().with_token(&token(&gone));
    client.delete("/api/user").await.expect_nothing();
    // Nobody waits for what is left to be swept: to come back is to be somebody new.
    let back = Browser::new().acme(Says::subject(&me)).await;
    assert_ne!(username(&back), username(&gone));
    assert_eq!(username(&Browser::new().acme(Says::subject(&me)).await), username(&back));
    expect_code(&other.link_acme(&me).await, 409, "taken", "somebody has it again");

    let client = Client::new().with_token(&token(&back));
    client.delete("/api/user").await.expect_nothing();
    other.link_acme(&me).await.expect(200);
    assert_eq!(username(&Browser::new().acme(Says::subject(&me)).await), other.username);
}

#[tokio::test]
async fn a_link_that_somebody_who_has_gone_had_begun_adds_nothing() {
    let (user, me) = (User::sign_up().await, subject());
    let browser = Browser::new();
    let url = browser.begin_link(&user.token, "oidc/acme").await;
    user.client.delete("/api/user").await.expect_nothing();
    let back = browser.get(&VENDORS.acme.consent(&url, Says::subject(&me))).await;
    expect_code(&back, 401, "token-invalid", "the account is gone");
    username(&Browser::new().acme(Says::subject(&me)).await);
}

#[tokio::test]
async fn of_two_last_identities_removed_at_the_same_time_one_stays() {
    for _ in 0..5 {
        let (client, token) = newcomer(&subject()).await;
        add_at_plain(&token, &subject()).await;
        let both = identities(&client).await;
        let answers = join_all(both.iter().map(|identity| {
            let (client, path) = (client.clone(), path(identity));
            async move { client.delete(&path).await }
        }))
        .await;
        let removed = answers.iter().filter(|answer| answer.status == StatusCode::NO_CONTENT).count();
        assert_eq!(removed, 1, "{answers:?}");
        let refused = answers.iter().find(|answer| answer.status != StatusCode::NO_CONTENT).unwrap();
        expect_code(refused, 409, "last-way-in", "the other");
        assert_eq!(identities(&client).await.len(), 1);
    }
}

#[tokio::test]
async fn a_code_that_nobody_gave_out_is_no_login() {
    for code in ["x", &"A".repeat(43), &"x".repeat(10_000)] {
        let answer = Client::new().post("/api/login/exchange", json!({"code": code})).await;
        answer.expect_problem(401, json!({"code": ["is invalid"]}));
        assert_eq!(answer.json()["code"], "login-code-invalid");
    }
    for (body, message) in [
        (json!({}), "can't be blank"),
        (json!({"code": null}), "can't be blank"),
        (json!({"code": ""}), "can't be blank"),
        (json!({"code": 7}), "must be a string"),
    ] {
        let answer = Client::new().post("/api/login/exchange", body).await;
        answer.expect_problem(422, json!({"code": [message]}));
    }
}
