//! Speaks to the platform.

use std::{sync::Arc, time::Duration};

use bloghub::{functions, platform::Platform};
use lambda_http::{Body, http::Request};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{host::Host, system::OperatingSystem},
    config::read_from,
    function::ShellConfig,
    ports::system::System,
};
use test_servers::forget_reads;
use tower::ServiceExt as _;

/// How often a read is repeated that a busy platform refuses, and how long after.
const REPEATS: usize = 20;
const BUSY: Duration = Duration::from_secs(1);

/// What holds, or in words what does not.
pub(crate) type Outcome<T = ()> = Result<T, String>;

/// What the platform answered.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// "" if there is none.
    pub(crate) etag: String,
    pub(crate) body: Value,
}

/// One connection pool to the platform and to its cache, and a way backstage.
#[derive(Clone)]
pub(crate) struct Client {
    http: reqwest::Client,
    platform: Arc<Platform>,
    redis: redis::Client,
}

impl Client {
    /// A client of `platform`.
    pub(crate) fn new(platform: Arc<Platform>) -> Self {
        let timeout = Duration::from_secs(60);
        let http = reqwest::Client::builder().no_proxy().timeout(timeout).build().unwrap();
        let redis = redis::Client::open(platform.services().environment()["REDIS_URL"].as_str()).unwrap();
        Self { http, platform, redis }
    }

    /// Sends a request, with this one header more if there is one. Every answer has an id, and every error is a problem that carries it.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        condition: Option<(&str, &str)>,
        body: &Value,
    ) -> Outcome<Answer> {
        let mut answer = self.send_once(method.clone(), path, token, condition, body).await?;
        // On a busy machine the platform may give up on its services. What was to be read is as it was.
        let mut ticks = tokio::time::interval(BUSY);
        for _ in 0..REPEATS {
            if answer.status != 503 || method != Method::GET {
                break;
            }
            ticks.tick().await;
            answer = self.send_once(method.clone(), path, token, condition, body).await?;
        }
        Ok(answer)
    }

    async fn send_once(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        condition: Option<(&str, &str)>,
        body: &Value,
    ) -> Outcome<Answer> {
        let mut request = self.http.request(method, format!("{}{path}", self.platform.url()));
        if let Some(token) = token {
            request = request.header("authorization", format!("Token {token}"));
        }
        if let Some((name, tag)) = condition {
            request = request.header(name, tag);
        }
        if !body.is_null() {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| format!("{error:?}"))?;
        let status = response.status().as_u16();
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (id, etag) = (header("x-request-id").to_owned(), header("etag").to_owned());
        let text = response.text().await.map_err(|error| format!("{error:?}"))?;
        let mut body = match text.as_str() {
            "" => Value::Null,
            text => serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))?,
        };
        forget_reads(&mut body);
        if id.is_empty() || (status >= 400 && (body["requestId"] != id || body["status"] != status)) {
            return Err(format!("an answer without its id or form: {status} {body}"));
        }
        Ok(Answer { status, etag, body })
    }

    /// Makes the hot list of all that was done so far, and reads it as a process does that knows none yet.
    pub(crate) async fn hot(&self) -> Outcome<Value> {
        self.platform.drained().await;
        let lookup = |name: &str| self.platform.services().environment().get(name).cloned();
        let system: Arc<dyn System> = Arc::new(OperatingSystem::default());
        let host = |permissions| Host::local(system.clone(), 1).for_function(permissions);
        let cron = functions::workers().into_iter().find(|worker| worker.name == "ranking-cron").unwrap();
        let run = (cron.mount)(&lookup, &host((cron.permissions)())).map_err(|error| error.to_string())?;
        // The platform's own schedule may be at it.
        let version = loop {
            let report = run(json!({})).await.map_err(|error| error.to_string())?;
            if report["end"] == "ranked" {
                break report["version"].as_u64();
            }
        };
        let entry = functions::all().into_iter().find(|entry| entry.name == "ranking").unwrap();
        let shell = read_from::<ShellConfig>(&lookup).map_err(|error| error.to_string())?.shell(system.clone());
        let router = (entry.mount)(&lookup, &host((entry.permissions)()), &shell).map_err(|error| error.to_string())?;
        let request = Request::builder().uri("/api/articles/hot?limit=100").body(Body::Empty).unwrap();
        let answer = router.oneshot(request).await.unwrap();
        let (status, body) = (answer.status().as_u16(), axum::body::to_bytes(answer.into_body(), usize::MAX).await);
        let body: Value = serde_json::from_slice(&body.unwrap()).map_err(|error| error.to_string())?;
        if status == 200 && body["version"].as_u64() >= version {
            Ok(body)
        } else {
            Err(format!("expected a hot list of version {version:?}, not {status} {body}"))
        }
    }

    /// Removes what is left of whatever was deleted, and waits until everybody knows.
    pub(crate) async fn sweep(&self) {
        let lookup = |name: &str| self.platform.services().environment().get(name).cloned();
        let worker = functions::workers().into_iter().find(|worker| worker.name == "sweep").unwrap();
        let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function((worker.permissions)());
        let handle = (worker.mount)(&lookup, &host).unwrap();
        // Another run may be under way by its schedule.
        while handle(json!({})).await.unwrap()["end"] != "clean" {
            tokio::task::yield_now().await;
        }
        self.platform.drained().await;
    }

    /// Empties the cache, once the tables' counters have been moved: without it they are behind by what the change stream still has.
    pub(crate) async fn empty_cache(&self) {
        self.platform.drained().await;
        let mut redis = self.redis.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("FLUSHALL").query_async::<()>(&mut redis).await.unwrap();
    }
}

/// `text` as one segment of a path or one value of a query.
pub(crate) fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
