//! `counter-sync` on the embedded database: whatever the stream delivers, in whatever pieces and however often, is counted once.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use counter_sync::Counting;
use futures_util::future::join_all;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use shared::{
    adapters::dynamodb::{InteractionTable, RelationRecords},
    domain::{
        ArticleId, RelationId, Timestamp, UserId,
        counting::{Shard, Step},
        view::Batch,
    },
    ports::{
        StoreError,
        counters::{Audited, CounterAudits as _, CounterRecords as _, Tallied, Tallies},
        system::System as _,
        views::ViewTallies as _,
    },
    stream::ShardEvent,
};

use crate::{
    away::{Away, Told},
    world::World,
};

const ARTICLES: u8 = 3;

fn article(number: u8) -> ArticleId {
    ArticleId::from_bytes([number; 16])
}

/// A relation that came or went.
#[derive(Debug, Clone, Copy)]
struct Change {
    user: u8,
    article: u8,
    likes: bool,
    came: bool,
}

/// The record of a change, as Lambda hands it over.
fn record(change: Change, sequence: u64) -> Value {
    let partition = if change.likes { "LIKES" } else { "COLLECTS" };
    let pk = format!("{partition}#{}", UserId::from_bytes([change.user; 16]));
    let keys = json!({"pk": {"S": pk}, "sk": {"S": article(change.article).to_string()}});
    let mut image = keys.clone();
    image["id"] = json!({"S": RelationId::from_bytes([change.user; 16]).to_string()});
    let name = if change.came { "NewImage" } else { "OldImage" };
    let mut images = json!({"Keys": keys, "SequenceNumber": (300_000_000_000_u64 + sequence).to_string()});
    images[name] = image;
    json!({"eventName": if change.came { "INSERT" } else { "REMOVE" }, "eventSource": "aws:dynamodb", "dynamodb": images})
}

/// The table's counters, which fail where they are told to: before the write, or after it, when nobody hears that it was done.
struct Failing {
    table: InteractionTable,
    calls: AtomicU64,
    every: u64,
}

#[async_trait]
impl Tallies for Failing {
    async fn count(
        &self,
        shard: &Shard,
        article: ArticleId,
        steps: &[Step],
        now: Timestamp,
    ) -> Result<Tallied, StoreError> {
        // Spread, so that no batch meets the same faults again and again.
        let call = self.calls.fetch_add(1, SeqCst).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
        let failed = || StoreError::Unavailable { service: "the table", source: "it is away".into() };
        if self.every > 0 && call % self.every == 1 {
            return Err(failed());
        }
        let counted = self.table.count(shard, article, steps, now).await?;
        if self.every > 0 && call % self.every == 2 { Err(failed()) } else { Ok(counted) }
    }
}

fn counting(world: &World, every: u64) -> Counting {
    Counting {
        records: Arc::new(RelationRecords),
        tallies: Arc::new(Failing { table: world.interactions.clone(), calls: AtomicU64::new(0), every }),
        class_records: Arc::new(RelationRecords),
        classes: Arc::new(world.interactions.clone()),
        cache: Arc::new(Away::default()),
        system: world.clock.clone(),
    }
}

/// A shard's records as one reader after another gets them: in order the first time, and again whatever came before.
struct Delivery {
    shard: String,
    records: Vec<Value>,
    position: usize,
}

