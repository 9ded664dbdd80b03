//! The cache is killed and comes back empty while people read, write and log in: they do not notice, and nothing is lost.

use bloghub::platform::{Options, Platform};
use futures_util::future::join_all;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use test_servers::RedisNode;
use tokio::sync::Semaphore;

use crate::PASSWORD;

/// What each of the people does before the next phase begins.
const ROUNDS: usize = 9;

/// Somebody who is logged in.
struct Person<'a> {
    http: &'a Client,
    url: &'a str,
    name: String,
    token: String,
}

impl Person<'_> {
    async fn ask(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let request = self.http.request(method, format!("{}{path}", self.url));
        let answer = request.header("authorization", format!("Token {}", self.token)).json(&body).send().await.unwrap();
        let status = answer.status();
        (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    async fn sign_up<'a>(http: &'a Client, url: &'a str, name: &str) -> Person<'a> {
        let mut person = Person { http, url, name: name.to_owned(), token: String::new() };
        let user = json!({"username": name, "email": format!("{name}@mail.example"), "password": PASSWORD});
        let (status, body) = person.ask(Method::POST, "/api/users", json!({"user": user})).await;
        assert_eq!(status, 201, "{body}");
        person.token = body["user"]["token"].as_str().unwrap().to_owned();
        person
    }

    /// Publishes, edits, reads and logs in, and reads back each write as soon as it is answered.
    async fn live(&self, phase: &str, done: &Semaphore) {
        for round in 0..ROUNDS {
            let title = format!("{} {phase} {round}", self.name);
            let article = json!({"title": title, "description": "d", "body": "first"});
            let (status, body) = self.ask(Method::POST, "/api/articles", json!({"article": article})).await;
            assert_eq!(status, 201, "publish, {phase}: {body}");
            let path = format!("/api/articles/{}", body["article"]["slug"].as_str().unwrap());
            let (status, body) = self.ask(Method::GET, &path, Value::Null).await;
            assert_eq!((status.as_u16(), &body["article"]["body"]), (200, &json!("first")), "read, {phase}");
            let (status, body) = self.ask(Method::PUT, &path, json!({"article": {"body": "second"}})).await;
            assert_eq!(status, 200, "edit, {phase}: {body}");
            let (status, body) = self.ask(Method::GET, &path, Value::Null).await;
            assert_eq!((status.as_u16(), &body["article"]["body"]), (200, &json!("second")), "read again, {phase}");
            let (status, body) = self.ask(Method::GET, "/api/user", Value::Null).await;
            assert_eq!((status.as_u16(), &body["user"]["username"]), (200, &json!(self.name)), "account, {phase}");
            done.add_permits(1);
        }
        let login = json!({"user": {"email": format!("{}@mail.example", self.name), "password": PASSWORD}});
        let (status, body) = self.ask(Method::POST, "/api/users/login", login).await;
        assert_eq!(status, 200, "log in, {phase}: {body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cache_is_killed_in_mid_load_and_comes_back_empty() {
    let mut redis = RedisNode::start();
    let data = tempfile::tempdir().unwrap();
    let options = Options::new(0, data.path().join("data")).with("REDIS_URL", &redis.url()).with("RATE_LIMITS", "off");
    let platform = Platform::start(&options, |_| {}).await.unwrap();
    let (http, url) = (Client::new(), platform.url());
    let people: Vec<_> = join_all(["ann", "bob", "cem", "dia"].map(|name| Person::sign_up(&http, &url, name))).await;
    let leaver = Person::sign_up(&http, &url, "leaver").await;

    // A permit for each round that anybody has finished.
    let done = Semaphore::new(0);
    let everyone = |phase| join_all(people.iter().map(|person| person.live(phase, &done)));
    everyone("before").await;

    done.forget_permits(usize::MAX);

    // Killed after a third of the rounds, while the others are under way.
    let a_third = u32::try_from(people.len() * ROUNDS / 3).unwrap();
    let kill = async {
        done.acquire_many(a_third).await.unwrap().forget();
        redis.kill();
    };
    tokio::join!(everyone("killed"), kill);
    everyone("away").await;

    // What guards accounts is refused rather than left undone: a logout that other instances would not learn of.
    let (status, body) = leaver.ask(Method::POST, "/api/sessions/logout", Value::Null).await;
    assert_eq!((status.as_u16(), &body["code"]), (503, &json!("unavailable")));
    let (status, _) = leaver.ask(Method::GET, "/api/user", Value::Null).await;
    assert_eq!(status, 401, "the table knows that the session has ended");

    redis.restart();
    everyone("back").await;
    let (status, _) = leaver.ask(Method::GET, "/api/user", Value::Null).await;
    assert_eq!(status, 401);
    for person in &people {
        let path = format!("/api/articles?author={}&limit=100", person.name);
        let (_, list) = person.ask(Method::GET, &path, Value::Null).await;
        assert_eq!(list["articlesCount"], 4 * ROUNDS, "{}", person.name);
    }
    platform.stop().await.unwrap();
}
