//! Counters in the cache, on one real node and on a real cluster of three: whoever moved a counter sees the move, and so does everyone
//! after them, however far the table's counters are behind.

mod simulation;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

use redis::aio::MultiplexedConnection;
use shared::{
    adapters::{calls::Calls, redis::Redis, system::OperatingSystem},
    domain::{
        ArticleId, RelationId, Timestamp,
        counting::{Move, Moved, Reaction},
        reaction::ArticleCounters,
    },
    ports::{
        cache::{CacheKey, FillToken, Found, SharedCache as _, Wanted},
        counters::{Begun, CounterCache, Glimpse, Settled},
    },
};
use test_servers::{RedisCluster, RedisNode};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn redis(url: &str) -> Redis {
    let calls: Arc<Calls> = Arc::default();
    Redis::new(&url.parse().unwrap(), calls, Arc::new(OperatingSystem::default())).unwrap()
}

fn like(number: u8) -> Move {
    Move::came(Reaction::Like, RelationId::from_bytes([number; 16]))
}

fn unlike(number: u8) -> Move {
    Move { came: false, ..like(number) }
}

fn table(likes: u64, version: u64) -> ArticleCounters {
    ArticleCounters { likes, version, ..ArticleCounters::default() }
}

/// The counters of one article in a cache.
struct Counters<'a> {
    cache: &'a Redis,
    article: ArticleId,
    version: AtomicU64,
    now: Timestamp,
}

impl<'a> Counters<'a> {
    fn of(cache: &'a Redis, number: u8) -> Self {
        Self { cache, article: ArticleId::from_bytes([number; 16]), version: AtomicU64::new(1_000_000), now: NOW }
    }

    async fn look(&self) -> Glimpse {
        self.cache.look(&[self.article], None, self.now).await.unwrap().remove(0)
    }

    async fn moved(&self, moved: Move) -> Glimpse {
        self.cache.moved(self.article, moved, self.now, &[]).await.unwrap()
    }

    /// A reader finds nothing and stores what the table has.
    async fn load(&self, counters: ArticleCounters) {
        let Begun::Read(Some(token), _) = self.begin(77).await else { panic!("something is there") };
        self.fill(token.0, &counters).await.unwrap();
    }

    async fn begin(&self, token: u64) -> Begun {
        self.cache.begin(self.article, FillToken(token), None, self.now).await.unwrap()
    }

    async fn fill(&self, token: u64, counters: &ArticleCounters) -> Option<ArticleCounters> {
        let version = self.version.fetch_add(1_000, std::sync::atomic::Ordering::Relaxed);
        CounterCache::fill(self.cache, self.article, FillToken(token), counters, version, self.now).await.unwrap()
    }

    async fn announce(&self, writer: u64) {
        self.cache.announce(FillToken(writer), &[self.article], self.now).await.unwrap();
    }

    /// Writer 0, who has announced nothing or has died, settles.
    async fn settled(&self, counters: ArticleCounters, moves: &[Move]) {
        self.settled_by(0, counters, moves).await;
    }

    async fn settled_by(&self, writer: u64, counters: ArticleCounters, moves: &[Move]) {
        self.settle(writer, counters, moves, false).await;
    }

    async fn settle(&self, writer: u64, counters: ArticleCounters, moves: &[Move], again: bool) {
        let settled = Settled { article: self.article, counters, moves: moves.to_vec(), again };
        self.cache.settled(FillToken(writer), &[settled], self.now).await.unwrap();
    }

    async fn likes(&self) -> Option<u64> {
        match self.look().await {
            Glimpse::Known(counters) => Some(counters.likes),
            Glimpse::Table | Glimpse::Behind => None,
        }
    }
}

async fn a_move_is_seen_before_the_table_has_it_and_counted_once_afterwards(cache: &Redis) {
    let counters = Counters::of(cache, 1);
    let Begun::Read(Some(token), Moved { likes: 0, .. }) = counters.begin(7).await else { panic!("nothing is there") };
    assert_eq!(counters.fill(token.0, &table(5, 2)).await.unwrap().likes, 5);
    let Glimpse::Known(after) = counters.moved(like(1)).await else { panic!("it is known") };
    assert_eq!(after.likes, 6);
    assert_eq!(counters.moved(like(1)).await, Glimpse::Known(after), "told twice");
    counters.settled(table(6, 3), &[like(1)]).await;
    assert_eq!(counters.likes().await, Some(6));
    counters.settled(table(6, 3), &[like(1)]).await;
    assert_eq!(counters.likes().await, Some(6), "settled twice");
}

