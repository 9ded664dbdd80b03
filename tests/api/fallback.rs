//! `GET /api/openapi.json`, whatever no other function answers, and what all functions have in common.

mod hostile;

use std::{collections::BTreeSet, sync::LazyLock};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, User};

/// The description as it stands in the repository.
static OPENAPI: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(include_str!("../../openapi.json")).unwrap());

/// Every route of the description.
pub(super) fn routes() -> Vec<(Method, String)> {
    let paths = OPENAPI["paths"].as_object().unwrap().iter();
    let methods = |item: &Value| item.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let method = |name: &String| Method::from_bytes(name.to_uppercase().as_bytes()).unwrap();
    paths
        .flat_map(|(path, item)| methods(item).iter().map(|name| (method(name), path.clone())).collect::<Vec<_>>())
        .collect()
}

async fn ask(method: &str, path: &str) -> Answer {
    Client::send(Client::new().request(Method::from_bytes(method.as_bytes()).unwrap(), path)).await
}

/// What stands between commas.
fn words(list: &str) -> BTreeSet<String> {
    list.split(',').map(|word| word.trim().to_ascii_lowercase()).filter(|word| !word.is_empty()).collect()
}

#[tokio::test]
async fn the_description_is_the_repositorys() {
    let answer = Client::new().get("/api/openapi.json").await;
    assert_eq!(answer.expect(200), *OPENAPI);
    assert_eq!(answer.header("content-type"), "application/json");
}

#[tokio::test]
async fn a_path_that_there_is_not_is_not_found() {
    for (method, path) in [
        ("GET", "/"),
        ("GET", "/api"),
        ("GET", "/api/"),
        ("GET", "/api/unknown"),
        ("GET", "/api/articles/a/b"),
        ("GET", "/api/profiles"),
        ("GET", "/API/articles"),
        ("GET", "/favicon.ico"),
        ("POST", "/api/articles/a/favourites/b"),
        ("PUT", "/users"),
        ("DELETE", "/api/nothing"),
        ("PATCH", "/api/nothing"),
    ] {
        let answer = ask(method, path).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
        answer.expect_problem(404, json!({"path": ["not found"]}));
    }
}

#[tokio::test]
async fn a_method_that_a_path_has_not_is_told_which_it_has() {
    for (method, path, allowed) in [
        ("DELETE", "/api/articles", "GET, HEAD, POST, OPTIONS"),
        ("PATCH", "/api/articles/some-slug", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("POST", "/api/articles/some-slug", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("PATCH", "/api/articles/feed", "GET, HEAD, OPTIONS"),
        ("PUT", "/api/articles/feed", "GET, HEAD, OPTIONS"),
        ("DELETE", "/api/articles/feed", "GET, HEAD, OPTIONS"),
        ("POST", "/api/articles/feed", "GET, HEAD, OPTIONS"),
        ("POST", "/api/tags", "GET, HEAD, OPTIONS"),
        ("POST", "/api/user", "GET, HEAD, PUT, DELETE, OPTIONS"),
        ("PUT", "/api/profiles/jake", "GET, HEAD, OPTIONS"),
        ("GET", "/api/users", "POST, OPTIONS"),
        ("HEAD", "/api/users", "POST, OPTIONS"),
        ("PUT", "/api/users/login", "POST, OPTIONS"),
        ("GET", "/api/sessions/logout", "POST, OPTIONS"),
        ("PUT", "/api/sessions/refresh", "POST, OPTIONS"),
        ("DELETE", "/api/sessions/refresh", "POST, OPTIONS"),
        ("DELETE", "/api/sessions/logout", "POST, OPTIONS"),
        ("DELETE", "/api/sessions/logout-others", "POST, OPTIONS"),
        ("DELETE", "/api/sessions/logout-all", "POST, OPTIONS"),
        ("DELETE", "/api/user/identities/wechat", "POST, OPTIONS"),
        ("DELETE", "/api/openapi.json", "GET, HEAD, OPTIONS"),
    ] {
        let answer = ask(method, path).await;
        assert_eq!(answer.status, 405, "{method} {path}: {}", answer.text);
        assert_eq!(words(answer.header("allow")), words(allowed), "{method} {path}");
        if method != "HEAD" {
            answer.expect_problem(405, json!({"method": [format!("must be one of {allowed}")]}));
        }
    }
}

#[tokio::test]
async fn head_answers_like_get_without_a_body() {
    let user = User::sign_up().await;
    let slug = user.publish(&[]).await["slug"].as_str().unwrap().to_owned();
    for path in [
        "/api/articles?limit=1",
        "/api/tags",
        "/api/openapi.json",
        "/api/user",
        &format!("/api/articles/{slug}"),
        &format!("/api/profiles/{}", user.username),
    ] {
        let head = Client::send(user.client.request(Method::HEAD, path)).await;
        assert_eq!((head.status.as_u16(), &*head.text), (200, ""), "{path}");
        let get = user.client.get(path).await;
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
    }
}

#[tokio::test]
async fn a_preflight_allows_what_the_api_knows() {
    for (path, method) in [
        ("/api/articles", "POST"),
        ("/api/articles/some-slug", "DELETE"),
        ("/api/user", "PUT"),
        ("/api/users/login", "POST"),
        ("/api/sessions/refresh", "POST"),
    ] {
        let request = Client::new().request(Method::OPTIONS, path);
        let request = request.header("origin", "https://blog.example").header("access-control-request-method", method);
        let answer = Client::send(request.header("access-control-request-headers", "authorization,content-type")).await;
        assert!(answer.status.is_success(), "{path}: {} {}", answer.status, answer.text);
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let methods = words(answer.header("access-control-allow-methods"));
        for method in ["get", "head", "post", "put", "delete"] {
            assert!(methods.contains(method), "{path}: {method}");
        }
        let headers = words(answer.header("access-control-allow-headers"));
        assert!(headers.is_superset(&words("authorization, content-type")), "{path}: {headers:?}");
        assert!(answer.header("access-control-max-age").parse::<u32>().unwrap() > 0, "{path}");
    }
}

#[tokio::test]
async fn pages_of_any_site_may_read_answers_and_their_headers() {
    for path in ["/api/articles?limit=1", "/api/tags", "/api/user", "/api/articles?limit=0", "/api/nothing"] {
        let answer =
            Client::send(Client::new().request(Method::GET, path).header("origin", "https://blog.example")).await;
        assert_eq!(answer.header("access-control-allow-origin"), "*", "{path}");
        let exposed = words(answer.header("access-control-expose-headers"));
        let ours = words("etag, retry-after, ratelimit, ratelimit-policy, x-request-id, x-access-token");
        assert!(exposed.is_superset(&ours), "{path}: {exposed:?}");
    }
}

#[tokio::test]
async fn every_request_has_an_id_of_its_own_whatever_the_client_says() {
    let mut ids = BTreeSet::new();
    for path in ["/api/tags", "/api/tags", "/api/nothing", "/api/openapi.json"] {
        let request = Client::new().request(Method::GET, path).header("x-request-id", "chosen-by-the-client");
        let answer = Client::send(request).await;
        assert_ne!(answer.header("x-request-id"), "chosen-by-the-client", "{path}");
        assert!(ids.insert(answer.header("x-request-id").to_owned()), "{path}");
    }
}
