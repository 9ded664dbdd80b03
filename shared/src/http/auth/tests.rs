//! What requests are taken for, whatever is known of their session.

use std::sync::Mutex;

use async_trait::async_trait;
use axum::{Router, body::Body, extract::Path, middleware::Next, routing::get};
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;

use super::*;
use crate::{
    adapters::jwt::{JwtSigner, JwtVerifier, PrivateKeys},
    domain::{
        RequestId, SessionId,
        agent::Browser,
        limit::RouteClass,
        session::{Known, Rights},
    },
    http::{RateLimits, TrustedProxies, entrance::Door},
    ports::{
        StoreError,
        arrivals::{Arrival, Arrivals, Arrived},
        sessions::{SessionCache, SessionStates},
        system::System,
    },
};

const LIFE: std::time::Duration = std::time::Duration::from_secs(900);

/// A world of one session, a clock that stands still, and a cache and tables that may be away.
struct World {
    now: Mutex<Timestamp>,
    cached: Option<Known>,
    stored: Option<SessionState>,
}

fn away() -> StoreError {
    StoreError::Unavailable { service: "it", source: "is away".into() }
}

impl System for World {
    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn monotonic(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

#[async_trait]
impl Arrivals for World {
    async fn arrive(&self, arrival: Arrival, _: RequestId, _: Timestamp) -> Result<Arrived, StoreError> {
        let known = self.cached.clone().ok_or_else(away)?;
        let session = arrival.session.and_then(|identity| known.state(identity.session_id));
        Ok(Arrived { session, ..Arrived::default() })
    }
}

#[async_trait]
impl SessionStates for World {
    async fn state(&self, _: Identity, _: Timestamp) -> Result<SessionState, StoreError> {
        self.stored.clone().ok_or_else(away)
    }

    async fn ended_with_all(&self, _: Identity, _: Timestamp) -> Result<bool, StoreError> {
        Err(away())
    }
}

#[async_trait]
impl SessionCache for World {
    async fn remember(&self, _: Identity, _: &SessionState, _: Timestamp) -> Result<(), StoreError> {
        Ok(())
    }

    async fn bury(&self, _: Identity) -> Result<(), StoreError> {
        Err(away())
    }

    async fn announce(&self, _: UserId, _: &Rights) -> Result<(), StoreError> {
        Err(away())
    }
}

fn start() -> Timestamp {
    Timestamp::from_millis(1_800_000_000_000)
}

fn live(browser: &str) -> SessionState {
    SessionState::Live(LiveSession { browser: Browser::named(browser), role: Role::Author, began: 0, seen: 0 })
}

fn nothing_cached() -> Option<Known> {
    Some(Known::default())
}

/// What requests of `agent` get, `age` seconds after its token was issued and its session began: the statuses of what anyone may read
/// and of what only somebody may do.
async fn ask(cached: Option<Known>, stored: Option<SessionState>, agent: Option<&str>, age: u64) -> (u16, u16) {
    let function = function(cached, stored, agent, age);
    (function.ask("/public").await.0, function.ask("/own").await.0)
}

/// A function that is asked with one token by one client.
struct Asked {
    router: Router,
    token: String,
    agent: Option<String>,
}

impl Asked {
    /// The status, and whether a new token comes along.
    async fn ask(&self, path: &str) -> (u16, bool) {
        let mut request = Request::builder().uri(path).header(header::AUTHORIZATION, format!("Token {}", self.token));
        if let Some(agent) = &self.agent {
            request = request.header(header::USER_AGENT, agent);
        }
        let answer = self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        (answer.status().as_u16(), answer.headers().contains_key("x-access-token"))
    }
}

fn function(cached: Option<Known>, stored: Option<SessionState>, agent: Option<&str>, age: u64) -> Asked {
    let keys = PrivateKeys::generate("a").unwrap();
    let signer = Arc::new(JwtSigner::new(&keys, LIFE));
    let identity = Identity { user_id: UserId::new(start(), [1; 10]), session_id: SessionId::new(start(), [2; 10]) };
    let token = signer.sign(identity, start()).unwrap();
    let now = start().plus(std::time::Duration::from_secs(age));
    let world = Arc::new(World { now: Mutex::new(now), cached, stored });
    let entrance = Entrance {
        tokens: Arc::new(JwtVerifier::new(&keys.public())),
        arrivals: world.clone(),
        cache: world.clone(),
        sessions: Some(KnownSessions { states: world.clone(), signer }),
        system: world,
    };
    let door = Arc::new(Door {
        entrance: Arc::new(entrance),
        limits: RateLimits::Off,
        proxies: TrustedProxies::default(),
        class: |_| RouteClass::Read,
        prefetch: Arc::new(|_| Vec::new()),
    });
    let answer = |_: Viewer, Path(status): Path<u16>| async move { StatusCode::from_u16(status).unwrap() };
    let router = Router::new()
        .route("/public", get(|_: MaybeViewer| async { "read" }))
        .route("/own", get(|viewer: Viewer| async move { viewer.token }))
        .route("/anyone", get(|| async { "never asks" }))
        .route("/answer/{status}", get(answer))
        .route("/farewell", get(|_: Viewer| async { (SessionEnded, StatusCode::NO_CONTENT) }))
        .layer(axum::middleware::from_fn(move |request: Request<Body>, next: Next| {
            let door = door.clone();
            async move { door.enter(request, next).await }
        }));
    Asked { router, token, agent: agent.map(str::to_owned) }
}

#[tokio::test]
async fn a_session_whose_state_cannot_be_read_reads_what_is_public_and_does_nothing_else() {
    let (public, own) = ask(None, None, Some("curl/8"), 0).await;
    assert_eq!((public, own), (200, StatusCode::SERVICE_UNAVAILABLE.as_u16()));
    let (public, own) = ask(nothing_cached(), None, Some("curl/8"), 0).await;
    assert_eq!((public, own), (200, 503));
    let (public, own) = ask(None, Some(live("curl")), Some("curl/8"), 0).await;
    assert_eq!((public, own), (200, 200), "the tables are enough");
}

#[tokio::test]
async fn an_ended_session_opens_nothing_whoever_says_that_it_ended() {
    let ended = Known { session: Some(SessionState::Ended), rights: None };
    let (public, own) = ask(Some(ended), Some(live("curl")), Some("curl/8"), 0).await;
    assert_eq!((public, own), (401, 401));
    let (public, own) = ask(None, Some(SessionState::Ended), Some("curl/8"), 0).await;
    assert_eq!((public, own), (401, 401));
    let all = Rights { role: Role::Author, epoch: 1, ended_before: 1, kept: None };
    let known = Known { session: Some(live("curl")), rights: Some(all) };
    let (public, own) = ask(Some(known), Some(live("curl")), Some("curl/8"), 0).await;
    assert_eq!((public, own), (401, 401));
}

#[tokio::test]
async fn a_token_is_good_for_the_family_of_clients_that_began_its_session() {
    for (session, agent, status) in [
        ("curl", Some("curl/8.5.0"), 200),
        ("curl", Some("curl/9.0.0"), 200),
        ("curl", Some("okhttp/4.12.0"), 401),
        ("curl", None, 401),
        ("none", None, 200),
        ("none", Some(""), 200),
        ("none", Some("curl/8.5.0"), 401),
        ("firefox", Some("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"), 200),
        ("firefox", Some("Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"), 401),
    ] {
        let (public, own) = ask(nothing_cached(), Some(live(session)), agent, 0).await;
        assert_eq!((public, own), (status, status), "{session} {agent:?}");
    }
}

#[tokio::test]
async fn a_token_in_its_last_third_brings_a_new_one_along_whoever_knows_its_session() {
    let cached = Known { session: Some(live("curl")), rights: None };
    for (cached, stored) in [(Some(cached), None), (nothing_cached(), Some(live("curl"))), (None, Some(live("curl")))] {
        for (age, expected) in [(599, (200, false)), (600, (200, true)), (899, (200, true)), (910, (401, false))] {
            let function = function(cached.clone(), stored.clone(), Some("curl/8"), age);
            for path in ["/public", "/own"] {
                assert_eq!(function.ask(path).await, expected, "{path} after {age} s");
            }
            let unasked = function.ask("/anyone").await;
            assert_eq!(unasked, (200, false), "nobody has looked at the session after {age} s");
        }
    }
}

#[tokio::test]
async fn a_session_that_does_not_live_or_that_nobody_knows_gets_no_new_token() {
    let ended = function(nothing_cached(), Some(SessionState::Ended), Some("curl/8"), 700);
    assert_eq!((ended.ask("/public").await, ended.ask("/own").await), ((401, false), (401, false)));
    let elsewhere = function(nothing_cached(), Some(live("curl")), Some("okhttp/4.12.0"), 700);
    assert_eq!((elsewhere.ask("/public").await, elsewhere.ask("/own").await), ((401, false), (401, false)));
    let unknown = function(None, None, Some("curl/8"), 700);
    assert_eq!((unknown.ask("/public").await, unknown.ask("/own").await), ((200, false), (503, false)));
}

#[tokio::test]
async fn what_is_refused_for_other_reasons_than_the_token_brings_a_new_one_along() {
    let function = function(nothing_cached(), Some(live("curl")), Some("curl/8"), 700);
    for status in [200, 201, 202, 204, 400, 403, 404, 409, 410, 412, 413, 415, 422] {
        assert_eq!(function.ask(&format!("/answer/{status}")).await, (status, true));
    }
    for status in [401, 429, 500, 502, 503] {
        assert_eq!(function.ask(&format!("/answer/{status}")).await, (status, false));
    }
}

#[tokio::test]
async fn an_answer_that_has_ended_the_session_brings_no_new_token_along() {
    let function = function(nothing_cached(), Some(live("curl")), Some("curl/8"), 700);
    assert_eq!(function.ask("/farewell").await, (204, false));
}
