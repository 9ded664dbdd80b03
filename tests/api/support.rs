//! One platform for all tests, and clients that speak to it.

pub(crate) mod drafts;
pub(crate) mod outbox;
pub(crate) mod raw;
pub(crate) mod shapes;
pub(crate) mod vendors;

use std::{
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bloghub::platform::{Options, Platform};
use reqwest::{Method, StatusCode, header::HeaderMap, redirect::Policy};
use serde_json::{Value, json};
use test_servers::forget_reads;

/// A password that anyone may choose.
pub(crate) const PASSWORD: &str = "correct horse battery";

/// All tests share an address, so that only users are limited; the Makefile deploys with the same.
const QUOTAS: &str = "read user 100000/60, write user 200/60";
/// The same for tries to log in.
const LOCKOUT: &str = "account 5/86400";

/// Where the platform is: the deployment's address, or that of a program started on a thread of its own, whose runtime
/// outlives every test's.
pub(crate) static BASE: LazyLock<String> = LazyLock::new(|| PLATFORM.0.clone());

/// The address, and the file that messages to phones go into, where that is known.
static PLATFORM: LazyLock<(String, Option<PathBuf>)> =
    LazyLock::new(|| match shared::config::variable("BLOGHUB_API") {
        Some(url) => {
            // The deployment knows their addresses already, and any test may have it call there.
            LazyLock::force(&vendors::VENDORS);
            let outbox = shared::config::variable("BLOGHUB_SMS_OUTBOX").map(PathBuf::from);
            (url.trim_end_matches('/').to_owned(), outbox)
        }
        None => start_program(),
    });

fn start_program() -> (String, Option<PathBuf>) {
    let (ready, url) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
            let options = Options::new(0, data.path().join("data"));
            let options = options.with("RATE_LIMIT_QUOTAS", QUOTAS).with("LOGIN_LOCKOUT", LOCKOUT);
            let settings = vendors::VENDORS.settings();
            let options = settings.iter().fold(options, |options, (name, value)| options.with(name, value));
            let platform = Platform::start(&options, |_| {}).await.unwrap();
            let outbox = platform.services().data().join("outbox/sms.jsonl");
            ready.send((platform.url(), Some(outbox))).unwrap();
            // The platform lives as long as the process; the kernel ends its Redis with it.
            std::future::pending::<()>().await;
        });
    });
    url.recv().expect("the platform starts")
}

/// How many do something at the same time where many do, and leave to be the only crowd until it is dropped. An emulator on this
/// machine starts a process for each request, and answers none of them in time if there are too many.
pub(crate) async fn crowd() -> (usize, tokio::sync::MutexGuard<'static, ()>) {
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    let people = if shared::config::variable("BLOGHUB_API").is_some() { 12 } else { 50 };
    (people, ALONE.lock().await)
}

/// A name that no other test has, in this run or an earlier one on the same deployment.
pub(crate) fn unique(prefix: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static RUN: LazyLock<u128> = LazyLock::new(started);
    format!("{prefix}-{:x}-{}", *RUN, NEXT.fetch_add(1, Ordering::Relaxed))
}

#[allow(clippy::disallowed_methods, reason = "the tests' own start tells one run's names from another's")]
fn started() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()
}

/// An address that nobody else has.
pub(crate) fn unique_email() -> String {
    format!("{}@mail.example", unique("mail"))
}

/// `text` as one segment of a path or one value of a query.
pub(crate) fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

/// A valid article's fields under a title of its own, with those of `changes` instead.
pub(crate) fn new_article(changes: Value) -> Value {
    let mut article = json!({"title": unique("Title"), "description": "About it", "body": "Its text"});
    let Value::Object(changes) = changes else { panic!("changes are an object") };
    article.as_object_mut().unwrap().extend(changes);
    article
}

