//! Requests that come at the same time share a round trip to a real server, and notice nothing of one another.

use std::{net::IpAddr, sync::Arc, time::Duration};

use futures_util::{future::join_all, poll};
use proptest::{collection::vec, prelude::*, sample::select};
use shared::{
    adapters::{calls::Calls, redis::Redis, system::OperatingSystem},
    domain::{
        RequestId, SessionId, Timestamp, UserId,
        limit::{Caller, Quota, RouteClass},
        session::{Identity, Rights},
        user::Role,
    },
    ports::{
        StoreError,
        arrivals::{Arrival, Arrivals as _, Arrived, Count},
        cache::{CacheKey, Entry, FillToken, Found, SharedCache as _, Wanted},
        sessions::SessionCache as _,
    },
};
use test_servers::RedisNode;
use tokio::runtime::Builder;

const MINUTE: Duration = Duration::from_secs(60);
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A client that knows its connection, and whose server knows the scripts.
async fn ready(node: &RedisNode) -> (Redis, Arc<Calls>) {
    let calls = Arc::new(Calls::default());
    let redis = Redis::new(&node.url().parse().unwrap(), calls.clone(), Arc::new(OperatingSystem::default())).unwrap();
    let stranger = count(RouteClass::Read, [192, 0, 2, 99], 5);
    let first = Arrival { counts: vec![stranger], session: None, wanted: vec![wanted("nothing", Some(1))] };
    redis.arrive(first, id(0), NOW).await.unwrap();
    calls.take();
    (redis, calls)
}

fn id(n: u16) -> RequestId {
    let mut random = [0; 10];
    random[..2].copy_from_slice(&n.to_be_bytes());
    RequestId::new(NOW, random)
}

fn count(class: RouteClass, address: [u8; 4], calls: u32) -> Count {
    Count { caller: Caller::Address(IpAddr::from(address)), class, quota: Quota { calls, window: MINUTE } }
}

fn wanted(name: &str, known: Option<u64>) -> Wanted {
    Wanted { key: CacheKey::new("test", name), known }
}

async fn cached(redis: &Redis, name: &str, version: u64) -> Entry {
    let entry = Entry { version, value: Some(name.as_bytes().to_vec()), fresh_until: NOW };
    let key = CacheKey::new("test", name);
    redis.claim(&wanted(name, None), FillToken(1), MINUTE, NOW).await.unwrap();
    assert!(redis.fill(&key, &entry, MINUTE, FillToken(1)).await.unwrap());
    entry
}

/// All of `arrivals` at the same moment.
async fn at_once(redis: &Redis, arrivals: Vec<Arrival>) -> Vec<Result<Arrived, StoreError>> {
    join_all(arrivals.into_iter().zip(1..).map(|(arrival, n)| redis.arrive(arrival, id(n), NOW))).await
}

#[tokio::test]
async fn fifty_at_once_take_one_round_trip_and_exactly_their_quota() {
    let node = RedisNode::start();
    let (redis, calls) = ready(&node).await;
    let entry = cached(&redis, "page", 3).await;
    let visitor = count(RouteClass::Read, [192, 0, 2, 1], 30);
    let arrival = Arrival { counts: vec![visitor], session: None, wanted: vec![wanted("page", None)] };
    calls.take();
    let answers = at_once(&redis, vec![arrival; 50]).await;
    assert_eq!(calls.take().tallies["Redis"].calls, 1);
    for (n, answer) in answers.into_iter().enumerate() {
        let Arrived { allowances, found, .. } = answer.unwrap();
        let left = 29_u32.checked_sub(n as u32);
        assert_eq!((allowances[0].allowed, allowances[0].remaining), (left.is_some(), left.unwrap_or(0)), "call {n}");
        assert_eq!(found, [(wanted("page", None), Found::Entry(entry.clone()))]);
    }
    // One more than a round trip takes needs two.
    at_once(&redis, vec![Arrival { counts: vec![visitor], ..Arrival::default() }; 65]).await;
    assert_eq!(calls.take().tallies["Redis"].calls, 2);
}

