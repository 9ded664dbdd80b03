//! `PUT /api/users/{username}/role`, as far as it can be tried without an admin.

use serde_json::json;

use crate::support::{Client, User};

#[tokio::test]
async fn whoever_signs_up_is_an_author() {
    let user = User::sign_up().await;
    assert_eq!(user.client.get("/api/user").await.expect(200)["user"]["role"], "author");
}

#[tokio::test]
async fn nobody_gives_themselves_a_role() {
    let user = User::sign_up().await;
    let path = format!("/api/users/{}/role", user.username);
    for role in ["admin", "moderator", "reader", "king"] {
        let answer = user.client.put(&path, json!({ "role": role })).await;
        answer.expect_problem(403, json!({"role": ["must be at least admin"]}));
        Client::new().put(&path, json!({ "role": role })).await.expect_problem(401, json!({"token": ["is missing"]}));
    }
    // Nor by way of the account.
    user.change(json!({"role": "admin"})).await.expect(200);
    assert_eq!(user.client.get("/api/user").await.expect(200)["user"]["role"], "author");
}
