//! The platform's clients before services that are away, stuck, or back.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::future::join_all;
use shared::{
    adapters::{
        aws::{AwsCredentials, AwsRegion, AwsSettings, Timeouts},
        calls::Calls,
        dynamodb::{DynamoSettings, SessionTable, StateTables, TableNames, UserTable},
        host::Host,
        redis::Redis,
        system::OperatingSystem,
    },
    domain::{RequestId, SessionId, Timestamp, UserId, session::Identity},
    ports::{
        StoreError,
        arrivals::{Arrival, Arrivals as _, Arrived},
        sessions::{SESSION_STATES, SessionStates as _},
    },
};
use test_servers::{Clock, RedisNode};

/// Something that accepts connections and answers nothing; or, once it is to pass, hands what comes to a real server.
struct Door {
    address: SocketAddr,
    passes: Arc<AtomicBool>,
    knocks: Arc<AtomicUsize>,
}

impl Door {
    /// A stuck door before the server at `port`.
    fn before(port: u16) -> Self {
        let mut held = Vec::new();
        Self::new(move |stream, open| {
            if open {
                let server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                join(stream.try_clone().unwrap(), server.try_clone().unwrap());
                join(server, stream);
            } else {
                held.push(stream);
            }
        })
    }

    /// A door that ends each connection at once.
    fn slammed() -> Self {
        Self::new(|stream, _| drop(stream))
    }

    fn new(mut receive: impl FnMut(TcpStream, bool) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (passes, knocks) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (open, counted) = (passes.clone(), knocks.clone());
        thread::spawn(move || {
            for stream in listener.incoming() {
                counted.fetch_add(1, Ordering::Relaxed);
                receive(stream.unwrap(), open.load(Ordering::Relaxed));
            }
        });
        Self { address, passes, knocks }
    }

    fn knocks(&self) -> usize {
        self.knocks.load(Ordering::Relaxed)
    }
}

/// Copies what comes from one into the other until it ends.
fn join(mut from: TcpStream, mut into: TcpStream) {
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if into.write_all(&bytes[..count]).is_err() {
                return;
            }
        }
    });
}

fn unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable { .. }))
}

fn session() -> SessionId {
    SessionId::new(Timestamp::from_millis(0), [7; 10])
}

/// A client of a Redis behind a stuck door.
struct BeforeRedis {
    door: Door,
    clock: Arc<Clock>,
    calls: Arc<Calls>,
    redis: Redis,
    _node: RedisNode,
}

impl BeforeRedis {
    fn at(clock: Clock) -> Self {
        let node = RedisNode::start();
        let door = Door::before(node.port());
        let (clock, calls) = (Arc::new(clock), Arc::new(Calls::default()));
        let url = format!("redis://{}", door.address).parse().unwrap();
        let redis = Redis::new(&url, calls.clone(), clock.clone()).unwrap();
        Self { door, clock, calls, redis, _node: node }
    }

    /// Round trips since it was last asked.
    fn waves(&self) -> u64 {
        self.calls.take().tallies.get("Redis").map_or(0, |tally| tally.calls)
    }
}

/// A request, the `n`-th, which asks for a session.
async fn arrive(redis: &Redis, n: u16) -> Result<Arrived, StoreError> {
    let identity = Identity { user_id: UserId::new(Timestamp::from_millis(0), [7; 10]), session_id: session() };
    let [high, low] = n.to_be_bytes();
    let id = RequestId::new(Timestamp::from_millis(0), [high, low, 0, 0, 0, 0, 0, 0, 0, 0]);
    redis.arrive(Arrival { session: Some(identity), ..Arrival::default() }, id, Timestamp::from_millis(0)).await
}

#[tokio::test]
async fn a_stuck_redis_is_waited_for_three_times_and_found_again_when_it_is_back() {
    let before = BeforeRedis::at(Clock::standing(Timestamp::from_millis(0)));
    let BeforeRedis { door, clock, redis, .. } = &before;
    let waves = || before.waves();

    for _ in 0..50 {
        assert!(unavailable(&redis.connect().await));
    }
    assert_eq!(waves(), 3, "the others did not even try");
    let knocks = door.knocks();
    clock.pass(Duration::from_secs(1));
    for _ in 0..50 {
        assert!(unavailable(&redis.connect().await));
    }
    assert_eq!(waves(), 1, "one probe");
    assert!(door.knocks() <= knocks + 2, "and no more connections than the probe's");

    door.passes.store(true, Ordering::Relaxed);
    clock.pass(Duration::from_secs(2));
    let mut probes = 0;
    while unavailable(&redis.connect().await) {
        // The probe may have found a connection that was still being made to the stuck server.
        probes += 1;
        assert!(probes < 5, "it is not found again");
        clock.pass(Duration::from_secs(15));
    }
    waves();
    for _ in 0..10 {
        redis.connect().await.unwrap();
    }
    assert_eq!(waves(), 10, "all traffic is back");
}

