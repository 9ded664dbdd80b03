//! `ETag`, `If-None-Match` and `Cache-Control` of what anyone may read.

use reqwest::{Method, header::IF_NONE_MATCH};
use serde_json::json;

use crate::{
    fallback,
    support::{Answer, Client, User, unique},
};

/// What a stranger is answered who has `etag` already.
async fn ask_again(method: Method, path: &str, etag: &str) -> Answer {
    Client::send(Client::new().request(method, path).header(IF_NONE_MATCH, etag)).await
}

/// Everything that strangers may read of an article and its author.
fn public(article: &str, author: &str, tag: &str) -> Vec<String> {
    vec![
        format!("/api/articles/{article}"),
        format!("/api/articles?author={author}"),
        format!("/api/articles?tag={tag}"),
        format!("/api/articles?author={author}&tag={tag}&limit=1"),
        format!("/api/profiles/{author}"),
    ]
}

#[tokio::test]
async fn strangers_get_an_etag_and_are_told_when_they_have_it_already() {
    let (user, tag) = (User::sign_up().await, unique("tag"));
    let slug = user.publish(&[&tag]).await["slug"].as_str().unwrap().to_owned();
    for path in public(&slug, &user.username, &tag) {
        let first = Client::new().get(&path).await;
        first.expect(200);
        let etag = first.header("etag");
        assert!(etag.starts_with("W/\"") && etag.ends_with('"'), "{path}: {etag}");
        for method in [Method::GET, Method::HEAD] {
            let again = ask_again(method, &path, &format!("\"other\", {etag}")).await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path}");
            assert_eq!((again.header("etag"), again.header("cache-control")), (etag, first.header("cache-control")));
        }
        assert_eq!(ask_again(Method::GET, &path, "\"other\"").await.json(), first.json(), "{path}");
    }
}

#[tokio::test]
async fn what_was_changed_has_another_etag_at_once() {
    let (user, tag) = (User::sign_up().await, unique("tag"));
    let slug = user.publish(&[&tag]).await["slug"].as_str().unwrap().to_owned();
    let paths = public(&slug, &user.username, &tag);
    let mut before = Vec::new();
    for path in &paths {
        before.push(Client::new().get(path).await.header("etag").to_owned());
    }
    user.edit(&slug, json!({"title": "Another"})).await.expect(200);
    user.change(json!({"bio": "Another"})).await.expect(200);
    for (path, etag) in paths.iter().zip(before) {
        let answer = ask_again(Method::GET, path, &etag).await;
        answer.expect(200);
        assert!(answer.text.contains("Another"), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn an_etag_stays_whatever_the_counters_do() {
    let (user, tag) = (User::sign_up().await, unique("tag"));
    let slug = user.publish(&[&tag]).await["slug"].as_str().unwrap().to_owned();
    let paths = public(&slug, &user.username, &tag);
    let mut before = Vec::new();
    for path in &paths {
        before.push(Client::new().get(path).await.header("etag").to_owned());
    }
    let fan = User::sign_up().await;
    fan.client.post(&format!("/api/articles/{slug}/favorite"), json!({})).await.expect(200);
    fan.client.post(&format!("/api/articles/{slug}/collect"), json!({})).await.expect(200);
    fan.client.post(&format!("/api/articles/{slug}/comments"), json!({"comment": {"body": "!"}})).await.expect(201);
    fan.client.post(&format!("/api/profiles/{}/follow", user.username), json!({})).await.expect(200);
    for (path, etag) in paths.iter().zip(before) {
        let counted = Client::new().get(path).await;
        assert_eq!(counted.header("etag"), etag, "{path}");
        assert!(counted.text.contains("Count\":1"), "{path}: {}", counted.text);
        assert_eq!(ask_again(Method::GET, path, &etag).await.status, 304, "{path}");
    }
}

#[tokio::test]
async fn shared_caches_keep_what_anyone_may_read_for_two_seconds_at_the_most() {
    let user = User::sign_up().await;
    let slug = user.publish(&[]).await["slug"].as_str().unwrap().to_owned();
    let mut paths = public(&slug, &user.username, "none");
    paths.extend(["/api/articles", "/api/tags", "/api/openapi.json"].map(str::to_owned));
    for path in paths {
        let answer = Client::new().get(&path).await;
        assert_eq!(answer.header("cache-control"), "public, max-age=0, s-maxage=2", "{path}");
        let varies = answer.headers.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("authorization"));
        assert!(varies, "{path}");
    }
}

#[tokio::test]
async fn what_somebody_in_particular_is_answered_is_kept_by_no_cache() {
    let user = User::sign_up().await;
    let slug = user.publish(&[]).await["slug"].as_str().unwrap().to_owned();
    let mut paths = public(&slug, &user.username, "none");
    paths.push("/api/articles".to_owned());
    for path in paths {
        let answer = Client::send(user.client.request(Method::GET, &path).header(IF_NONE_MATCH, "*")).await;
        assert_eq!((answer.status.as_u16(), answer.header("etag")), (200, ""), "{path}");
        assert_eq!(answer.header("cache-control"), "private, no-store", "{path}");
    }
    let account = user.client.get("/api/user").await;
    assert_eq!(account.header("cache-control"), "private, no-store");
}

#[tokio::test]
async fn every_reading_is_public_with_an_etag_to_strangers_or_nothing_to_them_at_all() {
    let user = User::sign_up().await;
    let slug = user.publish(&[]).await["slug"].as_str().unwrap().to_owned();
    let said = json!({"comment": {"body": "!"}});
    let said = user.client.post(&format!("/api/articles/{slug}/comments"), said).await.expect(201);
    let (id, name) = (said["comment"]["id"].to_string(), &user.username);
    for (_, path) in fallback::routes().into_iter().filter(|(method, _)| method == Method::GET) {
        let path = path.replace("{slug}", &slug).replace("{id}", &id).replace("{username}", name);
        let mine = user.client.get(&path).await;
        assert_eq!((mine.header("cache-control"), mine.header("etag")), ("private, no-store", ""), "{path}");
        let anyones = Client::new().get(&path).await;
        // What begins or ends a login is for whoever logs in.
        if anyones.status == 401 || path.starts_with("/api/login/") {
            assert_eq!(anyones.header("cache-control"), "private, no-store", "{path}");
            continue;
        }
        anyones.expect(200);
        assert_eq!(anyones.header("cache-control"), "public, max-age=0, s-maxage=2", "{path}");
        assert!(anyones.header("etag").starts_with("W/\""), "{path}");
        // Other tests publish meanwhile, and move the lists of everyone.
        let everyones = ["/api/articles", "/api/articles/hot", "/api/tags"].contains(&path.as_str());
        if !everyones && !path.starts_with("/api/search") {
            assert_eq!(ask_again(Method::GET, &path, anyones.header("etag")).await.status, 304, "{path}");
        }
    }
}

#[tokio::test]
async fn errors_are_kept_by_no_cache() {
    for path in ["/api/articles/nowhere", "/api/profiles/nobody-at-all", "/api/articles?limit=0"] {
        let answer = ask_again(Method::GET, path, "*").await;
        answer.expect_whole_problem(path);
        assert_eq!((answer.header("cache-control"), answer.header("etag")), ("private, no-store", ""), "{path}");
    }
}
