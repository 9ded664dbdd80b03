//! The whole platform, on a clock that can be moved.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bloghub::platform::{Options, Platform};
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::{adapters::system::OperatingSystem, domain::Timestamp, ports::system::System};

/// The machine's clock, ahead by some time.
#[derive(Default)]
struct Ahead {
    machine: OperatingSystem,
    millis: AtomicU64,
}

impl System for Ahead {
    fn now(&self) -> Timestamp {
        self.machine.now().plus(Duration::from_millis(self.millis.load(Ordering::SeqCst)))
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.machine.fill(bytes);
    }
}

const PHONE: &str = "+8613800138000";

struct World {
    platform: Platform,
    clock: Arc<Ahead>,
    http: reqwest::Client,
    _data: tempfile::TempDir,
}

impl World {
    async fn start(settings: &[(&str, &str)]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut options = Options::new(0, data.path().join("data"));
        for (name, value) in settings {
            options = options.with(name, value);
        }
        let clock = Arc::new(Ahead::default());
        let platform = Platform::start_on(&options, clock.clone(), |_| {}).await.unwrap();
        Self { platform, clock, http: reqwest::Client::builder().no_proxy().build().unwrap(), _data: data }
    }

    fn pass(&self, seconds: u64) {
        self.clock.millis.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }

    async fn post(&self, path: &str, body: Value) -> (StatusCode, Value) {
        let answer = self.http.post(format!("{}{path}", self.platform.url())).json(&body).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap_or_default())
    }

    /// Asks for a code, and waits until it has arrived.
    async fn code(&self) -> String {
        let (status, body) = self.post("/api/login/sms/code", json!({"phone": PHONE})).await;
        assert_eq!(status, 202, "{body}");
        self.platform.drained().await;
        self.sent().pop().unwrap()["params"]["code"].as_str().unwrap().to_owned()
    }

    /// What was sent, in its order.
    fn sent(&self) -> Vec<Value> {
        let text =
            std::fs::read_to_string(self.platform.services().data().join("outbox/sms.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn log_in(&self, code: &str) -> (StatusCode, Value) {
        self.post("/api/login/sms", json!({"phone": PHONE, "code": code})).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signed_up_by_a_code_comes_back_by_another_as_the_same() {
    let world = World::start(&[]).await;
    let first = world.code().await;
    let (status, first) = world.log_in(&first).await;
    assert_eq!(status, 201, "{first}");
    world.pass(60);
    let second = world.code().await;
    let (status, second) = world.log_in(&second).await;
    assert_eq!(status, 200, "{second}");
    assert_eq!(second["user"]["username"], first["user"]["username"]);
    assert_ne!(second["user"]["refreshToken"], first["user"]["refreshToken"]);
    world.platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_had_to_wait_is_sent_by_the_schedule() {
    let world = World::start(&[("SMS_RATE", "1/200")]).await;
    world.code().await;
    let (status, _) = world.post("/api/login/sms/code", json!({"phone": "+14155552671"})).await;
    assert_eq!(status, 202);
    world.pass(199);
    world.platform.tick().await;
    world.platform.drained().await;
    assert_eq!(world.sent().len(), 1);
    world.pass(61);
    world.platform.tick().await;
    world.platform.drained().await;
    let sent = world.sent();
    assert_eq!((sent.len(), &sent[1]["phone"]), (2, &json!("+14155552671")));
    world.platform.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_countries_that_are_listed_get_messages() {
    let world = World::start(&[("SMS_COUNTRIES", "CN")]).await;
    let (status, body) = world.post("/api/login/sms/code", json!({"phone": "+14155552671"})).await;
    assert_eq!((status.as_u16(), &body["errors"]), (422, &json!({"phone": ["is in a country that gets no messages"]})));
    world.code().await;
    assert_eq!(world.sent().len(), 1);
    world.platform.stop().await.unwrap();
}
