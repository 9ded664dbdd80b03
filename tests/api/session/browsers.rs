//! A session belongs to the family of clients that began it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, PASSWORD, User};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0";
const NEWER_FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0";
const CHROME: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";

async fn send(client: &Client, method: Method, path: &str, agent: &str, body: Value) -> Answer {
    let mut request = client.request(method, path);
    if !agent.is_empty() {
        request = request.header("user-agent", agent);
    }
    Client::send(request.json(&body)).await
}

/// Somebody's tokens of a login by this client.
async fn tokens(agent: &str) -> (Client, String) {
    let user = User::sign_up().await;
    let body = json!({"user": {"email": user.email, "password": PASSWORD}});
    let account = send(&Client::new(), Method::POST, "/api/users/login", agent, body).await.expect(200);
    let text = |name: &str| account["user"][name].as_str().unwrap().to_owned();
    (Client::new().with_token(&text("token")), text("refreshToken"))
}

async fn refresh(token: &str, agent: &str) -> Answer {
    send(&Client::new(), Method::POST, "/api/sessions/refresh", agent, json!({"refreshToken": token})).await
}

#[tokio::test]
async fn an_update_of_the_browser_keeps_the_session() {
    let (client, refresh_token) = tokens(FIREFOX).await;
    for agent in [FIREFOX, NEWER_FIREFOX] {
        send(&client, Method::GET, "/api/user", agent, Value::Null).await.expect(200);
    }
    refresh(&refresh_token, NEWER_FIREFOX).await.expect(200);
}

#[tokio::test]
async fn another_browser_gets_nothing_from_a_token_and_ends_nothing() {
    let (client, refresh_token) = tokens(FIREFOX).await;
    for agent in [CHROME, "curl/8.5.0", ""] {
        for path in ["/api/user", "/api/articles", "/api/sessions"] {
            let answer = send(&client, Method::GET, path, agent, Value::Null).await;
            answer.expect_problem(401, json!({"token": ["is invalid"]}));
        }
        refresh(&refresh_token, agent).await.expect_problem(401, json!({"refreshToken": ["is invalid"]}));
        let answer = send(&client, Method::POST, "/api/sessions/logout-all", agent, Value::Null).await;
        answer.expect_problem(401, json!({"token": ["is invalid"]}));
    }
    send(&client, Method::GET, "/api/user", FIREFOX, Value::Null).await.expect(200);
    refresh(&refresh_token, FIREFOX).await.expect(200);
}

#[tokio::test]
async fn a_client_without_a_name_is_a_family_of_its_own() {
    let (client, refresh_token) = tokens("").await;
    client.get("/api/user").await.expect(200);
    let answer = send(&client, Method::GET, "/api/user", "curl/8.5.0", Value::Null).await;
    answer.expect_problem(401, json!({"token": ["is invalid"]}));
    refresh(&refresh_token, "").await.expect(200);
}
