//! The contract of the shared cache, on one real node and on a real cluster of three.

use std::{sync::Arc, time::Duration};

use shared::{
    adapters::{calls::Calls, redis::Redis, system::OperatingSystem},
    domain::Timestamp,
    ports::cache::{CacheKey, Claim, Entry, FillToken, Found, SharedCache, Stale, Wanted},
};
use test_servers::{RedisCluster, RedisNode};

const LONG: Duration = Duration::from_secs(60);
const NOW: Timestamp = Timestamp::from_millis(1_000);
const LATER: Timestamp = Timestamp::from_millis(2_000);

fn redis(url: &str) -> Redis {
    counted(url, &Arc::default())
}

fn counted(url: &str, calls: &Arc<Calls>) -> Redis {
    Redis::new(&url.parse().unwrap(), calls.clone(), Arc::new(OperatingSystem::default())).unwrap()
}

fn key(name: &str) -> CacheKey {
    CacheKey::new("test", name)
}

fn entry(version: u64, value: Option<&str>) -> Entry {
    Entry { version, value: value.map(|value| value.as_bytes().to_vec()), fresh_until: LATER }
}

async fn read(cache: &Redis, name: &str, known: Option<u64>) -> Found {
    cache.read(&[Wanted { key: key(name), known }]).await.unwrap().remove(0)
}

async fn claim(cache: &Redis, name: &str, token: u64) -> Claim {
    let wanted = Wanted { key: key(name), known: None };
    cache.claim(&wanted, FillToken(token), LONG, NOW).await.unwrap()
}

async fn fill(cache: &Redis, name: &str, entry: &Entry, token: u64) -> bool {
    cache.fill(&key(name), entry, LONG, FillToken(token)).await.unwrap()
}

/// Caches `entry` where nothing is.
async fn fill_anew(cache: &Redis, name: &str, entry: &Entry) {
    assert_eq!(claim(cache, name, 99).await, Claim::Granted);
    assert!(fill(cache, name, entry, 99).await);
}

async fn put(cache: &Redis, name: &str, entry: Entry) {
    cache.put(&key(name), &entry, LONG, None, &[]).await.unwrap();
}

/// As a writer who claimed the right under `token`, and may have lost it.
async fn put_under(cache: &Redis, name: &str, entry: Entry, token: u64) {
    cache.put(&key(name), &entry, LONG, Some(FillToken(token)), &[]).await.unwrap();
}

async fn what_is_filled_is_found_and_not_sent_to_who_holds_it(cache: &Redis) {
    assert_eq!(read(cache, "found", None).await, Found::Nothing);
    assert_eq!(read(cache, "found", Some(3)).await, Found::Nothing);
    let stored = entry(3, Some("value"));
    fill_anew(cache, "found", &stored).await;
    assert_eq!(read(cache, "found", None).await, Found::Entry(stored.clone()));
    assert_eq!(read(cache, "found", Some(2)).await, Found::Entry(stored));
    assert_eq!(read(cache, "found", Some(3)).await, Found::Same { fresh_until: LATER });
}

async fn that_there_is_none_is_known_too(cache: &Redis) {
    fill_anew(cache, "none", &entry(0, None)).await;
    assert_eq!(read(cache, "none", None).await, Found::Entry(entry(0, None)));
    assert_eq!(read(cache, "none", Some(7)).await, Found::Entry(entry(0, None)));
    put(cache, "none", entry(1, Some("made"))).await;
    assert_eq!(read(cache, "none", None).await, Found::Entry(entry(1, Some("made"))));
    put(cache, "none", entry(2, None)).await;
    assert_eq!(read(cache, "none", None).await, Found::Entry(entry(2, None)));
}

