//! A platform, and instances of all functions over its services, as Lambda runs them: each with a memory of its own.

use std::{collections::HashMap, sync::Arc};

use axum::Router;
use bloghub::{
    functions,
    platform::{Options, Platform},
};
use lambda_http::http::{HeaderMap, Method, Request};
use serde_json::{Value, json};
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, TableNames, UserTable},
        host::Host,
    },
    config::read_from,
    domain::{
        Timestamp,
        user::{Role, Username},
    },
    function::ShellConfig,
    ports::{
        sessions::{ROLES, Roles as _},
        users::{USERS, Users as _},
    },
};
use test_servers::{
    Clock,
    oidc::{CLIENT_ID, CLIENT_SECRET, Provider},
};
use tower::ServiceExt as _;

pub(crate) const PASSWORD: &str = "correct horse battery";
/// What the identity provider is called.
pub(crate) const PROVIDER: &str = "acme";

/// The services, the clock, and the environment in which instances find them.
pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) environment: HashMap<String, String>,
    platform: Platform,
    _provider: Provider,
    _data: tempfile::TempDir,
}

impl World {
    pub(crate) async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock = Arc::new(Clock::standing(Timestamp::from_millis(1_800_000_000_000)));
        let options = Options::new(0, data.path().join("data"));
        let platform = Platform::start_on(&options, clock.clone(), |_| {}).await.unwrap();
        let mut environment = platform.services().environment().clone();
        environment.insert("RATE_LIMITS".to_owned(), "off".to_owned());
        let provider = Provider::start(0, json!({}));
        let providers =
            json!([{"name": PROVIDER, "issuer": provider.url, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}]);
        for (name, value) in [
            ("PUBLIC_URL", platform.url()),
            ("OIDC_PROVIDERS", providers.to_string()),
            // Nobody gets as far as to call it.
            ("WECHAT_APP_ID", "wx0123456789abcdef".to_owned()),
            ("WECHAT_APP_SECRET", "secret".to_owned()),
        ] {
            environment.insert(name.to_owned(), value);
        }
        Self { clock, environment, platform, _provider: provider, _data: data }
    }

    /// A new instance of all functions.
    pub(crate) fn instance(&self) -> Instance {
        self.instance_with(&[])
    }

    /// A new instance with other settings.
    pub(crate) fn instance_with(&self, settings: &[(&str, &str)]) -> Instance {
        let mut environment = self.environment.clone();
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let lookup = |name: &str| environment.get(name).cloned();
        let shell = read_from::<ShellConfig>(&lookup).unwrap().shell(self.clock.clone());
        let mut router = Router::new();
        for entry in functions::all() {
            let host = Host::local(self.clock.clone(), 1).with_search(self.platform.search());
            let host = host.for_function((entry.permissions)());
            router = router.merge((entry.mount)(&lookup, &host, &shell).unwrap());
        }
        Instance { router }
    }

    /// Stores a role as `bloghub admin grant` does, and tells nobody.
    pub(crate) async fn grant(&self, username: &str, role: Role) {
        let lookup = |name: &str| self.environment.get(name).cloned();
        let settings = read_from::<DynamoSettings>(&lookup).unwrap();
        let host = Host::local(self.clock.clone(), 1).for_function([USERS, ROLES].concat());
        let names = TableNames { users: Some("UsersTable".to_owned()), ..TableNames::default() };
        let users = UserTable::new(host.dynamo(&settings, names), "UsersTable");
        let holder = users.holder(&Username::parse(username).unwrap()).await.unwrap().unwrap();
        users.set_role(holder.id, role).await.unwrap().unwrap();
    }

    /// Empties the cache.
    pub(crate) async fn flush(&self) {
        let url = self.environment["REDIS_URL"].clone();
        let mut redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
        redis::cmd("FLUSHALL").query_async::<()>(&mut redis).await.unwrap();
    }

    pub(crate) async fn stop(self) {
        self.platform.stop().await.unwrap();
    }
}

/// All functions in one process.
pub(crate) struct Instance {
    router: Router,
}

/// What was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        self.body
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// The tokens of a login.
#[derive(Debug, Clone)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Tokens {
    pub(crate) fn of(answer: &Value) -> Self {
        let text = |name: &str| answer["user"][name].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned();
        Self { access: text("token"), refresh: text("refreshToken") }
    }
}

impl Instance {
    pub(crate) async fn ask(&self, method: Method, path: &str, token: &str, body: Value) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if !token.is_empty() {
            request = request.header("authorization", format!("Token {token}"));
        }
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let answer = self.router.clone().oneshot(request.body(axum::body::Body::from(body)).unwrap()).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        Answer { status, headers, body: serde_json::from_slice(&bytes).unwrap_or_default() }
    }

    pub(crate) async fn sign_up(&self, name: &str) -> Tokens {
        let user = json!({"username": name, "email": format!("{name}@mail.example"), "password": PASSWORD});
        Tokens::of(&self.ask(Method::POST, "/api/users", "", json!({ "user": user })).await.expect(201))
    }

    pub(crate) async fn log_in(&self, name: &str) -> Tokens {
        let user = json!({"email": format!("{name}@mail.example"), "password": PASSWORD});
        Tokens::of(&self.ask(Method::POST, "/api/users/login", "", json!({ "user": user })).await.expect(200))
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.ask(Method::POST, "/api/sessions/refresh", "", json!({ "refreshToken": token })).await
    }

    /// The status of a question that only somebody who is logged in is answered.
    pub(crate) async fn own(&self, token: &str) -> u16 {
        self.ask(Method::GET, "/api/user", token, Value::Null).await.status
    }

    pub(crate) async fn post(&self, path: &str, token: &str) -> u16 {
        self.ask(Method::POST, path, token, Value::Null).await.status
    }

    pub(crate) async fn sessions(&self, token: &str) -> Vec<Value> {
        let mut list = self.ask(Method::GET, "/api/sessions", token, Value::Null).await.expect(200);
        serde_json::from_value(list["sessions"].take()).unwrap()
    }
}
