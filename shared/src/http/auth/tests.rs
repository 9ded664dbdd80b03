//! What requests are taken for, whatever is known of their session.

use std::sync::Mutex;

use async_trait::async_trait;
use axum::{Router, body::Body, middleware::Next, routing::get};
use http::{HeaderMap, Request, StatusCode, header};
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
        tokens::TokenSigner as _,
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
    async fn arrive(&self, arrival: &Arrival, _: RequestId, _: Timestamp) -> Result<Arrived, StoreError> {
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

/// What a request of `agent` gets, `age` seconds after its token was issued and its session began: the statuses of what anyone may read
/// and of what only somebody may do, and the headers of the latter.
async fn ask(
    cached: Option<Known>,
    stored: Option<SessionState>,
    agent: Option<&str>,
    age: u64,
) -> (u16, u16, HeaderMap) {
    ask_signing(cached, stored, agent, age, true).await
}

async fn ask_signing(
    cached: Option<Known>,
    stored: Option<SessionState>,
    agent: Option<&str>,
    age: u64,
    signs: bool,
) -> (u16, u16, HeaderMap) {
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
        sessions: Some(world.clone()),
        renewals: if signs { Some(signer) } else { None },
        system: world,
    };
    let door = Arc::new(Door {
        entrance: Arc::new(entrance),
        limits: RateLimits::Off,
        proxies: TrustedProxies::default(),
        class: |_| RouteClass::Read,
        prefetch: Arc::new(|_| Vec::new()),
    });
    let router = Router::new()
        .route("/public", get(|_: MaybeViewer| async { "read" }))
        .route("/own", get(|viewer: Viewer| async move { viewer.token }))
        .layer(axum::middleware::from_fn(move |request: Request<Body>, next: Next| {
            let door = door.clone();
            async move { door.enter(request, next).await }
        }));
    let mut statuses = Vec::new();
    let mut headers = HeaderMap::new();
    for path in ["/public", "/own"] {
        let mut request = Request::builder().uri(path).header(header::AUTHORIZATION, format!("Token {token}"));
        if let Some(agent) = agent {
            request = request.header(header::USER_AGENT, agent);
        }
        let answer = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        statuses.push(answer.status().as_u16());
        headers = answer.headers().clone();
    }
    (statuses[0], statuses[1], headers)
}

#[tokio::test]
async fn a_session_whose_state_cannot_be_read_reads_what_is_public_and_does_nothing_else() {
    let (public, own, _) = ask(None, None, Some("curl/8"), 0).await;
    assert_eq!((public, own), (200, StatusCode::SERVICE_UNAVAILABLE.as_u16()));
    let (public, own, _) = ask(nothing_cached(), None, Some("curl/8"), 0).await;
    assert_eq!((public, own), (200, 503));
    let (public, own, _) = ask(None, Some(live("curl")), Some("curl/8"), 0).await;
    assert_eq!((public, own), (200, 200), "the tables are enough");
}

#[tokio::test]
async fn an_ended_session_opens_nothing_whoever_says_that_it_ended() {
    let ended = Known { session: Some(SessionState::Ended), rights: None };
    let (public, own, _) = ask(Some(ended), Some(live("curl")), Some("curl/8"), 0).await;
    assert_eq!((public, own), (401, 401));
    let (public, own, _) = ask(None, Some(SessionState::Ended), Some("curl/8"), 0).await;
    assert_eq!((public, own), (401, 401));
    let all = Rights { role: Role::Author, epoch: 1, ended_before: 1, kept: None };
    let known = Known { session: Some(live("curl")), rights: Some(all) };
    let (public, own, _) = ask(Some(known), Some(live("curl")), Some("curl/8"), 0).await;
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
        let (public, own, _) = ask(nothing_cached(), Some(live(session)), agent, 0).await;
        assert_eq!((public, own), (status, status), "{session} {agent:?}");
    }
}

#[tokio::test]
async fn a_token_in_its_last_third_brings_a_new_one_along() {
    let renewed = async |age, signs| {
        let (_, own, headers) = ask_signing(nothing_cached(), Some(live("curl")), Some("curl/8"), age, signs).await;
        (own, headers.contains_key("x-access-token"))
    };
    assert_eq!(renewed(599, true).await, (200, false));
    assert_eq!(renewed(600, true).await, (200, true));
    assert_eq!(renewed(899, true).await, (200, true));
    assert_eq!(renewed(899, false).await, (200, false), "a function without the key");
    assert_eq!(renewed(910, true).await, (401, false), "an expired token");
}

#[tokio::test]
async fn an_ended_session_gets_no_new_token() {
    let (_, own, headers) = ask(nothing_cached(), Some(SessionState::Ended), Some("curl/8"), 700).await;
    assert_eq!((own, headers.contains_key("x-access-token")), (401, false));
}
