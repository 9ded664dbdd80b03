use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use serde_json::json;
use shared::ports::system::System;

use super::*;

const ISSUER: &str = "https://id.example";

/// A provider on a clock that is moved by hand.
#[derive(Default)]
struct World {
    asked: AtomicUsize,
    away: AtomicBool,
    now: AtomicI64,
}

#[async_trait]
impl Web for World {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, StoreError> {
        if self.away.load(Ordering::Relaxed) {
            self.asked.fetch_add(1, Ordering::Relaxed);
            return Err(StoreError::Unavailable { service: "a provider", source: "it is away".into() });
        }
        let body = match request.uri().path() {
            "/.well-known/openid-configuration" => {
                self.asked.fetch_add(1, Ordering::Relaxed);
                json!({
                    "issuer": ISSUER, "authorization_endpoint": "https://id.example/authorize",
                    "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
                    "response_types_supported": ["code"], "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["ES256"],
                })
            }
            _ => json!({"keys": []}),
        };
        let answer = HttpResponse::new(body.to_string().into_bytes());
        Ok(answer)
    }
}

impl System for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.now.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

impl World {
    fn pass(&self, time: Duration) {
        self.now.fetch_add(i64::try_from(time.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// How often the provider was asked since this was asked last.
    fn asked(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

fn start() -> (Arc<World>, Discovery) {
    let world = Arc::new(World::default());
    (world.clone(), Discovery::new(ISSUER.to_owned(), PrivateWeb(world.clone()), world))
}

#[tokio::test]
async fn a_description_is_read_once_in_an_hour() {
    let (world, discovery) = start();
    for _ in 0..3 {
        discovery.document().await.unwrap();
    }
    assert_eq!(world.asked(), 1);
    world.pass(FRESH);
    discovery.document().await.unwrap();
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn a_provider_that_is_away_is_believed_for_a_day_and_asked_once_a_minute() {
    let (world, discovery) = start();
    world.away.store(true, Ordering::Relaxed);
    assert!(discovery.document().await.is_err(), "nothing is known of it");
    world.away.store(false, Ordering::Relaxed);
    discovery.document().await.unwrap();
    world.away.store(true, Ordering::Relaxed);
    world.pass(FRESH);
    world.asked();
    for _ in 0..3 {
        assert!(discovery.document().await.is_ok());
    }
    assert_eq!(world.asked(), 1);
    world.pass(KEPT - FRESH);
    assert!(discovery.document().await.is_err());
}

#[tokio::test]
async fn unknown_keys_have_the_keys_read_again_once_a_minute() {
    let (world, discovery) = start();
    let seen = discovery.document().await.unwrap();
    assert!(discovery.renewed(&seen).await.unwrap().is_none(), "it has just been read");
    world.pass(PAUSE);
    world.asked();
    let newer = discovery.renewed(&seen).await.unwrap().unwrap();
    // Whoever saw the older one gets the newer one, and nobody asks again.
    assert!(Arc::ptr_eq(&discovery.renewed(&seen).await.unwrap().unwrap(), &newer));
    assert!(discovery.renewed(&newer).await.unwrap().is_none());
    assert_eq!(world.asked(), 1);
}

#[tokio::test]
async fn nobody_is_spoken_to_in_the_clear_but_this_machine() {
    let web = PrivateWeb(Arc::new(World::default()));
    let get = |uri: &str| openidconnect::http::Request::get(uri).body(Vec::new()).unwrap();
    assert!(matches!(web.send(get("http://id.example/keys")).await, Err(StoreError::Fault { .. })));
    for uri in ["https://id.example/keys", "http://127.0.0.1:1/keys"] {
        assert!(web.send(get(uri)).await.is_ok(), "{uri}");
    }
}
