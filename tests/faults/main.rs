//! Backing services that are away or stuck: what still works, and that the rest is a clear answer within a bounded time.

mod hot_list;
mod lockout;
mod mid_load;
mod search;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bloghub::{
    functions,
    platform::{Options, Platform},
};
use lambda_http::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use shared::{
    adapters::{host::Host, system::OperatingSystem},
    config::read_from,
    function::ShellConfig,
    ports::system::System,
};
use tower::ServiceExt as _;

const PASSWORD: &str = "correct horse battery";
/// Longer than the clients' time-outs, shorter than a function's.
const BOUND: Duration = Duration::from_secs(8);

/// A platform, and the environment in which functions of the tests' own find its services.
struct World {
    platform: Platform,
    environment: HashMap<String, String>,
    _data: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let options = Options::new(0, data.path().join("data"));
        let platform = Platform::start(&options, |_| {}).await.unwrap();
        let environment = platform.services().environment().clone();
        Self { platform, environment, _data: data }
    }

    /// Signs somebody up; answers them with their tokens.
    async fn sign_up(&self, name: &str) -> Value {
        let user = json!({"username": name, "email": format!("{name}@mail.example"), "password": PASSWORD});
        self.ask("signup", Method::POST, "/api/users", "", json!({"user": user})).await.1["user"].take()
    }

    /// Asks the function `name`, wired to the environment as it is now.
    async fn ask(
        &self,
        name: &str,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> (StatusCode, Value, String) {
        let lookup = |name: &str| self.environment.get(name).cloned();
        let system: Arc<dyn System> = Arc::new(OperatingSystem::default());
        let entry = functions::all().into_iter().find(|entry| entry.name == name).unwrap();
        let host = Host::local(system.clone(), 1).with_search(search_opensearch::maker());
        let host = host.for_function((entry.permissions)());
        let shell = read_from::<ShellConfig>(&lookup).unwrap().shell(system);
        let router = (entry.mount)(&lookup, &host, &shell).unwrap();
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Token {token}"));
        }
        let request = request.body(lambda_http::Body::from(body.to_string())).unwrap();
        let answer = tokio::time::timeout(BOUND, router.oneshot(request)).await.expect("an answer within the bound");
        let answer = answer.unwrap();
        let status = answer.status();
        let header = |name: &str| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
        let retry_after = header("retry-after");
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or_default(), retry_after)
    }
}

/// An address that accepts connections and never answers. It lives as long as the test's process.
fn stuck() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let accepted: Vec<_> = listener.incoming().collect();
        drop(accepted);
    });
    address.to_string()
}

/// An address where nobody listens.
fn nobody() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_stuck_or_away_is_a_503_that_says_when_to_come_back() {
    let mut world = World::start().await;
    for address in [stuck(), nobody()] {
        world.environment.insert("AWS_ENDPOINT_URL_DYNAMODB".to_owned(), format!("http://{address}"));
        let (status, body, retry_after) = world.ask("article", Method::GET, "/api/tags", "", Value::Null).await;
        assert_eq!(status, 503, "{body}");
        assert_eq!(body["code"], "unavailable");
        assert_eq!(retry_after, "2");
        let user = json!({"username": "late", "email": "late@mail.example", "password": PASSWORD});
        let (status, ..) = world.ask("signup", Method::POST, "/api/users", "", json!({"user": user})).await;
        assert_eq!(status, 503);
    }
    world.platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_cache_everything_works_from_the_tables_but_logging_out() {
    let mut world = World::start().await;
    for (name, address) in [("jake", stuck()), ("jacob", nobody())] {
        let user = world.sign_up(name).await;
        world.environment.insert("REDIS_URL".to_owned(), format!("redis://{address}"));
        let token = user["token"].as_str().unwrap();
        let login = json!({"user": {"email": user["email"], "password": PASSWORD}});
        let (status, ..) = world.ask("login", Method::POST, "/api/users/login", "", login).await;
        assert_eq!(status, 200, "log in, {address}");
        let (status, ..) = world.ask("profile", Method::GET, "/api/user", token, Value::Null).await;
        assert_eq!(status, 200, "my account, {address}");
        let (status, ..) = world.ask("identity", Method::GET, "/api/user/identities", token, Value::Null).await;
        assert_eq!(status, 200, "my identities, {address}");
        let article = json!({"article": {"title": "Dragons", "description": "How?", "body": "With love."}});
        let (status, ..) = world.ask("publish", Method::POST, "/api/articles", token, article).await;
        assert_eq!(status, 201, "publish, {address}");
        let (status, body, retry_after) =
            world.ask("session", Method::POST, "/api/sessions/logout", token, Value::Null).await;
        assert_eq!((status.as_u16(), retry_after.as_str()), (503, "2"), "log out, {address}: {body}");
        let (status, ..) = world.ask("profile", Method::GET, "/api/user", token, Value::Null).await;
        assert_eq!(status, 401, "the table knows that the session has ended, {address}");
    }
    world.platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_like_without_the_cache_is_answered_and_counted_once_the_stream_is_read() {
    let mut world = World::start().await;
    let token = world.sign_up("jake").await["token"].as_str().unwrap().to_owned();
    let article = json!({"article": {"title": "Dragons", "description": "How?", "body": "With love."}});
    world.ask("publish", Method::POST, "/api/articles", &token, article).await;
    let redis = world.environment["REDIS_URL"].clone();
    let counts = |body: &Value| (body["article"]["favorited"].clone(), body["article"]["favoritesCount"].clone());
    for (address, method, there) in [(stuck(), Method::POST, 1), (nobody(), Method::DELETE, 0)] {
        world.environment.insert("REDIS_URL".to_owned(), format!("redis://{address}"));
        let path = "/api/articles/dragons/favorite";
        let (status, body, _) = world.ask("like", method.clone(), path, &token, Value::Null).await;
        // The number may be behind; whose like it is, is known.
        assert_eq!((status.as_u16(), counts(&body).0), (200, json!(there == 1)), "{method}, {address}");
        world.platform.drained().await;
        // By the table alone, and by the cache, which nobody told.
        for url in [format!("redis://{address}"), redis.clone()] {
            world.environment.insert("REDIS_URL".to_owned(), url);
            let (_, body, _) = world.ask("article", Method::GET, "/api/articles/dragons", &token, Value::Null).await;
            assert_eq!(counts(&body), (json!(there == 1), json!(there)), "{method}, {address}");
        }
    }
    world.platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_cache_no_code_is_sent_and_none_is_taken() {
    let mut world = World::start().await;
    for address in [stuck(), nobody()] {
        world.environment.insert("REDIS_URL".to_owned(), format!("redis://{address}"));
        let phone = json!({"phone": "+8613800138000", "code": "123456"});
        for (name, path) in [("sms-code", "/api/login/sms/code"), ("sms-login", "/api/login/sms")] {
            let (status, body, retry_after) = world.ask(name, Method::POST, path, "", phone.clone()).await;
            assert_eq!((status.as_u16(), retry_after.as_str()), (503, "2"), "{name}, {address}: {body}");
        }
    }
    world.platform.drained().await;
    assert!(!world.platform.services().data().join("outbox").exists(), "nothing was sent");
    world.platform.stop().await.unwrap();
}
