//! The hot list while the cache is away, and while everything is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use axum::Router;
use bloghub::functions;
use lambda_http::http::{Method, Request};
use serde_json::{Value, json};
use shared::{
    adapters::{host::Host, system::OperatingSystem},
    config::read_from,
    domain::Timestamp,
    function::ShellConfig,
    ports::system::System,
};
use tower::ServiceExt as _;

use crate::{BOUND, World, nobody, stuck};

const HOT: &str = "/api/articles/hot";

/// The machine's clock, ahead by what the test says.
#[derive(Default)]
struct Ahead {
    machine: OperatingSystem,
    millis: AtomicU64,
}

impl System for Ahead {
    fn now(&self) -> Timestamp {
        self.machine.now()
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic() + Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.machine.fill(bytes);
    }
}

async fn ask(router: &Router) -> (u16, Value) {
    let request = Request::builder().uri(HOT).body(lambda_http::Body::Empty).unwrap();
    let answer =
        tokio::time::timeout(BOUND, router.clone().oneshot(request)).await.expect("an answer within the bound");
    let answer = answer.unwrap();
    let status = answer.status().as_u16();
    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_hot_list_is_the_tables_without_the_cache_and_the_last_that_is_known_without_anything() {
    let mut world = World::start().await;
    let token = world.sign_up("jake").await["token"].as_str().unwrap().to_owned();
    let article = json!({"article": {"title": "Dragons", "description": "How?", "body": "With love."}});
    world.ask("publish", Method::POST, "/api/articles", &token, article).await;
    world.ask("like", Method::POST, "/api/articles/dragons/favorite", &token, Value::Null).await;
    world.platform.drained().await;
    let cron = functions::workers().into_iter().find(|worker| worker.name == "ranking-cron").unwrap();
    let there = world.environment["REDIS_URL"].clone();
    // Also whoever makes the list can do without the cache.
    for address in [format!("redis://{}", stuck()), format!("redis://{}", nobody()), there.clone()] {
        world.environment.insert("REDIS_URL".to_owned(), address.clone());
        let lookup = |name: &str| world.environment.get(name).cloned();
        let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function((cron.permissions)());
        let run = (cron.mount)(&lookup, &host).unwrap();
        // The program's own schedule may be at it.
        let report = loop {
            let report = run(json!({})).await.unwrap();
            if report["end"] != "busy" {
                break report;
            }
        };
        assert_eq!((&report["end"], &report["articles"]), (&json!("ranked"), &json!(1)), "{address}");
        let (status, body, _) = world.ask("ranking", Method::GET, HOT, "", Value::Null).await;
        assert_eq!((status.as_u16(), &body["articles"][0]["slug"]), (200, &json!("dragons")), "{address}");
        assert!(body["version"].as_u64() >= report["version"].as_u64(), "{address}");
    }
    for away in [stuck(), nobody()] {
        world.environment.insert("REDIS_URL".to_owned(), format!("redis://{away}"));
        let (status, body, _) = world.ask("ranking", Method::GET, HOT, "", Value::Null).await;
        assert_eq!((status.as_u16(), &body["articles"][0]["slug"]), (200, &json!("dragons")), "{away}");
    }
    world.environment.insert("REDIS_URL".to_owned(), there);

    let clock = Arc::new(Ahead::default());
    let entry = functions::all().into_iter().find(|entry| entry.name == "ranking").unwrap();
    let lookup = |name: &str| world.environment.get(name).cloned();
    let host = Host::local(clock.clone(), 1).for_function((entry.permissions)());
    let shell = read_from::<ShellConfig>(&lookup).unwrap().shell(clock.clone());
    let router = (entry.mount)(&lookup, &host, &shell).unwrap();
    let known = ask(&router).await;
    assert_eq!((known.0, &known.1["articles"][0]["slug"]), (200, &json!("dragons")));
    world.platform.stop().await.unwrap();
    for _ in 0..3 {
        clock.millis.fetch_add(60_000, Ordering::SeqCst);
        assert_eq!(ask(&router).await, known);
    }
    // Whoever knows nothing says so.
    let host = Host::local(clock.clone(), 1).for_function((entry.permissions)());
    let (status, body) = ask(&(entry.mount)(&lookup, &host, &shell).unwrap()).await;
    assert_eq!((status, &body["code"]), (503, &json!("unavailable")));
}
