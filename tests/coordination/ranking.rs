//! Ranking on the embedded database: candidates follow from the change stream, and of runs that overtake one another the last one counts.

mod leases;
mod program;

use std::{collections::HashSet, sync::Arc};

use counter_sync::Counting;
use proptest::{prelude::*, test_runner::TestRunner};
use serde_json::{Value, json};
use shared::{
    adapters::dynamodb::RelationRecords,
    domain::{
        ArticleId, RelationId, Timestamp,
        counting::{Move, Reaction, Sequence, Shard, Step},
        ranking::{HotClass, HotShard, Scoring},
        reaction::ArticleCounters,
    },
    ports::{
        counters::Tallies as _,
        ranking::{Candidates as _, Classes as _, Reclassified},
        system::System as _,
    },
    ranking::rank,
    stream::ShardEvent,
};

use crate::{away::Away, world::World};

/// An article that was published first at `made`.
fn article(made: Timestamp, number: u8) -> ArticleId {
    ArticleId::new(made, [number; 10])
}

/// Has so many more people like an article; answers its counters. Its class is left as it is.
async fn like(world: &World, article: ArticleId, people: u64) -> ArticleCounters {
    let shard = Shard::parse("shardId-0").unwrap();
    let step = |number: u64| {
        let relation = RelationId::new(Timestamp::from_millis(0), [0; 10]);
        let sequence = Sequence::parse(&number.to_string()).unwrap();
        Step { article, moved: Move::came(Reaction::Like, relation), sequence }
    };
    let before = world.clock.monotonic().as_millis() as u64 * 1_000_000;
    world.clock.pass(std::time::Duration::from_millis(1));
    let steps: Vec<_> = (before + 1..=before + people).map(step).collect();
    world.interactions.count(&shard, article, &steps, world.clock.now()).await.unwrap().counters
}

/// The same, and puts the article into its class.
async fn like_and_classify(world: &World, article: ArticleId, people: u64) {
    let counters = like(world, article, people).await;
    let to = Reclassified { article, version: counters.version, class: HotClass::of(&counters) };
    world.interactions.classify(&to).await.unwrap();
}

/// The name of an article's class, in the table; `None` if it has none.
fn class_of(world: &World, article: ArticleId) -> Option<String> {
    world.counters_item(article)["hotClass"]["S"].as_str().map(str::to_owned)
}

async fn found(world: &World) -> Vec<ArticleId> {
    let ranking = rank(&world.interactions, &Scoring::default(), world.clock.now(), &HashSet::new()).await.unwrap();
    ranking.top.into_iter().map(|scored| scored.article).collect()
}

#[tokio::test]
async fn a_class_has_its_articles_newest_first_page_after_page() {
    let world = World::new().await;
    let start = world.clock.now().as_millis();
    let mut all = Vec::new();
    for number in 0..45 {
        // Of a class that has one shard.
        let id = article(Timestamp::from_millis(start + number * 1_000), 7);
        like_and_classify(&world, id, 16).await;
        all.push(id);
    }
    all.reverse();
    let class = HotShard::of(HotClass::of(&world.interactions.counters(&all[..1]).await.unwrap()[0]).unwrap(), all[0]);
    let (mut behind, mut read) = (None, Vec::new());
    loop {
        let page = world.interactions.page(class, behind, 20).await.unwrap();
        assert!(page.articles.len() <= 20);
        read.extend(page.articles);
        behind = read.last().copied();
        if !page.more {
            break;
        }
    }
    assert_eq!(read, all);
}

#[tokio::test]
async fn an_article_that_is_dismissed_comes_back_with_the_next_move() {
    let world = World::new().await;
    let now = world.clock.now();
    let (one, other) = (article(now, 1), article(now, 2));
    like_and_classify(&world, one, 5).await;
    like_and_classify(&world, other, 9).await;
    assert_eq!(found(&world).await, [other, one]);
    world.interactions.dismiss(&HashSet::from([other])).await.unwrap();
    assert_eq!((found(&world).await, class_of(&world, other)), (vec![one], None));
    assert_eq!(world.counters_item(other)["likes"]["N"], "9", "its counters stay");
    // To dismiss it again changes nothing.
    world.interactions.dismiss(&HashSet::from([other])).await.unwrap();
    like_and_classify(&world, other, 1).await;
    assert_eq!(found(&world).await, [other, one]);
}

/// What the change stream tells of counters that were `before` and are now what the table has.
fn record(world: &World, article: ArticleId, before: &Value, sequence: usize) -> Value {
    let keys = json!({"pk": {"S": format!("COUNTERS#{article}")}, "sk": {"S": "COUNTERS"}});
    let mut images = json!({"Keys": keys, "SequenceNumber": sequence.to_string()});
    if !before.is_null() {
        images["OldImage"] = before.clone();
    }
    images["NewImage"] = world.counters_item(article);
    json!({"eventName": "MODIFY", "eventSource": "aws:dynamodb", "dynamodb": images})
}

#[test]
fn whatever_order_records_of_counters_are_read_in_and_how_often_classes_follow_the_last() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = ProptestConfig { cases: 16, failure_persistence: None, ..ProptestConfig::default() };
    let moves = proptest::collection::vec((0..3_u8, 1..9_u64), 1..20);
    let order = proptest::collection::vec((any::<prop::sample::Index>(), 1..6_usize), 1..20);
    let outcome = TestRunner::new(config).run(&(moves, order), |(moves, order)| {
        runtime.block_on(async {
            let world = World::new().await;
            let counting = Counting {
                records: Arc::new(RelationRecords),
                tallies: Arc::new(world.interactions.clone()),
                class_records: Arc::new(RelationRecords),
                classes: Arc::new(world.interactions.clone()),
                cache: Arc::new(Away::default()),
                system: world.clock.clone(),
            };
            let articles = [1, 2, 3].map(|number| article(world.clock.now(), number));
            let mut records = Vec::new();
            for (number, people) in moves {
                let article = articles[usize::from(number)];
                let before = world.counters_item(article);
                like(&world, article, people).await;
                records.push(record(&world, article, &before, records.len() + 1));
            }
            let deliver = async |records: Vec<Value>| {
                let answer = counting.count(ShardEvent { records, shard: None }).await.unwrap();
                assert!(answer.failed.batch_item_failures.is_empty());
            };
            // Pieces from anywhere, again and again; then all of them, as they come the first time.
            for (from, size) in order {
                let from = from.index(records.len());
                deliver(records[from..(from + size).min(records.len())].to_vec()).await;
            }
            deliver(records).await;
            for article in articles {
                let counters = world.interactions.counters(&[article]).await.unwrap()[0];
                let wanted = HotClass::of(&counters).map(|class| HotShard::of(class, article).to_string());
                assert_eq!(class_of(&world, article), wanted, "{counters:?}");
            }
        });
        Ok(())
    });
    outcome.unwrap();
}
