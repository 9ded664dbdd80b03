//! `DELETE /api/user`. What is left a minute later is looked for in `tests/coordination`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, PASSWORD, User, encode};

#[tokio::test]
async fn who_has_gone_is_nobody_and_all_their_sessions_have_ended() {
    let user = User::sign_up().await;
    let other = Client::new().log_in(&user.email, PASSWORD).await.expect(200)["user"].take();
    user.client.delete("/api/user").await.expect_nothing();
    let other_client = Client::new().with_token(other["token"].as_str().unwrap());
    for client in [&user.client, &other_client] {
        client.get("/api/user").await.expect_problem(401, json!({"token": ["is invalid"]}));
        client.delete("/api/user").await.expect_problem(401, json!({"token": ["is invalid"]}));
    }
    for refresh in [&json!(user.refresh_token), &other["refreshToken"]] {
        Client::new().post("/api/sessions/refresh", json!({"refreshToken": refresh})).await.expect(401);
    }
    Client::new().log_in(&user.email, PASSWORD).await.expect_problem(401, json!({"credentials": ["invalid"]}));
    let profile = format!("/api/profiles/{}", encode(&user.username));
    Client::new().get(&profile).await.expect_problem(404, json!({"profile": ["not found"]}));
}

#[tokio::test]
async fn an_account_is_deleted_by_its_owner_only() {
    let user = User::sign_up().await;
    Client::new().delete("/api/user").await.expect_problem(401, json!({"token": ["is missing"]}));
    Client::new().with_token("none").delete("/api/user").await.expect_problem(401, json!({"token": ["is invalid"]}));
    user.client.get("/api/user").await.expect(200);
}

#[tokio::test]
async fn the_name_and_the_address_are_free_again() {
    let user = User::sign_up().await;
    user.client.delete("/api/user").await.expect_nothing();
    let next = json!({"user": {"username": user.username, "email": user.email, "password": "another horse battery"}});
    Client::new().post("/api/users", next).await.expect(201);
    Client::new().log_in(&user.email, PASSWORD).await.expect(401);
    Client::new().log_in(&user.email, "another horse battery").await.expect(200);
}

#[tokio::test]
async fn readers_of_their_articles_are_told_that_they_were_withdrawn() {
    let user = User::sign_up().await;
    let slug = user.publish(&[]).await["slug"].as_str().unwrap().to_owned();
    let path = format!("/api/articles/{slug}");
    Client::new().get(&path).await.expect(200);
    user.client.delete("/api/user").await.expect_nothing();
    Client::new().get(&path).await.expect_problem(410, json!({"article": ["has been withdrawn"]}));
    let reader = User::sign_up().await;
    reader.client.get(&path).await.expect(410);
    let (latest, _) = Client::new().list("limit=100").await;
    assert!(!latest.contains(&slug));
}

#[tokio::test]
async fn what_they_said_to_others_stays_as_nobodys() {
    let (author, user) = (User::sign_up().await, User::sign_up().await);
    let slug = author.publish(&[]).await["slug"].as_str().unwrap().to_owned();
    let path = format!("/api/articles/{slug}/comments");
    let said = user.client.post(&path, json!({"comment": {"body": "Well said"}})).await.expect(201);
    let reply = json!({"comment": {"body": "Thank you", "parentId": said["comment"]["id"]}});
    author.client.post(&path, reply).await.expect(201);
    user.client.delete("/api/user").await.expect_nothing();
    let comments = author.client.get(&path).await.expect(200)["comments"].take();
    let nobody = json!({"username": "[deleted]", "bio": null, "image": null, "following": false});
    assert_eq!((&comments[0]["body"], &comments[0]["author"]), (&json!("Well said"), &nobody));
    assert_eq!(comments[0]["replies"][0]["body"], "Thank you");
    assert_eq!(comments[0]["deleted"], false);
}

#[tokio::test]
async fn nobody_can_take_the_name_of_those_who_have_gone() {
    let user = User::sign_up().await;
    let refused = json!({"username": ["must be somebody's name"]});
    for name in ["[deleted]", "[Deleted]"] {
        user.change(json!({"username": name})).await.expect_problem(422, refused.clone());
    }
}

#[tokio::test]
async fn of_deletions_at_the_same_time_each_is_done_or_comes_too_late() {
    let user = User::sign_up().await;
    let answers = join_all((0..4).map(|_| user.client.delete("/api/user"))).await;
    assert!(answers.iter().any(|answer| answer.status == 204));
    assert!(answers.iter().all(|answer| answer.status == 204 || answer.status == 401), "{answers:?}");
}

#[tokio::test]
async fn a_change_at_the_same_time_is_made_before_or_not_at_all() {
    let user = User::sign_up().await;
    let (deleted, changed) = futures_util::join!(user.client.delete("/api/user"), user.change(json!({"bio": "A bio"})));
    assert_eq!(deleted.status, 204, "{}", deleted.text);
    assert!(changed.status == 200 || changed.status == 401, "{}", changed.text);
    assert_eq!(user.client.get("/api/user").await.json()["code"], Value::from("token-invalid"));
}