async fn one_has_the_right_until_it_is_given_back(cache: &Redis) {
    assert_eq!(claim(cache, "right", 1).await, Claim::Granted);
    assert_eq!(claim(cache, "right", 1).await, Claim::Granted, "asking again is no second claim");
    assert_eq!(claim(cache, "right", 2).await, Claim::Held);
    let stored = entry(1, Some("value"));
    assert!(fill(cache, "right", &stored, 1).await);
    assert_eq!(claim(cache, "right", 2).await, Claim::Fresh(Found::Entry(stored)));
    let known = Wanted { key: key("right"), known: Some(1) };
    let fresh = cache.claim(&known, FillToken(2), LONG, NOW).await.unwrap();
    assert_eq!(fresh, Claim::Fresh(Found::Same { fresh_until: LATER }));
    let past = cache.claim(&known, FillToken(2), LONG, LATER).await.unwrap();
    assert_eq!(past, Claim::Granted, "past its freshness it may be made anew");
    assert!(fill(cache, "right", &entry(1, Some("value")), 2).await, "the same version stays for longer");
}

async fn who_lost_the_right_fills_nothing(cache: &Redis) {
    assert!(!fill(cache, "lost", &entry(1, Some("value")), 1).await, "never had it");
    assert_eq!(claim(cache, "lost", 1).await, Claim::Granted);
    put(cache, "lost", entry(2, Some("newer"))).await;
    assert!(!fill(cache, "lost", &entry(1, Some("older")), 1).await, "a writer took it");
    assert_eq!(claim(cache, "lost", 3).await, Claim::Granted);
    cache.evict(&[Stale { key: key("lost"), below: 1 }]).await.unwrap();
    assert!(!fill(cache, "lost", &entry(1, Some("older")), 3).await, "an eviction took it");
    assert_eq!(read(cache, "lost", None).await, Found::Nothing);
}

async fn a_writer_replaces_what_is_older_and_stores_nothing_where_nothing_was(cache: &Redis) {
    put(cache, "put", entry(5, Some("five"))).await;
    assert_eq!(read(cache, "put", None).await, Found::Nothing);
    // Numbers that differ in length and beyond 2^53, where a floating-point number would lose them.
    for version in [9, 10, (1 << 53) + 1, (1 << 53) + 2, u64::MAX - 1] {
        cache.evict(&[Stale { key: key("put"), below: u64::MAX }]).await.unwrap();
        fill_anew(cache, "put", &entry(version, Some("first"))).await;
        put(cache, "put", entry(version - 1, Some("older"))).await;
        assert_eq!(read(cache, "put", None).await, Found::Entry(entry(version, Some("first"))));
        put(cache, "put", entry(version + 1, Some("newer"))).await;
        assert_eq!(read(cache, "put", None).await, Found::Entry(entry(version + 1, Some("newer"))));
    }
}

async fn a_writer_adds_only_under_its_own_right(cache: &Redis) {
    let (one, two) = (entry(1, Some("one")), entry(2, Some("two")));
    put_under(cache, "own", one.clone(), 1).await;
    assert_eq!(read(cache, "own", None).await, Found::Nothing, "never had it");
    assert_eq!(claim(cache, "own", 1).await, Claim::Granted);
    put_under(cache, "own", one.clone(), 2).await;
    assert_eq!(read(cache, "own", None).await, Found::Nothing, "it is another's");
    put_under(cache, "own", one.clone(), 1).await;
    assert_eq!(read(cache, "own", None).await, Found::Nothing, "another writer took it");
    assert_eq!(claim(cache, "own", 1).await, Claim::Granted);
    put_under(cache, "own", one.clone(), 1).await;
    assert_eq!(read(cache, "own", None).await, Found::Entry(one.clone()));
    assert_eq!(claim(cache, "own", 2).await, Claim::Fresh(Found::Entry(one.clone())), "it was given back");
    put(cache, "own", two.clone()).await;
    put_under(cache, "own", one, 1).await;
    assert_eq!(read(cache, "own", None).await, Found::Entry(two), "the newer one stays");
}

async fn an_eviction_removes_what_is_older_only(cache: &Redis) {
    fill_anew(cache, "evict", &entry(10, Some("ten"))).await;
    for below in [9, 10] {
        cache.evict(&[Stale { key: key("evict"), below }]).await.unwrap();
        assert_ne!(read(cache, "evict", None).await, Found::Nothing, "{below}");
    }
    cache.evict(&[Stale { key: key("evict"), below: 11 }]).await.unwrap();
    assert_eq!(read(cache, "evict", None).await, Found::Nothing);
    // And beside what a writer puts.
    for name in ["evict", "beside"] {
        fill_anew(cache, name, &entry(10, Some("ten"))).await;
    }
    let beside = [Stale { key: key("beside"), below: u64::MAX }];
    cache.put(&key("evict"), &entry(11, Some("eleven")), LONG, None, &beside).await.unwrap();
    assert_eq!(read(cache, "evict", None).await, Found::Entry(entry(11, Some("eleven"))));
    assert_eq!(read(cache, "beside", None).await, Found::Nothing);
}

