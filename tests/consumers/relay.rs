//! `change-relay` over records that say what they mean, and queues in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use change_relay::Relay;
use proptest::prelude::*;
use serde_json::{Value, json};
use shared::{
    batch::BatchAnswer,
    domain::{
        article::Slug,
        change::{Change, Subject},
    },
    ports::{
        StoreError,
        changes::{ChangeQueues, ChangeRecords, NotSent},
        permission::Queue,
    },
    stream::StreamEvent,
};

use crate::surroundings::Faults;

const SLUGS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn error() -> StoreError {
    StoreError::Contended { service: "test" }
}

/// A record of these tests says its change as JSON; `null` says nothing and anything else makes no sense.
struct Json;

impl ChangeRecords for Json {
    fn read(&self, record: &Value) -> Result<Option<Change>, StoreError> {
        serde_json::from_value(record["says"].clone()).map_err(|_| error())
    }
}

/// Keeps what is sent, and refuses the slugs of `refused`, and everything while it has a fault.
#[derive(Default)]
struct Queues {
    sent: Mutex<Vec<(Queue, Change)>>,
    refused: &'static [&'static str],
    faults: Arc<Faults>,
}

#[async_trait]
impl ChangeQueues for Queues {
    async fn send(&self, queue: Queue, changes: &[Change]) -> Result<(), NotSent> {
        let away = self.faults.next().is_err();
        let refused =
            |change: &Change| away || self.refused.iter().any(|slug| change.subject == article(slug, 0).subject);
        let places: Vec<_> = (0..changes.len()).filter(|place| refused(&changes[*place])).collect();
        let sent = changes.iter().filter(|change| !refused(change)).map(|change| (queue, change.clone()));
        self.sent.lock().unwrap().extend(sent);
        if places.is_empty() { Ok(()) } else { Err(NotSent { places, source: error() }) }
    }
}

fn article(slug: &str, version: u64) -> Change {
    Change { subject: Subject::Article(Slug::parse(slug).unwrap()), version: Some(version), gone: false }
}

/// The record that `says`, at this place in the stream.
fn record((number, says): (usize, Value)) -> Value {
    json!({"says": says, "dynamodb": {"SequenceNumber": number.to_string()}})
}

/// Relays records that say `says`: what was sent, and from which record on all is to come again.
async fn relayed(says: &[Value], refused: &'static [&'static str]) -> (Vec<Change>, Result<Option<usize>, String>) {
    let queues = Arc::new(Queues { refused, ..Queues::default() });
    let relay = Relay { records: Arc::new(Json), queues: queues.clone() };
    let records = says.iter().cloned().enumerate().map(record).collect();
    let answer = relay.relay(StreamEvent { records }).await;
    let first = |answer: BatchAnswer| Some(answer.batch_item_failures.first()?.item_identifier.parse().unwrap());
    let sent = |to: Queue| -> Vec<Change> {
        let sent = queues.sent.lock().unwrap();
        sent.iter().filter(|(queue, _)| *queue == to).map(|(_, change)| change.clone()).collect()
    };
    let evicted = sent(Queue::CacheEvict);
    assert_eq!(evicted, sent(Queue::SearchSync), "articles are everyone's who follows them");
    (evicted, answer.map(first).map_err(|error| error.to_string()))
}

fn says(change: &Change) -> Value {
    serde_json::to_value(change).unwrap()
}

#[tokio::test]
async fn changes_of_one_thing_are_folded_into_the_newest() {
    let records = [article("a", 1), article("b", 1), article("a", 3), article("a", 2)];
    let records: Vec<_> = records.iter().map(says).chain([Value::Null]).collect();
    assert_eq!(relayed(&records, &[]).await, (vec![article("a", 3), article("b", 1)], Ok(None)));
}

#[tokio::test]
async fn what_stands_before_a_poison_record_is_sent_and_the_rest_comes_again_from_it() {
    let records = [says(&article("a", 1)), says(&article("b", 1)), json!("poison"), says(&article("c", 1))];
    assert_eq!(relayed(&records, &[]).await, (vec![article("a", 1), article("b", 1)], Ok(Some(2))));
}

#[tokio::test]
async fn a_poison_record_in_front_fails_the_batch_so_that_it_is_halved() {
    let (sent, answer) = relayed(&[json!("poison"), says(&article("a", 1))], &[]).await;
    assert!(sent.is_empty() && answer.is_err());
}

#[tokio::test]
async fn what_a_queue_refuses_comes_again_from_the_first_record_it_stands_for() {
    let records = [article("a", 1), article("b", 1), article("c", 1), article("b", 2)];
    let records: Vec<_> = records.iter().map(says).chain([json!("poison")]).collect();
    let (sent, answer) = relayed(&records, &["b", "c"]).await;
    assert_eq!((sent, answer), (vec![article("a", 1)], Ok(Some(1))));
}

/// Has the relay do `records` as Lambda does by the template's settings: from the first failed record again, in halves when a
/// batch fails as a whole, and what fails alone too often goes into the bucket. Answers the bucket.
async fn streamed(relay: &Relay, records: Vec<Value>, batch: usize) -> Vec<Value> {
    const TRIES: usize = 21;
    let mut bucket = Vec::new();
    let mut work: Vec<Vec<Value>> = records.chunks(batch).rev().map(<[Value]>::to_vec).collect();
    let mut tries = 0;
    while let Some(mut batch) = work.pop() {
        match relay.relay(StreamEvent { records: batch.clone() }).await {
            Ok(answer) => {
                tries = 0;
                if let Some(failure) = answer.batch_item_failures.first() {
                    let number = |record: &Value| record["dynamodb"]["SequenceNumber"] == failure.item_identifier;
                    work.push(batch.split_off(batch.iter().position(number).unwrap()));
                }
            }
            Err(_) if batch.len() > 1 => {
                work.push(batch.split_off(batch.len() / 2));
                work.push(batch);
            }
            Err(_) if tries + 1 == TRIES => {
                tries = 0;
                bucket.append(&mut batch);
            }
            Err(_) => {
                tries += 1;
                work.push(batch);
            }
        }
    }
    bucket
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn poison_ends_alone_in_the_bucket_and_everything_else_is_sent_in_its_newest_version(
        // The article that a record tells of, in the order of its versions; `None` for poison.
        subjects in prop::collection::vec(prop::option::weighted(0.8, 0..5_usize), 0..40),
        batch in 1..20_usize,
        faults in prop::collection::vec(any::<bool>(), 0..10),
    ) {
        let mut newest = BTreeMap::<usize, u64>::new();
        let mut says_of = |subject: Option<usize>| subject.map_or(json!("poison"), |subject| {
            let version = newest.entry(subject).or_default();
            *version += 1;
            says(&article(SLUGS[subject], *version))
        });
        let records: Vec<_> = subjects.iter().map(|subject| says_of(*subject)).enumerate().map(record).collect();
        let poison = subjects.iter().filter(|subject| subject.is_none()).count();
        let queues = Arc::new(Queues { faults: Faults::of(faults), ..Queues::default() });
        let relay = Relay { records: Arc::new(Json), queues: queues.clone() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let bucket = runtime.block_on(streamed(&relay, records, batch));
        prop_assert_eq!(bucket.len(), poison);
        prop_assert!(bucket.iter().all(|record| record["says"] == "poison"));
        let sent = queues.sent.lock().unwrap();
        for (subject, version) in newest {
            for queue in [Queue::CacheEvict, Queue::SearchSync] {
                let newest = (queue, article(SLUGS[subject], version));
                prop_assert!(sent.contains(&newest), "{} {version}", SLUGS[subject]);
            }
        }
    }
}
