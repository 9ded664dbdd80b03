//! Views that wait in the cache, on one real node and on a real cluster of three: each is counted once, and handed over in batches that do
//! not change.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use futures_util::future::join_all;
use shared::{
    adapters::{calls::Calls, redis::Redis, system::OperatingSystem},
    domain::{
        ArticleId, RequestId, Timestamp, UserId,
        idempotency::HmacKey,
        limit::Caller,
        view::{Batch, Part, Reader, View},
    },
    ports::{
        arrivals::{Arrival, Arrivals as _},
        cache::FillToken,
        counters::CounterCache as _,
        views::{Take, Taken, WaitingViews as _},
    },
};
use test_servers::{RedisCluster, RedisNode};

/// When an hour begins.
const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

fn redis(url: &str) -> Redis {
    Redis::new(&url.parse().unwrap(), Arc::<Calls>::default(), Arc::new(OperatingSystem::default())).unwrap()
}

/// Somebody who reads at `now`.
pub(crate) fn reader(number: u8, now: Timestamp) -> Reader {
    let key = HmacKey::parse(&HmacKey::encode([1; 32])).unwrap();
    Reader::new(&key, Caller::User(UserId::from_bytes([number; 16])), now)
}

fn article(number: u8) -> ArticleId {
    ArticleId::from_bytes([number; 16])
}

/// Somebody reads what the process knows already.
async fn arrive(redis: &Redis, article: ArticleId, number: u8, now: Timestamp) {
    let view = View { article, reader: reader(number, now) };
    let id = RequestId::new(now, [number; 10]);
    let arrived = redis.arrive(Arrival { view: Some(view), ..Arrival::default() }, id, now).await.unwrap();
    assert!(arrived.viewed);
}

async fn take(redis: &Redis, part: Part, done: Option<(Batch, Vec<ArticleId>)>, anew: bool) -> Taken {
    redis.take(&[Take { part, done, anew }]).await.unwrap().remove(0)
}

fn views(taken: &Taken) -> BTreeMap<ArticleId, u64> {
    taken.views.iter().copied().collect()
}

async fn whichever_way_a_reader_comes_they_count_once_an_hour(url: &str) {
    // Two processes, neither of which knows what the other has had counted.
    let (one, two) = (redis(url), redis(url));
    let article = article(1);
    for redis in [&one, &two, &one] {
        arrive(redis, article, 1, NOW).await;
    }
    one.look(&[article], Some(reader(1, NOW)), NOW).await.unwrap();
    two.begin(article, FillToken(1), Some(reader(2, NOW)), NOW).await.unwrap();
    join_all((2..40).map(|number| arrive(&one, article, number, NOW))).await;
    // Nobody reads.
    one.look(&[article], None, NOW).await.unwrap();
    // The last moment of the hour, and the first of the next.
    let next = NOW.plus(Duration::from_secs(3_600));
    arrive(&two, article, 1, Timestamp::from_millis(next.as_millis() - 1)).await;
    arrive(&two, article, 1, next).await;
    let taken = take(&one, Part::of(article), None, true).await;
    assert_eq!(views(&taken), BTreeMap::from([(article, 40)]));
}