#[tokio::test]
async fn a_crowd_before_a_stuck_redis_goes_together_then_each_alone_and_then_not_at_all() {
    let before = BeforeRedis::at(Clock::standing(Timestamp::from_millis(0)));
    let BeforeRedis { door, clock, redis, .. } = &before;
    let waves = || before.waves();
    let arrive = |n| arrive(redis, n);

    let crowd = join_all((0..200).map(arrive)).await;
    assert!(crowd.iter().all(unavailable));
    assert_eq!(waves(), 1, "all of them together");
    // Now that it is in doubt whether it answers, each goes alone: three in a row are believed.
    let crowd = join_all((0..200).map(arrive)).await;
    assert!(crowd.iter().all(unavailable));
    assert_eq!(waves(), 200);
    let crowd = join_all((0..200).map(arrive)).await;
    assert!(crowd.iter().all(unavailable));
    assert_eq!(waves(), 0, "the breaker is open");

    door.passes.store(true, Ordering::Relaxed);
    let mut probes = 0;
    while arrive(1).await.is_err() {
        probes += 1;
        assert!(probes < 5, "it is not found again");
        clock.pass(Duration::from_secs(15));
    }
    waves();
    let crowd = join_all((0..50).map(arrive)).await;
    assert!(crowd.iter().all(Result::is_ok));
    assert_eq!(waves(), 1, "and all go together again");
}

#[tokio::test]
async fn who_waited_long_behind_a_round_trip_that_fails_fails_with_it_and_who_just_came_goes_next() {
    let before = BeforeRedis::at(Clock::simulated(Timestamp::from_millis(0)));
    let BeforeRedis { clock, redis, .. } = &before;
    let waves = || before.waves();
    let spawn = |n: u16| {
        let redis = redis.clone();
        tokio::spawn(async move { arrive(&redis, n).await })
    };
    let first = spawn(1);
    while waves() == 0 {
        tokio::task::yield_now().await;
    }
    let waits = spawn(2);
    tokio::task::yield_now().await;
    clock.pass(Duration::from_millis(300));
    let just_came = spawn(3);
    assert!(unavailable(&first.await.unwrap()) && unavailable(&waits.await.unwrap()));
    assert!(!just_came.is_finished(), "who had just come tries");
    assert!(unavailable(&just_came.await.unwrap()));
    assert_eq!(waves(), 1);
}

#[tokio::test]
async fn a_redis_that_is_replaced_costs_no_request_its_answer() {
    let mut node = RedisNode::start();
    let system = Arc::new(OperatingSystem::default());
    let redis = Redis::new(&node.url().parse().unwrap(), Arc::default(), system).unwrap();
    redis.connect().await.unwrap();
    node.kill();
    node.restart();
    redis.connect().await.unwrap();
}

#[tokio::test]
async fn a_database_that_ends_every_connection_is_asked_three_times_and_then_spared() {
    let door = Door::slammed();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(SESSION_STATES.to_vec());
    let settings = DynamoSettings(AwsSettings {
        region: AwsRegion("eu-central-1".to_owned()),
        credentials: AwsCredentials {
            access_key_id: "test".to_owned(),
            secret_access_key: "test".to_owned(),
            session_token: None,
        },
        endpoint: Some(format!("http://{}", door.address)),
        timeouts: Timeouts::default(),
    });
    let names =
        TableNames { sessions: Some("sessions".to_owned()), users: Some("users".to_owned()), ..TableNames::default() };
    let dynamo = host.dynamo(&settings, names);
    let sessions = StateTables::new(SessionTable::new(dynamo.clone(), "sessions"), UserTable::new(dynamo, "users"));
    let identity = Identity { user_id: UserId::new(Timestamp::from_millis(0), [1; 10]), session_id: session() };
    for _ in 0..3 {
        assert!(unavailable(&sessions.state(identity, Timestamp::from_millis(0)).await));
    }
    let knocks = door.knocks();
    assert!(knocks > 0);
    for _ in 0..20 {
        assert!(unavailable(&sessions.state(identity, Timestamp::from_millis(0)).await));
    }
    assert!(door.knocks() <= knocks + 1, "{knocks}, then {}: a probe at the most", door.knocks());
}
