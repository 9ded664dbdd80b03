//! Every consumer may see a message twice, late and in any order, and its store may fail in between: the outcome is that of one
//! clean delivery. A message that makes no sense fails alone and ends among the dead letters, with the reason noted.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use proptest::prelude::*;
use shared::{
    batch::BatchAnswer,
    queue::{Consumer, Delivery, MAX_RECEIVES, QueueEvent, QueueMessage},
};

use crate::{
    consumers,
    surroundings::{Faults, Noted},
};

/// A consumer, and how to put it to the test.
pub struct Case {
    /// Its name.
    pub name: &'static str,
    /// Messages in the order of what they tell of. Their outcome must differ from that of none.
    pub messages: fn() -> Vec<String>,
    /// The consumer over a new store with these faults.
    pub make: fn(Arc<Faults>, Arc<Noted>) -> Box<dyn UnderTest>,
}

/// A consumer over a store.
#[async_trait]
pub trait UnderTest: Send + Sync {
    /// Does the messages, as on Lambda.
    async fn deliver(&self, event: QueueEvent) -> BatchAnswer;

    /// What the store holds, in a form to compare.
    fn outcome(&self) -> String;
}

/// A consumer within its shell, and how to print its store.
pub struct Over<C, S> {
    /// The consumer.
    pub delivery: Delivery<C>,
    /// Its store.
    pub store: Arc<S>,
    /// Prints the store.
    pub outcome: fn(&S) -> String,
}

#[async_trait]
impl<C: Consumer, S: Send + Sync> UnderTest for Over<C, S> {
    async fn deliver(&self, event: QueueEvent) -> BatchAnswer {
        self.delivery.deliver(event).await
    }

    fn outcome(&self) -> String {
        (self.outcome)(&self.store)
    }
}

/// A message in a queue: how often it was received, its id and its body.
type Queued = (u32, String, String);

/// Delivers `queue` in batches until nothing is left, as SQS and Lambda do: what fails comes again, and dies in the end. Answers
/// the ids of what died.
async fn drain(consumer: &dyn UnderTest, mut queue: Vec<Queued>, batch: usize) -> BTreeSet<String> {
    let mut dead = BTreeSet::new();
    while !queue.is_empty() {
        let rest = queue.split_off(queue.len().min(batch));
        let mut batch = std::mem::replace(&mut queue, rest);
        for (receives, _, _) in &mut batch {
            *receives += 1;
        }
        let records = batch.iter().map(|(receives, id, body)| QueueMessage {
            message_id: id.clone(),
            body: body.clone(),
            attributes: HashMap::from([("ApproximateReceiveCount".to_owned(), receives.to_string())]),
        });
        let answer = consumer.deliver(QueueEvent { records: records.collect() }).await;
        let failed: BTreeSet<_> =
            answer.batch_item_failures.into_iter().map(|failure| failure.item_identifier).collect();
        for (receives, id, body) in batch.into_iter().filter(|(_, id, _)| failed.contains(id)) {
            if receives < MAX_RECEIVES {
                queue.push((receives, id, body));
            } else {
                dead.insert(id);
            }
        }
    }
    dead
}

/// The outcome of `messages` delivered once, in order, to a store without faults.
async fn clean(case: &Case, messages: Vec<String>) -> String {
    let consumer = (case.make)(Faults::of([]), Arc::default());
    let queue = messages.into_iter().enumerate().map(|(n, body)| (0, n.to_string(), body)).collect();
    assert!(drain(&*consumer, queue, 10).await.is_empty(), "{} fails clean messages", case.name);
    consumer.outcome()
}

/// What no consumer can make sense of.
const POISON: [&str; 3] = ["", "secret", r#"{"form":0,"secret":"secret"}"#];

/// Every message of `case` twice, and the poison.
fn twice_with_poison(case: &Case) -> Vec<Queued> {
    let messages = (case.messages)().into_iter().enumerate();
    let twice = messages.flat_map(|(n, body)| [(0, format!("{n}"), body.clone()), (0, format!("{n} again"), body)]);
    twice.chain(POISON.into_iter().map(|body| (0, format!("poison {body}"), body.to_owned()))).collect()
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A case's name, its messages shuffled, the size of batches, and faults: fewer than deliveries, so that no good message dies.
fn deliveries() -> impl Strategy<Value = (&'static str, Vec<Queued>, usize, Vec<bool>)> {
    let faults = prop::collection::vec(any::<bool>(), 0..64).prop_map(|faults| {
        let mut left = MAX_RECEIVES - 1;
        faults.into_iter().map(|fault| fault && left.checked_sub(1).map(|rest| left = rest).is_some()).collect()
    });
    let shuffled = prop::sample::select(consumers().iter().map(|case| case.name).collect::<Vec<_>>())
        .prop_flat_map(|name| (Just(name), Just(twice_with_poison(&named(name))).prop_shuffle()));
    (shuffled, 1..12_usize, faults).prop_map(|((name, queue), batch, faults)| (name, queue, batch, faults))
}

fn named(name: &str) -> Case {
    consumers().into_iter().find(|case| case.name == name).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn doubled_shuffled_and_half_failed_messages_come_to_what_one_clean_delivery_comes_to(
        (name, queue, batch, faults) in deliveries()
    ) {
        let case = named(name);
        let poison: BTreeSet<_> = POISON.into_iter().map(|body| format!("poison {body}")).collect();
        let noted = Arc::<Noted>::default();
        let consumer = (case.make)(Faults::of(faults), noted.clone());
        let (dead, expected) = run(async {
            (drain(&*consumer, queue, batch).await, clean(&case, (case.messages)()).await)
        });
        prop_assert_eq!(consumer.outcome(), expected);
        prop_assert_eq!(&dead, &poison, "poison dies, and nothing else");
        let noted = noted.0.lock().unwrap();
        prop_assert_eq!(noted.iter().map(|failure| failure.message_id.clone()).collect::<BTreeSet<_>>(), poison);
        prop_assert!(noted.iter().all(|failure| !failure.error.contains("secret")), "what a message says is not noted");
    }
}

#[test]
fn the_messages_of_each_case_change_something() {
    for case in consumers() {
        let (with, without) = run(async { (clean(&case, (case.messages)()).await, clean(&case, Vec::new()).await) });
        assert_ne!(with, without, "{}", case.name);
    }
}

#[test]
fn while_the_store_is_away_every_message_fails_and_the_last_error_is_noted() {
    for case in consumers() {
        let noted = Arc::<Noted>::default();
        let consumer = (case.make)(Faults::of([true; 10_000]), noted.clone());
        let messages = (case.messages)();
        let queue: Vec<_> = messages.into_iter().enumerate().map(|(n, body)| (0, n.to_string(), body)).collect();
        let count = queue.len();
        let dead = run(drain(&*consumer, queue, 10));
        assert_eq!(dead.len(), count, "{}", case.name);
        let noted = noted.0.lock().unwrap();
        assert_eq!(noted.len(), count, "{}", case.name);
        assert!(noted.iter().all(|failure| failure.error.contains("it is away")), "{}", case.name);
    }
}
