//! Rate limits on one real node and on a real cluster of three: exact for any number of clients at the same time.

use std::{net::IpAddr, sync::Arc, time::Duration};

use futures_util::future::join_all;
use shared::{
    adapters::{calls::Calls, redis::Redis, system::OperatingSystem},
    domain::{
        RequestId, SessionId, Timestamp, UserId,
        agent::Browser,
        limit::{Allowance, Caller, Quota, RouteClass},
        session::{Identity, LiveSession, SessionState},
        user::Role,
    },
    ports::{
        arrivals::{Arrival, Arrivals as _, Arrived, Count},
        cache::{CacheKey, Entry, FillToken, Found, SharedCache as _, Wanted},
        sessions::SessionCache as _,
    },
};
use test_servers::{RedisCluster, RedisNode};

const MINUTE: Duration = Duration::from_secs(60);
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const CLIENTS: u16 = 64;

fn redis(url: &str) -> Redis {
    Redis::new(&url.parse().unwrap(), Arc::new(Calls::default()), Arc::new(OperatingSystem::default())).unwrap()
}

fn id(n: u16) -> RequestId {
    let mut random = [0; 10];
    random[..2].copy_from_slice(&n.to_be_bytes());
    RequestId::new(NOW, random)
}

fn by_address(class: RouteClass, address: &str, calls: u32) -> Count {
    let address: IpAddr = address.parse().unwrap();
    Count { caller: Caller::Address(address), class, quota: Quota { calls, window: MINUTE } }
}

async fn call(redis: &Redis, counts: &[Count], n: u16, now: Timestamp) -> Vec<Allowance> {
    let arrival = Arrival { counts: counts.to_vec(), ..Arrival::default() };
    redis.arrive(arrival, id(n), now).await.unwrap().allowances
}

/// 64 clients with connections of their own call four times each at the same moment.
async fn of_all_calls_at_once_exactly_the_quota_is_allowed(url: &str, class: RouteClass) {
    let count = by_address(class, "192.0.2.1", 100);
    let clients = (0..CLIENTS).map(|client| async move {
        let redis = redis(url);
        let mut allowed = 0;
        for round in 0..4 {
            allowed += usize::from(call(&redis, &[count], client * 4 + round, NOW).await[0].allowed);
        }
        allowed
    });
    assert_eq!(join_all(clients).await.into_iter().sum::<usize>(), 100, "{class:?}");
}

async fn a_bucket_refills_evenly(redis: &Redis) {
    let count = by_address(RouteClass::Write, "192.0.2.2", 60);
    for n in 0..60 {
        assert!(call(redis, &[count], n, NOW).await[0].allowed);
    }
    let empty = call(redis, &[count], 60, NOW).await[0];
    assert_eq!((empty.allowed, empty.remaining, empty.reset), (false, 0, Duration::from_secs(1)));
    assert!(!call(redis, &[count], 61, NOW.plus(Duration::from_millis(999))).await[0].allowed);
    let later = NOW.plus(Duration::from_secs(3));
    let allowed = join_all((0..5).map(|n| call(redis, std::slice::from_ref(&count), 70 + n, later))).await;
    assert_eq!(allowed.iter().filter(|answer| answer[0].allowed).count(), 3);
    let full = call(redis, &[count], 80, NOW.plus(10 * MINUTE)).await[0];
    assert_eq!((full.allowed, full.remaining), (true, 59));
}

async fn a_window_never_holds_more_than_the_quota(redis: &Redis) {
    let count = by_address(RouteClass::Login, "192.0.2.3", 3);
    let seconds = |n| NOW.plus(Duration::from_secs(n));
    for (n, at) in [(1, 0), (2, 20), (3, 40)] {
        assert!(call(redis, &[count], n, seconds(at)).await[0].allowed);
    }
    let full = call(redis, &[count], 4, seconds(50)).await[0];
    assert_eq!((full.allowed, full.remaining, full.reset), (false, 0, Duration::from_secs(10)));
    assert!(call(redis, &[count], 5, seconds(60)).await[0].allowed, "the first is a minute old");
    assert!(!call(redis, &[count], 6, seconds(79)).await[0].allowed);
    assert!(call(redis, &[count], 7, seconds(80)).await[0].allowed);
}

async fn a_clock_that_is_behind_neither_gives_nor_takes(redis: &Redis) {
    let count = by_address(RouteClass::Write, "192.0.2.4", 2);
    let behind = Timestamp::from_millis(NOW.as_millis() - 3_600_000);
    assert!(call(redis, &[count], 1, NOW).await[0].allowed);
    assert!(call(redis, &[count], 2, behind).await[0].allowed);
    assert!(!call(redis, &[count], 3, behind).await[0].allowed);
    assert!(!call(redis, &[count], 4, NOW).await[0].allowed);
}

/// Limits in two dimensions, a session and a cached value, each in a slot of its own.
async fn all_is_asked_in_one_round_trip(url: &str) {
    let calls = Arc::new(Calls::default());
    let redis = Redis::new(&url.parse().unwrap(), calls.clone(), Arc::new(OperatingSystem::default())).unwrap();
    let user = Caller::User(UserId::new(NOW, [7; 10]));
    let session = Identity { user_id: UserId::new(NOW, [7; 10]), session_id: SessionId::new(NOW, [8; 10]) };
    let live = LiveSession { browser: Browser::named("curl"), role: Role::Author, began: 0, seen: 0 };
    let live = SessionState::Live(live);
    redis.remember(session, &live, NOW).await.unwrap();
    let key = CacheKey::new("test", "arrival");
    let entry = Entry { version: 3, value: Some(b"value".to_vec()), fresh_until: NOW };
    let wanted = Wanted { key: key.clone(), known: None };
    redis.claim(&wanted, FillToken(1), MINUTE, NOW).await.unwrap();
    assert!(redis.fill(&key, &entry, MINUTE, FillToken(1)).await.unwrap());
    let quota = Quota { calls: 9, window: MINUTE };
    let arrival = Arrival {
        counts: vec![
            by_address(RouteClass::Read, "192.0.2.5", 5),
            Count { caller: user, class: RouteClass::Read, quota },
        ],
        session: Some(session),
        wanted: vec![Wanted { key: CacheKey::new("test", "nothing"), known: None }, wanted],
    };
    // The first call may teach the server its scripts.
    redis.arrive(arrival.clone(), id(1), NOW).await.unwrap();
    calls.take();
    let Arrived { allowances, session, found } = redis.arrive(arrival.clone(), id(2), NOW).await.unwrap();
    assert_eq!(calls.take().tallies["Redis"].calls, 1);
    assert_eq!(allowances.iter().map(|allowance| allowance.remaining).collect::<Vec<_>>(), [3, 7]);
    assert_eq!(session, Some(live));
    let answers = [Found::Nothing, Found::Entry(entry)];
    assert_eq!(found, arrival.wanted.into_iter().zip(answers).collect::<Vec<_>>());
}

async fn all(url: &str) {
    let one = redis(url);
    for class in [RouteClass::Write, RouteClass::Login] {
        of_all_calls_at_once_exactly_the_quota_is_allowed(url, class).await;
    }
    a_bucket_refills_evenly(&one).await;
    a_window_never_holds_more_than_the_quota(&one).await;
    a_clock_that_is_behind_neither_gives_nor_takes(&one).await;
    all_is_asked_in_one_round_trip(url).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_exact_on_one_node() {
    let node = RedisNode::start();
    all(&node.url()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_exact_on_a_cluster() {
    let cluster = RedisCluster::start();
    all(&cluster.url()).await;
}