async fn what_is_read_of_a_table_that_is_behind_is_shown_with_what_it_lacks(cache: &Redis) {
    let counters = Counters::of(cache, 2);
    assert_eq!(counters.moved(like(1)).await, Glimpse::Behind);
    let Begun::Read(Some(token), behind) = counters.begin(7).await else { panic!("nothing is there") };
    assert_eq!(behind.likes, 1);
    assert!(matches!(counters.begin(8).await, Begun::Read(None, _)), "it is another's turn");
    assert_eq!(counters.begin(7).await, Begun::Read(Some(token), behind), "asked again");
    // Another moves it while the table is read.
    counters.moved(like(2)).await;
    assert_eq!(counters.fill(token.0, &table(0, 1)).await.unwrap().likes, 2);
    counters.settled(table(1, 2), &[like(1)]).await;
    assert_eq!(counters.likes().await, Some(2));
    counters.moved(unlike(2)).await;
    assert_eq!(counters.likes().await, Some(1));
    counters.settled(table(1, 3), &[like(2), unlike(2)]).await;
    assert_eq!(counters.likes().await, Some(1));
}

async fn what_was_read_before_the_table_moved_is_not_stored_after(cache: &Redis) {
    let counters = Counters::of(cache, 3);
    counters.moved(like(1)).await;
    let Begun::Read(Some(token), behind) = counters.begin(7).await else { panic!("nothing is there") };
    counters.settled(table(1, 2), &[like(1)]).await;
    assert_eq!(counters.fill(token.0, &table(0, 1)).await, None);
    assert_eq!(behind.on(table(0, 1)).likes, 1, "whoever read it knows what it lacks");
    // Nor if somebody said that the table was moved by others.
    let Begun::Read(Some(token), _) = counters.begin(8).await else { panic!("nothing is there") };
    cache.forget(&[(counters.article, u64::MAX)], &[]).await.unwrap();
    assert_eq!(counters.fill(token.0, &table(1, 2)).await, None);
}

async fn nobody_stores_what_they_read_while_somebody_writes(cache: &Redis) {
    let counters = Counters::of(cache, 8);
    counters.moved(like(1)).await;
    let Begun::Read(Some(token), _) = counters.begin(7).await else { panic!("nobody writes") };
    counters.announce(11).await;
    assert_eq!(counters.fill(token.0, &table(1, 2)).await, None, "it may have the move");
    assert!(matches!(counters.begin(8).await, Begun::Read(None, Moved { likes: 1, .. })));
    counters.settled_by(11, table(1, 2), &[like(1)]).await;
    let Begun::Read(Some(token), Moved { likes: 0, .. }) = counters.begin(9).await else { panic!("it was written") };
    assert_eq!(counters.fill(token.0, &table(1, 2)).await.unwrap().likes, 1);
    // A writer who dies is waited for no longer than a write can take.
    counters.announce(12).await;
    cache.forget(&[(counters.article, u64::MAX)], &[]).await.unwrap();
    assert!(matches!(counters.begin(10).await, Begun::Read(None, _)));
    let later = NOW.plus(std::time::Duration::from_secs(6));
    let begun = cache.begin(counters.article, FillToken(10), None, later).await.unwrap();
    assert!(matches!(begun, Begun::Read(Some(_), _)));
}

async fn the_stream_may_be_faster_than_whoever_made_the_move(cache: &Redis) {
    let counters = Counters::of(cache, 4);
    let Begun::Read(Some(token), _) = counters.begin(7).await else { panic!("nothing is there") };
    counters.fill(token.0, &table(0, 1)).await.unwrap();
    counters.settled(table(1, 2), &[like(1)]).await;
    assert_eq!(counters.likes().await, Some(1));
    counters.moved(like(1)).await;
    assert_eq!(counters.likes().await, Some(1));
}

