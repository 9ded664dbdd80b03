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
    let first = Arrival { counts: vec![stranger], wanted: vec![wanted("nothing", Some(1))], ..Arrival::default() };
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
    let arrival = Arrival { counts: vec![visitor], wanted: vec![wanted("page", None)], ..Arrival::default() };
    calls.take();
    let answers = at_once(&redis, vec![arrival; 50]).await;
    assert_eq!(calls.take().tallies["Redis"].calls, 1);
    for (n, answer) in answers.into_iter().enumerate() {
        let Arrived { allowances, found, .. } = answer.unwrap();
        let left = 29_u32.checked_sub(n as u32);
        assert_eq!((allowances[0].allowed, allowances[0].remaining), (left.is_some(), left.unwrap_or(0)), "call {n}");
        assert_eq!(found, [(wanted("page", None), Found::Entry(entry.clone()))]);
    }
}

#[tokio::test]
async fn what_many_ask_of_a_server_that_has_forgotten_the_scripts_takes_two_round_trips() {
    let node = RedisNode::start();
    let (redis, calls) = ready(&node).await;
    let entry = cached(&redis, "page", 3).await;
    let mut plain = redis::Client::open(node.url()).unwrap().get_connection().unwrap();
    redis::cmd("SCRIPT").arg("FLUSH").exec(&mut plain).unwrap();
    calls.take();
    let visitors = [1, 2].map(|n| count(RouteClass::Read, [192, 0, 2, n], 30));
    let stranger = count(RouteClass::Login, [192, 0, 2, 4], 30);
    let arrival = |n: usize| Arrival {
        counts: vec![visitors[n % 2], stranger],
        wanted: vec![wanted("page", Some(3)), wanted("page", None)],
        ..Arrival::default()
    };
    let answers = at_once(&redis, (0..40).map(arrival).collect()).await;
    assert_eq!(calls.take().tallies["Redis"].calls, 2);
    for (n, answer) in answers.into_iter().enumerate() {
        let Arrived { allowances, found, .. } = answer.unwrap();
        assert_eq!(allowances[0].remaining as usize, 29 - n / 2);
        assert_eq!((allowances[1].allowed, allowances[1].remaining as usize), (n < 30, 29_usize.saturating_sub(n)));
        let same = Found::Same { fresh_until: entry.fresh_until };
        assert_eq!(found.into_iter().map(|(_, found)| found).collect::<Vec<_>>(), [same, Found::Entry(entry.clone())]);
    }
}

#[tokio::test]
async fn nobody_is_answered_by_what_was_asked_before_they_came() {
    let node = RedisNode::start();
    let (redis, calls) = ready(&node).await;
    let arrival = || Arrival { wanted: vec![wanted("page", None)], ..Arrival::default() };
    let mut plain = redis::Client::open(node.url()).unwrap().get_connection().unwrap();
    redis::cmd("CLIENT").arg("PAUSE").arg(200).exec(&mut plain).unwrap();
    let (first, second) = (redis.clone(), redis.clone());
    let first = tokio::spawn(async move { first.arrive(arrival(), id(1), NOW).await });
    let mut under_way = 0;
    while under_way == 0 {
        tokio::task::yield_now().await;
        under_way = calls.take().tallies.get("Redis").map_or(0, |tally| tally.calls);
    }
    // The question of the first one is on its way: who comes now has to ask anew.
    let answer = second.arrive(arrival(), id(2), NOW).await.unwrap();
    assert_eq!(answer.found, [(wanted("page", None), Found::Nothing)]);
    assert!(first.await.unwrap().is_ok());
    assert_eq!((under_way, calls.take().tallies["Redis"].calls), (1, 1));
}

#[tokio::test]
async fn many_versions_are_read_in_parts() {
    let node = RedisNode::start();
    let (redis, _) = ready(&node).await;
    let mut expected = Vec::new();
    for n in 0..70_u64 {
        let entry = cached(&redis, &format!("value{n}"), n + 1).await;
        // The process holds the current version of every other one.
        let held = n % 2 == 0;
        let known = if held { n + 1 } else { n + 2 };
        let found = if held { Found::Same { fresh_until: NOW } } else { Found::Entry(entry) };
        expected.push((wanted(&format!("value{n}"), Some(known)), found));
    }
    let all = expected.iter().map(|(wanted, _)| wanted.clone()).collect();
    let answer = redis.arrive(Arrival { wanted: all, ..Arrival::default() }, id(1), NOW).await.unwrap();
    assert_eq!(answer.found, expected);
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
            wanted: name.map(|name| wanted(name, known)).into_iter().collect(),
            ..Arrival::default()
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
fn arrival(half: u8, case: u16, (counts, session, values): &Asked) -> Arrival {
    let count = |&(window, who): &(bool, u8)| {
        let class = if window { RouteClass::Login } else { RouteClass::Read };
        {
            let [high, low] = case.to_be_bytes();
            count(class, [10 + half, high, low, who], 4)
        }
    };
    let session =
        session.map(|n| Identity { user_id: UserId::new(NOW, [n; 10]), session_id: SessionId::new(NOW, [n; 10]) });
    let values = values.iter().map(|(n, known)| wanted(&format!("value{n}"), *known)).collect();
    Arrival { counts: counts.iter().map(count).collect(), session, wanted: values, view: None }
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
    let case = std::cell::Cell::new(0_u16);
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
