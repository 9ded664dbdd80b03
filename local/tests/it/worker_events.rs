//! The sample events of functions that no request calls: each is one that its event source could send, and says something to it.
//! The one called `poison` holds a record that does not.

use std::{collections::BTreeMap, fs};

use bloghub::functions;
use serde_json::Value;
use shared::{
    adapters::dynamodb::{RelationRecords, StreamRecords},
    domain::change::Change,
    ports::{changes::ChangeRecords as _, counters::CounterRecords as _, ranking::ClassRecords as _},
    queue::QueueMessage,
};

use crate::support::repository;

/// A worker's sample events by their names.
fn events(worker: &str) -> BTreeMap<String, Value> {
    let folder = repository().join("events").join(worker);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let read = |path: std::path::PathBuf| {
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap())
    };
    entries.map(|entry| read(entry.unwrap().path())).collect()
}

/// Whether a record or message says something. Whoever adds a queue of something else than changes adds it here.
fn says_something(worker: &str, record: &Value) -> bool {
    match record["eventSource"].as_str() {
        Some("aws:dynamodb") if worker == "counter-sync" => {
            let counts = RelationRecords.read(record).is_ok_and(|step| step.is_some());
            counts || RelationRecords.reclassified(record).is_ok_and(|class| class.is_some())
        }
        Some("aws:dynamodb") => StreamRecords.read(record).is_ok_and(|change| change.is_some()),
        Some("aws:sqs") => {
            let message: QueueMessage = serde_json::from_value(record.clone()).unwrap();
            serde_json::from_str::<Change>(&message.body).is_ok()
        }
        other => panic!("{other:?} sends no batches"),
    }
}

#[test]
fn every_record_of_an_event_says_something_except_poison() {
    for worker in functions::workers() {
        for (name, event) in events(worker.name) {
            // A schedule's event has no records.
            let Some(records) = event["Records"].as_array() else { continue };
            let senseless = records.iter().filter(|record| !says_something(worker.name, record)).count();
            assert_eq!(senseless, usize::from(name == "poison"), "{}/{name}", worker.name);
        }
    }
}

#[test]
fn every_record_can_be_named_when_it_fails() {
    for worker in functions::workers() {
        for (name, event) in events(worker.name) {
            for record in event["Records"].as_array().into_iter().flatten() {
                let id = [&record["dynamodb"]["SequenceNumber"], &record["messageId"]];
                assert!(id.iter().any(|id| id.is_string()), "{}/{name}", worker.name);
            }
        }
    }
}
