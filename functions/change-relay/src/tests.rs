use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::{Value, json};
use shared::{
    domain::article::Slug,
    ports::{StoreError, changes::NotSent},
};

use super::*;

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

/// Keeps what is sent, and refuses the slugs of `refused`.
#[derive(Default)]
struct Queues {
    sent: Mutex<Vec<Change>>,
    refused: &'static [&'static str],
}

#[async_trait]
impl ChangeQueues for Queues {
    async fn send(&self, _: Queue, changes: &[Change]) -> Result<(), NotSent> {
        let refused = |change: &Change| self.refused.iter().any(|slug| change.subject == article(slug, 0).subject);
        let places: Vec<_> = (0..changes.len()).filter(|place| refused(&changes[*place])).collect();
        let sent = changes.iter().filter(|change| !refused(change)).cloned();
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).extend(sent);
        if places.is_empty() { Ok(()) } else { Err(NotSent { places, source: error() }) }
    }
}

fn article(slug: &str, version: u64) -> Change {
    Change { subject: Subject::Article(Slug::parse(slug).unwrap()), version: Some(version), gone: false }
}

/// Relays records that say `says`: what was sent, and from which record on all is to come again.
async fn relayed(says: &[Value], refused: &'static [&'static str]) -> (Vec<Change>, Result<Option<usize>, String>) {
    let record =
        |(number, says): (usize, &Value)| json!({"says": says, "dynamodb": {"SequenceNumber": number.to_string()}});
    let queues = Arc::new(Queues { refused, ..Queues::default() });
    let relay = Relay { records: Arc::new(Json), queues: queues.clone() };
    let answer = relay.relay(StreamEvent { records: says.iter().enumerate().map(record).collect() }).await;
    let first = |answer: BatchAnswer| Some(answer.batch_item_failures.first()?.item_identifier.parse().unwrap());
    let sent = queues.sent.lock().unwrap().clone();
    (sent, answer.map(first).map_err(|error| error.to_string()))
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