async fn shards_that_write_at_once_are_told_apart_and_moves_under_way_outlive_being_forgotten(cache: &Redis) {
    let counters = Counters::of(cache, 5);
    let Begun::Read(Some(token), _) = counters.begin(7).await else { panic!("nothing is there") };
    counters.fill(token.0, &table(0, 1)).await.unwrap();
    for number in 1..=3 {
        counters.moved(like(number)).await;
    }
    // Two shards write, and tell in the other order what they have been told.
    counters.announce(21).await;
    counters.announce(22).await;
    counters.settled_by(22, table(2, 3), &[like(2)]).await;
    assert_eq!(counters.likes().await, Some(3), "the table's number has the other's move");
    counters.settled_by(21, table(1, 2), &[like(1)]).await;
    assert_eq!(counters.likes().await, Some(3), "the table's number lacks the other's move");
    cache.forget(&[(counters.article, 1)], &[]).await.unwrap();
    assert_eq!(counters.likes().await, Some(3), "nothing older is there");
    cache.forget(&[(counters.article, 4)], &[]).await.unwrap();
    assert_eq!(counters.look().await, Glimpse::Behind);
    let Begun::Read(_, behind) = counters.begin(7).await else { panic!("it was forgotten") };
    assert_eq!(behind, Moved { likes: 1, collects: 0 });
}

async fn moves_that_nobody_settles_are_believed_for_ten_minutes(cache: &Redis) {
    let counters = Counters::of(cache, 6);
    counters.moved(like(1)).await;
    let later = NOW.plus(std::time::Duration::from_secs(601));
    let glimpse = cache.look(&[counters.article], None, later).await.unwrap().remove(0);
    assert_eq!(glimpse, Glimpse::Table);
}

async fn they_are_found_as_a_cached_value_of_another_version_after_each_move(cache: &Redis) {
    let counters = Counters::of(cache, 7);
    let Begun::Read(Some(token), _) = counters.begin(7).await else { panic!("nothing is there") };
    counters.fill(token.0, &table(0, 1)).await.unwrap();
    let key = CacheKey::new("counters", &counters.article.to_string());
    let mut known = None;
    for number in 1..4 {
        counters.moved(like(number)).await;
        let wanted = Wanted { key: key.clone(), known };
        let Found::Entry(entry) = cache.read(&[wanted]).await.unwrap().remove(0) else { panic!("it has moved") };
        let found: ArticleCounters = serde_json::from_slice(&entry.value.unwrap()).unwrap();
        assert_eq!((found.likes, found.version), (u64::from(number), entry.version));
        known = Some(entry.version);
        let wanted = Wanted { key: key.clone(), known };
        assert!(matches!(cache.read(&[wanted]).await.unwrap().remove(0), Found::Same { .. }));
    }
}

async fn a_move_that_is_told_again_after_it_was_settled_is_none(cache: &Redis) {
    let counters = Counters::of(cache, 9);
    counters.load(table(0, 1)).await;
    counters.moved(like(1)).await;
    counters.settled(table(1, 2), &[like(1)]).await;
    // The connection broke before the answer came: what was sent is sent again, and again by whoever repeats the request.
    for _ in 0..2 {
        counters.moved(like(1)).await;
        assert_eq!(counters.likes().await, Some(1));
    }
}

async fn a_batch_that_was_counted_before_adds_nothing_to_counters_that_may_have_it(cache: &Redis) {
    let counters = Counters::of(cache, 10);
    counters.moved(like(1)).await;
    // The first shard counts the like and dies. A reader finds it in the table and in the list.
    counters.load(table(1, 2)).await;
    // The second shard has written and not settled; the repetition of the first finds its own like and the other's.
    counters.moved(like(2)).await;
    counters.announce(32).await;
    counters.announce(31).await;
    counters.settle(31, table(2, 3), &[like(1)], true).await;
    assert_eq!(counters.look().await, Glimpse::Behind, "nobody knows what they had");
    counters.settled_by(32, table(2, 3), &[like(2)]).await;
    counters.load(table(2, 3)).await;
    assert_eq!(counters.likes().await, Some(2));
    // Whoever writes alone knows all of it.
    counters.moved(like(3)).await;
    counters.settle(33, table(3, 4), &[like(3)], true).await;
    assert_eq!(counters.likes().await, Some(3));
}

async fn contract(url: &str) {
    let cache = &redis(url);
    a_move_is_seen_before_the_table_has_it_and_counted_once_afterwards(cache).await;
    what_is_read_of_a_table_that_is_behind_is_shown_with_what_it_lacks(cache).await;
    what_was_read_before_the_table_moved_is_not_stored_after(cache).await;
    nobody_stores_what_they_read_while_somebody_writes(cache).await;
    the_stream_may_be_faster_than_whoever_made_the_move(cache).await;
    shards_that_write_at_once_are_told_apart_and_moves_under_way_outlive_being_forgotten(cache).await;
    moves_that_nobody_settles_are_believed_for_ten_minutes(cache).await;
    they_are_found_as_a_cached_value_of_another_version_after_each_move(cache).await;
    a_move_that_is_told_again_after_it_was_settled_is_none(cache).await;
    a_batch_that_was_counted_before_adds_nothing_to_counters_that_may_have_it(cache).await;
}