impl Delivery {
    /// Hands over up to `size` records from `from` on; answers how many of them were done.
    async fn hand_over(&self, counting: &Counting, from: usize, size: usize) -> usize {
        let to = (from + size).min(self.records.len());
        let records = self.records[from..to].to_vec();
        let event = ShardEvent { records, shard: Some(self.shard.clone()) };
        match counting.count(event).await {
            Ok(answer) => {
                let failed = answer.failed.batch_item_failures;
                let number = |record: &Value| record["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned();
                let first = failed.first().map(|failure| &failure.item_identifier);
                let place =
                    first.map(|id| self.records[from..to].iter().position(|record| number(record) == *id).unwrap());
                place.unwrap_or(to - from)
            }
            Err(_) => 0,
        }
    }

    /// The next piece; and before it, or after it, what came earlier comes again.
    async fn go_on(&mut self, counting: &Counting, size: usize, again: Option<(usize, usize)>) {
        if let Some((from, size)) = again.filter(|_| self.position > 0) {
            let from = from % self.position;
            // Not beyond what was delivered before: that comes in order.
            self.hand_over(counting, from, size.min(self.position - from)).await;
        }
        self.position += self.hand_over(counting, self.position, size).await;
    }

    fn is_done(&self) -> bool {
        self.position == self.records.len()
    }
}

/// What a case does: changes by many users, spread over shards by user as DynamoDB does; pieces; repetitions; failures.
type Case = (Vec<(u8, u8, bool)>, u8, Vec<(usize, Option<(usize, usize)>)>, u64);

fn cases() -> impl Strategy<Value = Case> {
    let toggles = prop::collection::vec((0..40_u8, 0..ARTICLES, any::<bool>()), 1..120);
    let pieces = prop::collection::vec((1..30_usize, prop::option::of((0..1_000_usize, 1..60_usize))), 1..12);
    (toggles, 1..4_u8, pieces, prop_oneof![Just(0_u64), 4..9_u64])
}

/// The records of all shards, and what they come to. Each toggle is a relation that comes, or goes if it is there.
fn records(toggles: &[(u8, u8, bool)], shards: u8) -> (Vec<Delivery>, BTreeMap<(u8, bool), i64>) {
    let mut there = BTreeMap::new();
    let mut numbers = BTreeMap::new();
    let shard = |number| Delivery { shard: format!("shardId-{number}"), records: Vec::new(), position: 0 };
    let mut deliveries: Vec<_> = (0..shards).map(shard).collect();
    for (sequence, (user, article, likes)) in (1..).zip(toggles.iter().copied()) {
        let known = there.entry((user, article, likes)).or_insert(false);
        *known = !*known;
        *numbers.entry((article, likes)).or_insert(0) += if *known { 1 } else { -1 };
        let change = Change { user, article, likes, came: *known };
        deliveries[usize::from(user % shards)].records.push(record(change, sequence));
    }
    (deliveries, numbers)
}

/// A number of an item, 0 if it is absent.
fn number_in(item: &Value, name: &str) -> i64 {
    item[name]["N"].as_str().map_or(0, |digits| digits.parse().unwrap())
}

fn compare(world: &World, numbers: &BTreeMap<(u8, bool), i64>) {
    for number in 0..ARTICLES {
        let wanted = |likes| numbers.get(&(number, likes)).copied().unwrap_or(0);
        let item = world.counters_item(article(number));
        assert_eq!(
            (number_in(&item, "likes"), number_in(&item, "collects")),
            (wanted(true), wanted(false)),
            "article {number}"
        );
    }
}

#[test]
fn batches_that_come_again_in_other_pieces_are_counted_once() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&cases(), |(toggles, shards, pieces, every)| {
        runtime.block_on(async {
            let world = World::new().await;
            let counting = counting(&world, every);
            let (mut deliveries, numbers) = records(&toggles, shards);
            for turn in 0.. {
                for (number, delivery) in deliveries.iter_mut().enumerate() {
                    let (size, again) = pieces[(turn + number) % pieces.len()];
                    if !delivery.is_done() {
                        delivery.go_on(&counting, size, again).await;
                    }
                }
                if deliveries.iter().all(Delivery::is_done) {
                    break;
                }
                assert!(turn < 10_000, "the stream does not get on");
            }
            // And all of it once more, from the beginning and in one piece.
            let patient = Counting { tallies: Arc::new(world.interactions.clone()), ..counting };
            for delivery in &deliveries {
                assert_eq!(delivery.hand_over(&patient, 0, delivery.records.len()).await, delivery.records.len());
            }
            compare(&world, &numbers);
        });
        Ok(())
    });
    outcome.unwrap();
}

fn likes(users: std::ops::Range<u8>) -> Vec<Value> {
    let like = |user| record(Change { user, article: 0, likes: true, came: true }, u64::from(user));
    users.map(like).collect()
}

