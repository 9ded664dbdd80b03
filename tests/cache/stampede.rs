//! A hot value that expires under a thousand readers in two processes, over one real Redis.

use std::{
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use redis::aio::MultiplexedConnection;
use shared::{
    adapters::{calls::Calls, redis::Redis, system::OperatingSystem},
    cache::{Cache, Policy},
    config,
    domain::Timestamp,
    ports::cache::{CacheKey, Claim, Entry, FillToken, SharedCache as _, Wanted},
};
use test_servers::RedisNode;

use crate::simulation::Value;

const READERS: usize = 500;
const LONG: Duration = Duration::from_secs(60);
/// By this variable a process knows that it is one of the two, and where Redis is.
const PROCESS: &str = "BLOGHUB_TEST_STAMPEDE";

fn redis(url: &str) -> Redis {
    Redis::new(&url.parse().unwrap(), Arc::new(Calls::default()), Arc::new(OperatingSystem::default())).unwrap()
}

fn policy() -> Policy {
    Policy { kind: "hot", fresh: LONG, keep: 2 * LONG, missing: LONG, copies: 1 << 20 }
}

/// A table that counts, in Redis, how often it is read.
async fn load(mut counter: MultiplexedConnection) -> Value {
    let _: u64 = redis::cmd("INCR").arg("loads").query_async(&mut counter).await.unwrap();
    Value { version: 2 }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "one of the two processes of the stampede"]
async fn process() {
    let Some(url) = config::variable(PROCESS) else { return };
    let redis = redis(&url);
    redis.connect().await.unwrap();
    let cache = Arc::new(Cache::<Value>::new(policy(), Arc::new(redis), Arc::new(OperatingSystem::default())));
    let client = redis::Client::open(url).unwrap();
    let counter = client.get_multiplexed_async_connection().await.unwrap();
    // Both begin at the same time.
    let mut start = client.get_connection().unwrap();
    let _: (String, String) = redis::cmd("BLPOP").arg(&["start", "30"]).query(&mut start).unwrap();
    let reader = |_| {
        let (cache, counter) = (cache.clone(), counter.clone());
        tokio::spawn(
            async move { cache.get("one", || async { Ok(Some(load(counter).await)) }).await.unwrap().unwrap() },
        )
    };
    for value in join_all((0..READERS).map(reader)).await {
        let version = value.unwrap().version;
        assert!(version == 1 || version == 2);
        let _: () = redis::cmd("HINCRBY").arg(&["read", &version.to_string(), "1"]).query(&mut start).unwrap();
    }
}

/// Has two processes read at once; answers how often the table was read, and how many readers saw the old and the new value.
fn stampede(node: &RedisNode) -> (u64, u64, u64) {
    let start = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "stampede::process", "--ignored"]).env(PROCESS, node.url()).stdout(Stdio::null());
        command.spawn().unwrap()
    };
    let processes = [start(), start()];
    let _: u64 = node.ask(&["RPUSH", "start", "now", "now"]);
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    let count = |words: &[&str]| node.ask::<Option<u64>>(words).unwrap_or_default();
    (count(&["GET", "loads"]), count(&["HGET", "read", "1"]), count(&["HGET", "read", "2"]))
}

#[test]
fn a_thousand_readers_in_two_processes_load_a_value_that_is_gone_once() {
    let (loads, old, new) = stampede(&RedisNode::start());
    assert_eq!((loads, old, new), (1, 0, 1_000));
}

#[test]
fn a_thousand_readers_in_two_processes_load_a_value_that_is_old_once() {
    let node = RedisNode::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let redis = redis(&node.url());
        let (key, token) = (CacheKey::new("hot", "one"), FillToken(1));
        let wanted = Wanted { key: key.clone(), known: None };
        let past = Timestamp::from_millis(1);
        assert_eq!(redis.claim(&wanted, token, LONG, past).await.unwrap(), Claim::Granted);
        let entry = Entry { version: 1, value: Some(br#"{"version":1}"#.to_vec()), fresh_until: past };
        assert!(redis.fill(&key, &entry, LONG, token).await.unwrap());
    });
    let (loads, old, new) = stampede(&node);
    assert_eq!((loads, old + new), (1, 1_000));
    assert!(new > 0, "whoever loaded it has the new value");
}