/// What the platform answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body as JSON, without how often articles were read; `null` if it is empty.
    pub(crate) fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        let mut body = serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text));
        forget_reads(&mut body);
        body
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
        assert_eq!(body["errors"], errors, "{}", self.text);
        self.expect_whole_problem("the answer");
    }

    /// Expects a 4xx with everything that a problem has. `case` says what was asked.
    #[track_caller]
    pub(crate) fn expect_whole_problem(&self, case: &str) {
        assert!(self.status.is_client_error(), "{case}: {} {}", self.status, self.text);
        assert_eq!(self.header("content-type"), "application/problem+json", "{case}");
        let body = self.json();
        assert_eq!(body["status"], self.status.as_u16(), "{case}");
        let errors = body["errors"].as_object().unwrap_or_else(|| panic!("{case}: {body}"));
        let named = |messages: &Value| messages.as_array().is_some_and(|all| all.iter().any(Value::is_string));
        assert!(!errors.is_empty() && errors.values().all(named), "{case}: {body}");
        let code = body["code"].as_str().unwrap();
        assert_eq!(body["type"], format!("urn:bloghub:problem:{code}"));
        assert!(!body["title"].as_str().unwrap().is_empty() && !body["detail"].as_str().unwrap().is_empty());
        assert_eq!(body["requestId"], self.header("x-request-id"), "{case}");
    }

    /// Expects a 204, which has no body.
    #[track_caller]
    pub(crate) fn expect_nothing(&self) {
        self.expect(204);
        assert_eq!(self.text, "");
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
        // A request that hangs fails its test, not the whole run. Who is sent elsewhere does not go there.
        let builder = reqwest::Client::builder().no_proxy().redirect(Policy::none());
        let http = builder.timeout(Duration::from_secs(60)).build().unwrap();
        Self { http, token: None }
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

    /// Sends a request that was completed by hand. Whatever the answer is, it has a request id.
    pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let answer = Answer { status, headers, text: response.text().await.unwrap() };
        assert!(!answer.header("x-request-id").is_empty(), "no request id: {answer:?}");
        answer
    }

    /// Logs in by address and password.
    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.post("/api/users/login", json!({"user": {"email": email, "password": password}})).await
    }

    /// Articles' slugs on a list, and how many the whole list has.
    pub(crate) async fn list(&self, query: &str) -> (Vec<String>, u64) {
        let list = self.get(&format!("/api/articles?{query}")).await.expect(200);
        let slug = |article: &Value| article["slug"].as_str().unwrap().to_owned();
        (list["articles"].as_array().unwrap().iter().map(slug).collect(), list["articlesCount"].as_u64().unwrap())
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
        Self::sign_up_as(&unique("user"), PASSWORD).await
    }

    /// Signs somebody up under this name, with this password.
    pub(crate) async fn sign_up_as(username: &str, password: &str) -> Self {
        let email = unique_email();
        let body = json!({"user": {"username": username, "email": email, "password": password}});
        let user = Client::new().post("/api/users", body).await.expect(201)["user"].take();
        let text = |name: &str| user[name].as_str().unwrap().to_owned();
        let token = text("token");
        let refresh_token = text("refreshToken");
        let username = text("username");
        Self { client: Client::new().with_token(&token), username, email, token, refresh_token }
    }

    /// Changes the account.
    pub(crate) async fn change(&self, user: Value) -> Answer {
        self.client.put("/api/user", json!({"user": user})).await
    }

    /// Publishes an article under a title of its own; answers the article.
    pub(crate) async fn publish(&self, tags: &[&str]) -> Value {
        self.try_publish(new_article(json!({"tagList": tags}))).await.expect(201)["article"].take()
    }

    /// Posts these fields as an article.
    pub(crate) async fn try_publish(&self, article: Value) -> Answer {
        self.client.post("/api/articles", json!({"article": article})).await
    }

    /// Changes these fields of an article.
    pub(crate) async fn edit(&self, slug: &str, article: Value) -> Answer {
        self.client.put(&format!("/api/articles/{slug}"), json!({"article": article})).await
    }

    /// Deletes an article.
    pub(crate) async fn delete(&self, slug: &str) -> Answer {
        self.client.delete(&format!("/api/articles/{slug}")).await
    }
}