async fn values_of_all_slots_come_in_one_round_trip_in_their_order(cache: &Redis, calls: &Calls) {
    let names: Vec<_> = (0..20).map(|n| format!("many{n}")).collect();
    for (version, name) in (1..).zip(&names) {
        fill_anew(cache, name, &entry(version, Some(name))).await;
    }
    let wanted: Vec<_> =
        (1..).zip(&names).map(|(n, name)| Wanted { key: key(name), known: (n % 2 == 0).then_some(n) }).collect();
    // Each node is told the script once; from then on it knows its hash.
    cache.read(&wanted).await.unwrap();
    calls.take();
    let found = cache.read(&wanted).await.unwrap();
    assert_eq!(calls.take().tallies["Redis"].calls, 1);
    for ((version, name), found) in (1..).zip(&names).zip(found) {
        let expected = if version % 2 == 0 {
            Found::Same { fresh_until: LATER }
        } else {
            Found::Entry(entry(version, Some(name)))
        };
        assert_eq!(found, expected, "{name}");
    }
}

async fn a_value_that_is_too_large_is_not_stored_and_the_older_one_goes(cache: &Redis) {
    let large = "x".repeat(512 * 1024 + 1);
    fill_anew(cache, "large", &entry(1, Some("small"))).await;
    put(cache, "large", entry(2, Some(&large))).await;
    assert_eq!(read(cache, "large", None).await, Found::Nothing);
    assert_eq!(claim(cache, "large", 1).await, Claim::Granted);
    assert!(!fill(cache, "large", &entry(2, Some(&large)), 1).await);
    assert_eq!(claim(cache, "large", 2).await, Claim::Granted, "the right was given back");
}

async fn keeps_its_contract(url: &str) {
    let calls = Arc::new(Calls::default());
    let cache = counted(url, &calls);
    what_is_filled_is_found_and_not_sent_to_who_holds_it(&cache).await;
    that_there_is_none_is_known_too(&cache).await;
    one_has_the_right_until_it_is_given_back(&cache).await;
    who_lost_the_right_fills_nothing(&cache).await;
    a_writer_replaces_what_is_older_and_stores_nothing_where_nothing_was(&cache).await;
    a_writer_adds_only_under_its_own_right(&cache).await;
    an_eviction_removes_what_is_older_only(&cache).await;
    values_of_all_slots_come_in_one_round_trip_in_their_order(&cache, &calls).await;
    a_value_that_is_too_large_is_not_stored_and_the_older_one_goes(&cache).await;
}

#[tokio::test]
async fn one_node_keeps_the_contract_of_the_shared_cache() {
    keeps_its_contract(&RedisNode::start().url()).await;
}

#[tokio::test]
async fn a_cluster_of_three_keeps_the_contract_of_the_shared_cache() {
    let cluster = RedisCluster::start();
    keeps_its_contract(&cluster.url()).await;
    let keys = cluster.nodes().each_ref().map(|node| node.ask::<usize>(&["DBSIZE"]));
    assert!(keys.iter().all(|&keys| keys > 0), "each node has its part: {keys:?}");
}

#[tokio::test]
async fn every_key_has_an_end() {
    let node = RedisNode::start();
    let cache = redis(&node.url());
    fill_anew(&cache, "filled", &entry(1, Some("value"))).await;
    fill_anew(&cache, "put", &entry(1, None)).await;
    put(&cache, "put", entry(2, Some("value"))).await;
    assert_eq!(claim(&cache, "claimed", 1).await, Claim::Granted);
    let keys: Vec<String> = node.ask(&["KEYS", "*"]);
    assert_eq!(keys.len(), 3);
    for key in keys {
        let ttl: i64 = node.ask(&["PTTL", &key]);
        assert!((1..=60_000).contains(&ttl), "{key}: {ttl}");
    }
}