#[tokio::test]
async fn what_has_no_answer_is_the_matter_of_those_who_asked_for_it() {
    let node = RedisNode::start();
    let (redis, _) = ready(&node).await;
    let entry = cached(&redis, "sound", 3).await;
    let mut plain = redis::Client::open(node.url()).unwrap().get_connection().unwrap();
    redis::cmd("SET").arg("test:{broken}").arg("no hash").exec(&mut plain).unwrap();
    let visitor = count(RouteClass::Read, [192, 0, 2, 2], 30);
    for (known, used) in [(None, 0), (Some(1), 5)] {
        let asks = |name: Option<&str>| Arrival {
            counts: vec![visitor],
            session: None,
            wanted: name.map(|name| wanted(name, known)).into_iter().collect(),
        };
        let names = [Some("sound"), Some("broken"), None, Some("broken"), Some("sound")];
        let answers = at_once(&redis, names.map(asks).to_vec()).await;
        for ((place, name), answer) in (0..).zip(names).zip(answers) {
            if name == Some("broken") {
                assert!(answer.is_err(), "{answer:?}");
                continue;
            }
            let Arrived { allowances, found, .. } = answer.unwrap();
            assert_eq!(allowances[0].remaining, 29 - used - place);
            let expected = name.map(|name| (wanted(name, known), Found::Entry(entry.clone())));
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>());
        }
    }
}

#[tokio::test]
async fn whoever_leaves_is_not_counted_and_keeps_nobody_waiting() {
    let node = RedisNode::start();
    let (redis, _) = ready(&node).await;
    let visitor = count(RouteClass::Read, [192, 0, 2, 3], 30);
    let arrival = || Arrival { counts: vec![visitor], ..Arrival::default() };
    for n in 0..5 {
        let mut leaves = Box::pin(redis.arrive(arrival(), id(n), NOW));
        assert!(poll!(leaves.as_mut()).is_pending());
    }
    assert_eq!(redis.arrive(arrival(), id(6), NOW).await.unwrap().allowances[0].remaining, 29);
}

/// What a request asks: calls in a window or a bucket by one of some callers, a session, and values with the version that is held.
type Asked = (Vec<(bool, u8)>, Option<u8>, Vec<(u8, Option<u64>)>);

/// The request that asks so; addresses of the test's two halves differ in `half`.
fn arrival(half: u8, case: u8, (counts, session, values): &Asked) -> Arrival {
    let count = |&(window, who): &(bool, u8)| {
        let class = if window { RouteClass::Login } else { RouteClass::Read };
        count(class, [10, half, case, who], 4)
    };
    let session =
        session.map(|n| Identity { user_id: UserId::new(NOW, [n; 10]), session_id: SessionId::new(NOW, [n; 10]) });
    let values = values.iter().map(|(n, known)| wanted(&format!("value{n}"), *known)).collect();
    Arrival { counts: counts.iter().map(count).collect(), session, wanted: values }
}

#[test]
fn everyone_is_answered_as_if_they_had_come_one_after_the_other() {
    let node = RedisNode::start();
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (redis, _) = runtime.block_on(ready(&node));
    runtime.block_on(async {
        cached(&redis, "value0", 1).await;
        cached(&redis, "value1", 2).await;
        let rights = Rights { role: Role::Author, epoch: 1, ended_before: 1, kept: None };
        redis.announce(UserId::new(NOW, [1; 10]), &rights).await.unwrap();
    });
    let asked = (
        vec((any::<bool>(), 0..2_u8), 0..3),
        proptest::option::of(0..3_u8),
        vec((0..3_u8, select(vec![None, Some(1), Some(2)])), 0..4),
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(200));
    let case = std::cell::Cell::new(0_u8);
    let rounds = vec(vec(asked, 1..12), 1..3);
    let outcome = runner.run(&rounds, |rounds| {
        case.set(case.get() + 1);
        runtime.block_on(async {
            for round in &rounds {
                let both =
                    [1, 2].map(|half| round.iter().map(|asked| arrival(half, case.get(), asked)).collect::<Vec<_>>());
                let [alone, together] = both;
                let mut expected = Vec::new();
                for (arrival, n) in alone.into_iter().zip(1..) {
                    expected.push(redis.arrive(arrival, id(n), NOW).await.unwrap());
                }
                let answers: Vec<_> = at_once(&redis, together).await.into_iter().map(Result::unwrap).collect();
                prop_assert_eq!(answers, expected);
            }
            Ok(())
        })
    });
    outcome.unwrap();
}