async fn a_batch_is_what_it_was_until_it_is_done_and_what_comes_meanwhile_is_the_next(url: &str) {
    let redis = redis(url);
    let (first, second) = (article(2), article(2 + Part::COUNT));
    let part = Part::of(first);
    assert_eq!(part, Part::of(second));
    assert!(!take(&redis, part, None, true).await.known, "nobody has asked before");
    arrive(&redis, first, 1, NOW).await;
    arrive(&redis, second, 1, NOW).await;
    assert_eq!(take(&redis, part, None, false).await, Taken { known: true, ..Taken::default() }, "not yet");
    let taken = take(&redis, part, None, true).await;
    let batch = taken.batch.unwrap();
    assert!(taken.fresh && taken.known);
    arrive(&redis, first, 2, NOW).await;
    // Whoever comes after a death gets the same.
    let again = take(&redis, part, None, true).await;
    assert_eq!((again.batch, again.fresh, views(&again)), (Some(batch), false, views(&taken)));

    let left = take(&redis, part, Some((batch, vec![first])), true).await;
    assert_eq!((left.batch, views(&left)), (Some(batch), BTreeMap::from([(second, 1)])));
    let next = take(&redis, part, Some((batch, vec![second])), true).await;
    assert!(next.fresh && next.batch.unwrap() > batch, "though its first view is of the same moment");
    assert_eq!(views(&next), BTreeMap::from([(first, 1)]));
    // Who is late with the batch before takes nothing away.
    let late = take(&redis, part, Some((batch, vec![first])), false).await;
    assert_eq!((late.batch, views(&late)), (next.batch, views(&next)));
    let end = take(&redis, part, Some((next.batch.unwrap(), vec![first])), true).await;
    assert_eq!(end, Taken { known: true, ..Taken::default() });
}

async fn a_large_batch_comes_in_pieces(url: &str) {
    let redis = redis(url);
    let part = Part::of(article(3));
    let articles = (0..200_u8).map(|number| {
        let mut bytes = [number; 16];
        bytes[15] = 3;
        ArticleId::from_bytes(bytes)
    });
    let articles: Vec<_> = articles.collect();
    join_all(articles.iter().map(|article| arrive(&redis, *article, 1, NOW))).await;
    let (mut done, mut seen) = (None, BTreeMap::new());
    loop {
        let taken = take(&redis, part, done.take(), true).await;
        let Some(batch) = taken.batch else { break };
        assert!(!taken.views.is_empty());
        for (article, views) in &taken.views {
            assert_eq!(seen.insert(*article, *views), None, "what is done does not come again");
        }
        done = Some((batch, taken.views.into_iter().map(|(article, _)| article).collect()));
    }
    assert_eq!(seen, articles.into_iter().map(|article| (article, 1)).collect());
}

async fn all_parts_are_asked_in_one_round_trip(url: &str) {
    let calls = Arc::new(Calls::default());
    let redis = Redis::new(&url.parse().unwrap(), calls.clone(), Arc::new(OperatingSystem::default())).unwrap();
    let asked: Vec<_> = Part::all().map(|part| Take { part, done: None, anew: true }).collect();
    redis.take(&asked).await.unwrap();
    calls.take();
    assert_eq!(redis.take(&asked).await.unwrap().len(), usize::from(Part::COUNT));
    assert_eq!(calls.take().tallies["Redis"].calls, 1);
}

async fn all(url: &str) {
    whichever_way_a_reader_comes_they_count_once_an_hour(url).await;
    a_batch_is_what_it_was_until_it_is_done_and_what_comes_meanwhile_is_the_next(url).await;
    a_large_batch_comes_in_pieces(url).await;
    all_parts_are_asked_in_one_round_trip(url).await;
}

#[tokio::test]
async fn on_one_node() {
    let node = RedisNode::start();
    all(&node.url()).await;
}

#[tokio::test]
async fn a_process_asks_once_an_hour_for_a_view_that_was_counted() {
    let node = RedisNode::start();
    let redis = redis(&node.url());
    let mut plain = redis::Client::open(node.url()).unwrap().get_connection().unwrap();
    let mut waits = async |now: Timestamp| {
        arrive(&redis, article(1), 1, now).await;
        // Whatever is asked for now finds nothing that says that it was counted.
        let waits: bool = redis::cmd("EXISTS").arg("waiting:{views:01}").query(&mut plain).unwrap();
        redis::cmd("FLUSHALL").exec(&mut plain).unwrap();
        waits
    };
    assert!(waits(NOW).await);
    assert!(!waits(NOW).await);
    assert!(waits(NOW.plus(Duration::from_secs(3_600))).await);
}

#[tokio::test]
async fn on_a_cluster_of_three() {
    let cluster = RedisCluster::start();
    all(&cluster.url()).await;
}