#[tokio::test]
async fn one_node_keeps_the_contract_of_counters() {
    let node = RedisNode::start();
    contract(&node.url()).await;
}

/// What may happen to an article's keys without anybody meaning it.
struct Keys {
    connection: MultiplexedConnection,
}

impl Keys {
    async fn of(node: &RedisNode) -> Self {
        let client = redis::Client::open(node.url()).unwrap();
        Self { connection: client.get_multiplexed_async_connection().await.unwrap() }
    }

    async fn of_article(&mut self, article: ArticleId) -> Vec<String> {
        let pattern = format!("*{article}*");
        redis::cmd("KEYS").arg(pattern).query_async(&mut self.connection).await.unwrap()
    }

    /// The key of `article` that begins with `kind` is gone, as any may be.
    async fn lose(&mut self, kind: &str, article: ArticleId) {
        for key in self.of_article(article).await.into_iter().filter(|key| key.starts_with(kind)) {
            let _: u64 = redis::cmd("DEL").arg(key).query_async(&mut self.connection).await.unwrap();
        }
    }

    /// Time passes for the article's keys: those whose life ends by then are gone.
    async fn pass(&mut self, article: ArticleId, time: Duration) {
        for key in self.of_article(article).await {
            let life: i64 = redis::cmd("PTTL").arg(&key).query_async(&mut self.connection).await.unwrap();
            assert!(life > 0, "{key} lives for ever");
            let left = life - i64::try_from(time.as_millis()).unwrap();
            // A life that is not above 0 ends at once.
            let _: u64 = redis::cmd("PEXPIRE").arg(&key).arg(left).query_async(&mut self.connection).await.unwrap();
        }
    }
}

#[tokio::test]
async fn counters_whose_moves_were_lost_are_read_anew() {
    let node = RedisNode::start();
    let (cache, mut keys) = (redis(&node.url()), Keys::of(&node).await);
    for (number, unlike_them) in [(20, false), (21, true)] {
        let counters = Counters::of(&cache, number);
        let moves = [1, 2].map(|number| if unlike_them { unlike(number) } else { like(number) });
        counters.load(table(2, 2)).await;
        for moved in moves {
            counters.moved(moved).await;
        }
        keys.lose("moves:", counters.article).await;
        let settled = if unlike_them { 0 } else { 4 };
        counters.settled(table(settled, 3), &moves).await;
        assert_eq!(counters.look().await, Glimpse::Table);
        counters.load(table(settled, 3)).await;
        assert_eq!(counters.likes().await, Some(settled));
    }
    // Whoever moves them next, or is about to read, notices as well.
    let counters = Counters::of(&cache, 22);
    counters.load(table(0, 1)).await;
    counters.moved(like(1)).await;
    keys.lose("moves:", counters.article).await;
    assert_eq!(counters.moved(like(2)).await, Glimpse::Behind);
    counters.load(table(1, 2)).await;
    assert_eq!(counters.likes().await, Some(2));
    keys.lose("moves:", counters.article).await;
    assert!(matches!(counters.begin(5).await, Begun::Read(Some(_), Moved { likes: 0, .. })));
}

#[tokio::test]
async fn counters_live_no_longer_than_the_oldest_move_that_they_have() {
    let node = RedisNode::start();
    let (cache, mut keys) = (redis(&node.url()), Keys::of(&node).await);
    let mut counters = Counters::of(&cache, 23);
    // Counted in the table; that it is settled the cache is not told.
    counters.moved(like(1)).await;
    let mut pass = async |counters: &mut Counters<'_>, seconds| {
        let time = Duration::from_secs(seconds);
        counters.now = counters.now.plus(time);
        keys.pass(counters.article, time).await;
    };
    pass(&mut counters, 540).await;
    counters.load(table(1, 2)).await;
    assert_eq!(counters.likes().await, Some(2));
    counters.moved(like(2)).await;
    counters.settled(table(2, 3), &[like(2)]).await;
    pass(&mut counters, 61).await;
    assert_eq!(counters.look().await, Glimpse::Table, "nobody has settled the first for ten minutes");
    counters.load(table(2, 3)).await;
    assert_eq!(counters.likes().await, Some(2));
}

#[tokio::test]
async fn a_cluster_keeps_the_contract_of_counters() {
    let cluster = RedisCluster::start();
    contract(&cluster.url()).await;
}
