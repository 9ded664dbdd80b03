//! One platform for all tests, and clients that speak to it.

use std::{
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

use bloghub::platform::{Options, Platform};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// A password that anyone may choose.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// Where the platform is: the deployment's address, or that of a program started on a thread of its own, whose runtime
/// outlives every test's.
static BASE: LazyLock<String> = LazyLock::new(|| match shared::config::variable("BLOGHUB_API") {
    Some(url) => url.trim_end_matches('/').to_owned(),
    None => start_program(),
});

fn start_program() -> String {
    let (ready, url) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let data = tempfile::tempdir().unwrap();
            let options = Options { port: 0, data: data.path().join("data") };
            let platform = Platform::start(&options, |_| {}).await.unwrap();
            ready.send(platform.url()).unwrap();
            // The platform lives as long as the process; the kernel ends its Redis with it.
            std::future::pending::<()>().await;
        });
    });
    url.recv().expect("the platform starts")
}

/// A name that no other test has, in this run or an earlier one on the same deployment.
pub(crate) fn unique(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static RUN: LazyLock<u128> = LazyLock::new(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis());
    format!("{prefix}-{:x}-{}", *RUN, NEXT.fetch_add(1, Ordering::Relaxed))
}

/// What the platform answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON; `null` if it is empty.
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// Expects an error: its status, that it is a whole problem, and `errors` itself.
    #[track_caller]
    pub(crate) fn expect_problem(&self, status: u16, errors: Value) {
        let body = self.expect(status);
        assert_eq!(body["errors"], errors);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(body["status"], status);
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("urn:bloghub:problem:{code}"));
        assert!(!body["title"].as_str().unwrap().is_empty() && !body["detail"].as_str().unwrap().is_empty());
        assert_eq!(body["requestId"], self.header("x-request-id"));
    }

    /// A header's value, or "" if it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// Someone who speaks to the platform, logged in or not.
#[derive(Debug, Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    token: Option<String>,
}

impl Client {
    /// A stranger.
    pub(crate) fn new() -> Self {
        Self { http: reqwest::Client::new(), token: None }
    }

    /// The same client with this access token.
    pub(crate) fn with_token(&self, token: &str) -> Self {
        Self { http: self.http.clone(), token: Some(token.to_owned()) }
    }

    /// A request to be completed by hand.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", *BASE));
        match &self.token {
            Some(token) => request.header("authorization", format!("Token {token}")),
            None => request,
        }
    }

    /// Sends a request that was completed by hand.
    pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Self::send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Self::send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Answer {
        Self::send(self.request(Method::PUT, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Self::send(self.request(Method::DELETE, path)).await
    }
}

/// Somebody who has signed up.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) client: Client,
    pub(crate) username: String,
    pub(crate) email: String,
    pub(crate) token: String,
    pub(crate) refresh_token: String,
}

impl User {
    /// Signs somebody up under a name of their own.
    pub(crate) async fn sign_up() -> Self {
        let username = unique("user");
        let email = format!("{username}@mail.example");
        let body = json!({"user": {"username": username, "email": email, "password": PASSWORD}});
        let user = Client::new().post("/api/users", body).await.expect(201)["user"].take();
        let text = |name: &str| user[name].as_str().unwrap().to_owned();
        let token = text("token");
        let refresh_token = text("refreshToken");
        Self { client: Client::new().with_token(&token), username, email, token, refresh_token }
    }

    /// Publishes an article under a title of its own; answers the article.
    pub(crate) async fn publish(&self, tags: &[&str]) -> Value {
        let article = json!({"title": unique("Title"), "description": "About it", "body": "Its text", "tagList": tags});
        self.client.post("/api/articles", json!({"article": article})).await.expect(201)["article"].take()
    }
}