fn event(records: Vec<Value>, shard: &str) -> ShardEvent {
    ShardEvent { records, shard: Some(shard.to_owned()) }
}

fn counted(world: &World) -> i64 {
    number_in(&world.counters_item(article(0)), "likes")
}

#[tokio::test]
async fn two_runs_of_one_batch_at_the_same_time_count_it_once() {
    let world = World::new().await;
    let counting = counting(&world, 0);
    // One of them has one record more: a batch that timed out, and its repetition.
    let runs = (0..8).map(|run| counting.count(event(likes(1..(50 + run)), "shardId-1")));
    for answer in join_all(runs).await {
        assert_eq!(answer.unwrap().failed.batch_item_failures, []);
    }
    assert_eq!(counted(&world), 56);
}

#[tokio::test]
async fn of_many_articles_a_few_at_a_time_are_announced_counted_and_settled() {
    let world = World::new().await;
    let cache = Arc::<Away>::default();
    let counting = Counting { cache: cache.clone(), ..counting(&world, 0) };
    let like = |number| record(Change { user: 1, article: number, likes: true, came: true }, u64::from(number));
    counting.count(event((0..40).map(like).collect(), "shardId-1")).await.unwrap();
    let groups = [16, 16, 8].map(|group| [Told::Announced(group), Told::Settled(group)]);
    assert_eq!(cache.take(), groups.into_iter().flatten().collect::<Vec<_>>());
    for number in 0..40 {
        assert_eq!(number_in(&world.counters_item(article(number)), "likes"), 1, "article {number}");
    }
}

#[tokio::test]
async fn a_child_of_a_shard_begins_where_its_parent_ended() {
    let world = World::new().await;
    let counting = counting(&world, 0);
    counting.count(event(likes(1..10), "shardId-parent")).await.unwrap();
    for child in ["shardId-child-1", "shardId-child-2"] {
        let half = likes(10..20).into_iter().skip(usize::from(child.ends_with('2'))).step_by(2).collect();
        counting.count(event(half, child)).await.unwrap();
    }
    counting.count(event(likes(5..10), "shardId-parent")).await.unwrap();
    assert_eq!(counted(&world), 19);
}

/// The shards that have a mark at the article.
fn marks(world: &World) -> Vec<String> {
    let item = world.counters_item(article(0));
    let marks = item.as_object().unwrap().keys().filter_map(|name| name.strip_prefix("mark#"));
    marks.map(str::to_owned).collect()
}

#[tokio::test]
async fn marks_of_shards_whose_records_are_gone_are_removed() {
    let world = World::new().await;
    let counting = counting(&world, 0);
    for old in 0..30 {
        counting.count(event(likes(old..old + 1), &format!("shardId-{old}"))).await.unwrap();
    }
    assert_eq!(marks(&world).len(), 30);
    world.clock.pass(Duration::from_secs(24 * 3_600));
    counting.count(event(likes(30..31), "shardId-new")).await.unwrap();
    assert_eq!(marks(&world).len(), 31, "their records may come again for some moments");
    world.clock.pass(Duration::from_secs(2 * 3_600));
    for more in 31..33 {
        counting.count(event(likes(more..more + 1), "shardId-new")).await.unwrap();
    }
    assert_eq!(marks(&world), ["shardId-new"]);
    assert_eq!(counted(&world), 33);
}

#[tokio::test]
async fn a_record_that_makes_no_sense_is_named_and_what_is_before_it_is_counted() {
    let world = World::new().await;
    let counting = counting(&world, 0);
    let mut records = likes(1..5);
    records[2]["dynamodb"]["Keys"]["sk"]["S"] = json!("mars");
    let named = records[2]["dynamodb"]["SequenceNumber"].as_str().unwrap().to_owned();
    let answer = counting.count(event(records.clone(), "shardId-1")).await.unwrap();
    assert_eq!(answer.failed.batch_item_failures.into_iter().map(|it| it.item_identifier).collect::<Vec<_>>(), [named]);
    assert_eq!(counted(&world), 2);
    assert!(counting.count(event(records.split_off(2), "shardId-1")).await.is_err(), "in front it fails the batch");
    assert_eq!(counted(&world), 2);
}

