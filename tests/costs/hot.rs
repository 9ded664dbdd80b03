//! The hot list.

use std::sync::Arc;

use axum::Router;
use bloghub::functions;
use lambda_http::{Body, http::Request};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{host::Host, system::OperatingSystem},
    config::read_from,
    function::ShellConfig,
};
use tower::ServiceExt as _;

use crate::{
    meter::{Meter, Operation},
    operations::forget_sessions,
};

const HOT: &str = "/api/articles/hot";

/// Makes it and reads it; `token` is an author's.
pub(crate) async fn all(m: &mut Meter<'_>, token: &str) {
    for title in ["Warm", "Hot stuff"] {
        let new = json!({"article": {"title": title, "description": "Very", "body": "It burns."}});
        m.unmeasured(Method::POST, "/api/articles", token, new).await;
    }
    m.unmeasured_of("like", Method::POST, "/api/articles/warm/favorite", token, Value::Null).await;
    m.platform.drained().await;
    m.platform.calls("counter-sync").unwrap().take();
    m.unmeasured_of("like", Method::POST, "/api/articles/hot-stuff/favorite", token, Value::Null).await;
    m.platform.drained().await;
    let calls: &[_] = &[("UpdateItem", 2), ("Redis", 2)];
    let why = "the second puts the article into another class of the ranking, as does each like that doubles what was done about it";
    m.measure_consumer(Operation("count the first like of an article", "counter-sync", calls, why));
    // Once, so that Redis knows the scripts.
    make(m, Operation("", "ranking-cron", &[], "")).await;
    Process::start(m).read(m, Operation("", "ranking", &[], "")).await;
    m.rows.truncate(m.rows.len() - 2);

    forget_sessions(m.platform).await;
    let calls: &[_] = &[
        ("UpdateItem", 2),
        ("Query", 59),
        ("BatchGetItem", 7),
        ("TransactWriteItems", 1),
        ("GetItem", 3),
        ("Redis", 11),
    ];
    let why = "a lease is taken and given back; with fewer than a hundred candidates every class is asked; of the three articles that there are none was cached, and each is read and filled in as for a reader";
    make(m, Operation("make the hot list, details not cached", "ranking-cron", calls, why)).await;
    m.unmeasured(Method::DELETE, "/api/articles/hot-stuff", token, Value::Null).await;
    let calls: &[_] =
        &[("UpdateItem", 3), ("Query", 118), ("BatchGetItem", 8), ("TransactWriteItems", 1), ("Redis", 2)];
    let why = "ranked twice, as another article takes its place; it is taken out of its class";
    make(m, Operation("make the hot list, one of whose articles was deleted", "ranking-cron", calls, why)).await;

    let first = Process::start(m);
    first.read(m, Operation("hot list, in a process that has none", "ranking", &[("Redis", 1)], "")).await;
    first.read(m, Operation("hot list", "ranking", &[], "")).await;
    forget_sessions(m.platform).await;
    let calls: &[_] = &[("Redis", 1), ("GetItem", 1)];
    let lost = Operation("hot list, in a process that has none, not cached", "ranking", calls, "");
    Process::start(m).read(m, lost).await;
}

async fn make(m: &mut Meter<'_>, operation: Operation) {
    m.platform.drained().await;
    m.measure_worker(operation, json!({})).await;
}

/// A process that answers, with clients of its own.
struct Process {
    router: Router,
    host: Host,
}

impl Process {
    fn start(m: &Meter<'_>) -> Self {
        let lookup = |name: &str| m.platform.services().environment().get(name).cloned();
        let entry = functions::all().into_iter().find(|entry| entry.name == "ranking").unwrap();
        let system = Arc::new(OperatingSystem::default());
        let host = Host::local(system.clone(), 1).for_function((entry.permissions)());
        let shell = read_from::<ShellConfig>(&lookup).unwrap().shell(system);
        Self { router: (entry.mount)(&lookup, &host, &shell).unwrap(), host }
    }

    async fn read(&self, m: &mut Meter<'_>, operation: Operation) {
        let request = Request::builder().uri(HOT).body(Body::Empty).unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let list: Value = serde_json::from_slice(&body).unwrap();
        assert!(list["articlesCount"].as_u64() > Some(0), "{list}");
        m.add(operation, format!("GET {HOT}"), self.host.calls.take());
    }
}