#[tokio::test]
async fn records_of_a_shard_that_is_not_named_are_not_counted() {
    let world = World::new().await;
    let counting = counting(&world, 0);
    let event = ShardEvent { records: likes(1..5), shard: None };
    assert!(counting.count(event).await.is_err());
    assert!(world.counters_item(article(0)).is_null());
    assert!(counting.count(ShardEvent::default()).await.is_ok(), "the end of a window has no records");
}

#[tokio::test]
async fn a_counter_is_repaired_while_people_read_and_not_once_likes_have_moved() {
    let world = World::new().await;
    let (table, article) = (&world.interactions, article(1));
    let counting = counting(&world, 0);
    let like = |user: u8| record(Change { user, article: 1, likes: true, came: true }, user.into());
    let deliver = async |user: u8| {
        let delivery = Delivery { shard: "shardId-1".to_owned(), records: vec![like(user)], position: 0 };
        assert_eq!(delivery.hand_over(&counting, 0, 1).await, 1);
    };
    let survey = async || table.survey().await.unwrap()[&article];
    // Counted, but not there.
    deliver(1).await;
    let seen = survey().await;
    assert_eq!(seen, Audited { there: (0, 0), counted: (1, 0), moved: Some(1) });
    table.add(article, 5, Batch(1)).await.unwrap();
    assert!(table.repair(article, &seen).await.unwrap());
    let repaired = table.counted(article).await.unwrap();
    assert_eq!((repaired.likes, repaired.reads), (0, 5));

    let seen = survey().await;
    deliver(2).await;
    assert!(!table.repair(article, &Audited { there: (7, 0), ..seen }).await.unwrap());
    assert_eq!(table.counted(article).await.unwrap().likes, 1);
}

#[tokio::test]
async fn fifty_likes_of_one_article_in_a_batch_are_one_write() {
    let world = World::new().await;
    let counting = counting(&world, 0);
    counting.count(event(likes(1..2), "shardId-1")).await.unwrap();
    let before = number_in(&world.counters_item(article(0)), "version");
    counting.count(event(likes(2..52), "shardId-1")).await.unwrap();
    let item = world.counters_item(article(0));
    assert_eq!((number_in(&item, "likes"), number_in(&item, "version")), (51, before + 1));
}

#[tokio::test]
async fn a_counter_that_fell_below_nothing_is_shown_as_nothing_and_counted_on() {
    let world = World::new().await;
    let counting = counting(&world, 0);
    // The record of its like was given up.
    let unlike = record(Change { user: 1, article: 0, likes: true, came: false }, 1);
    let answer = counting.count(event(vec![unlike], "shardId-1")).await.unwrap();
    assert_eq!(answer.failed.batch_item_failures, []);
    assert_eq!(counted(&world), -1);
    assert_eq!(world.interactions.counted(article(0)).await.unwrap().likes, 0);
    // It is right again once it is repaired, not before.
    counting.count(event(likes(2..3), "shardId-1")).await.unwrap();
    assert_eq!(counted(&world), 0);
    let seen = world.interactions.survey().await.unwrap()[&article(0)];
    assert_eq!(seen.counted, (0, 0));
    assert!(world.interactions.repair(article(0), &Audited { there: (1, 0), ..seen }).await.unwrap());
    assert_eq!(counted(&world), 1);
}

#[tokio::test]
async fn whoever_counts_is_told_what_was_counted_before() {
    let world = World::new().await;
    let shard = Shard::parse("shardId-1").unwrap();
    let steps: Vec<_> = likes(1..5).iter().map(|record| RelationRecords.read(record).unwrap().unwrap()).collect();
    let count = async |steps: &[Step]| {
        let Tallied { counters, again } =
            world.interactions.count(&shard, article(0), steps, world.clock.now()).await.unwrap();
        (counters.likes, again)
    };
    assert_eq!(count(&steps[..2]).await, (2, false));
    assert_eq!(count(&steps[..2]).await, (2, true), "all of it");
    assert_eq!(count(&steps).await, (4, true), "half of it");
}
