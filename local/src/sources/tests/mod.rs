//! Event sources over the real database and the real queues, with a template and workers of the tests' own.

mod world;

use std::{
    path::Path,
    sync::{Mutex, atomic::Ordering},
};

use serde_json::{Value, json};
use shared::adapters::system::OperatingSystem;

use super::*;
use crate::{backends::Backends, data::DataFolder, services::Ports};
use world::{Running, TEMPLATE, World, name};

/// Runs `work` in a runtime that ends afterwards with all its tasks wherever they are, as a killed process does.
fn until_killed(work: impl AsyncFnOnce()) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(work());
    runtime.shutdown_background();
}

async fn wait_for(what: &str, mut done: impl AsyncFnMut() -> bool) {
    let waiting = async {
        while !done().await {
            tokio::time::sleep(LOOK).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.unwrap_or_else(|_| panic!("{what}"));
}

#[tokio::test]
async fn a_change_reaches_its_consumer_in_lambdas_form_and_what_is_filtered_does_not() {
    let (folder, world) = (tempfile::tempdir().unwrap(), Arc::<World>::default());
    let running = Running::start(folder.path(), &world).await;
    for name in ["a", "SECRET#b", "c"] {
        running.put(name).await;
    }
    running.sources.drained().await;
    assert_eq!(world.consumed(), ["a", "c"]);
    let record = world.relayed.lock().unwrap()[0].clone();
    assert_eq!((&record["eventName"], &record["eventSource"]), (&json!("INSERT"), &json!("aws:dynamodb")));
    assert_eq!(record["dynamodb"]["NewImage"], json!({"pk": {"S": "a"}}));
    assert_eq!(record["dynamodb"]["SequenceNumber"].as_str().unwrap().len(), 21);
    assert_eq!(record["dynamodb"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert!(record["eventSourceARN"].as_str().unwrap().contains("table/ThingsTable/stream/"));
    running.stop().await;
}

/// Has batches wait for `seconds` to fill; one record is relayed at once, 24 more have come since.
async fn gathering(seconds: u32, folder: &Path, world: &Arc<World>) -> Running {
    let window = format!("BatchSize: 10\n            MaximumBatchingWindowInSeconds: {seconds}");
    let running = Running::of(&TEMPLATE.replace("BatchSize: 10", &window), folder, world).await;
    running.put("first").await;
    wait_for("the first", async || world.relayed.lock().unwrap().len() == 1).await;
    for number in 0..24 {
        running.put(&number.to_string()).await;
    }
    running
}

#[tokio::test]
async fn the_first_record_goes_at_once_the_next_as_full_batches_and_the_rest_when_the_window_ends() {
    let (folder, world) = (tempfile::tempdir().unwrap(), Arc::<World>::default());
    let running = gathering(1, folder.path(), &world).await;
    wait_for("all", async || world.relayed.lock().unwrap().len() == 25).await;
    let batches = world.batches.lock().unwrap().clone();
    assert!(batches.starts_with(&[1]) && batches.len() <= 5, "{batches:?}");
    running.stop().await;
}

#[tokio::test]
async fn whoever_waits_for_all_to_be_done_waits_for_no_window() {
    let (folder, world) = (tempfile::tempdir().unwrap(), Arc::<World>::default());
    let running = gathering(3600, folder.path(), &world).await;
    wait_for("full batches", async || world.relayed.lock().unwrap().len() == 21).await;
    assert_eq!(*world.batches.lock().unwrap(), [1, 10, 10]);
    running.sources.drained().await;
    assert_eq!(*world.batches.lock().unwrap(), [1, 10, 10, 4]);
    running.put("after").await;
    running.stop().await;
    assert_eq!(world.relayed.lock().unwrap().len(), 25, "what waits is handed over when the program runs again");
}

#[test]
fn what_was_relayed_and_not_consumed_is_consumed_after_a_kill() {
    let (folder, world) = (tempfile::tempdir().unwrap(), Arc::<World>::default());
    world.stuck.store(true, Ordering::SeqCst);
    until_killed(async || {
        let running = Running::start(folder.path(), &world).await;
        for number in 0..25 {
            running.put(&format!("{number:02}")).await;
        }
        wait_for("all is relayed", async || world.relayed.lock().unwrap().len() == 25).await;
    });
    assert!(world.consumed().is_empty());
    world.stuck.store(false, Ordering::SeqCst);
    until_killed(async || {
        let running = Running::start(folder.path(), &world).await;
        running.sources.drained().await;
        running.stop().await;
    });
    let mut consumed = world.consumed();
    // A kill may have come between the relay's answer and the note of its position.
    consumed.dedup();
    assert_eq!(consumed, (0..25).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    until_killed(async || {
        let running = Running::start(folder.path(), &world).await;
        running.sources.drained().await;
        running.stop().await;
    });
    let mut after = world.consumed();
    after.dedup();
    assert_eq!(after, consumed);
}

#[tokio::test]
async fn a_poison_record_ends_alone_in_a_file_and_the_stream_goes_on() {
    let (folder, world) = (tempfile::tempdir().unwrap(), Arc::<World>::default());
    let running = Running::start(folder.path(), &world).await;
    for name in ["a", "b", "POISON", "c"] {
        running.put(name).await;
    }
    running.sources.drained().await;
    assert_eq!(world.consumed(), ["a", "b", "c"]);
    let files: Vec<_> = std::fs::read_dir(folder.path().join("failed-changes/relay")).unwrap().collect();
    assert_eq!(files.len(), 1);
    let report = std::fs::read_to_string(files[0].as_ref().unwrap().path()).unwrap();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["requestContext"]["condition"], "RetryAttemptsExhausted");
    assert_eq!(report["DDBStreamBatchInfo"]["batchSize"], 1);
    let payload: Value = serde_json::from_str(report["payload"].as_str().unwrap()).unwrap();
    assert_eq!(name(&payload["Records"][0]), "POISON");
    running.stop().await;
}

#[test]
fn a_poison_message_dies_alone_and_keeps_its_id_through_a_kill() {
    let (folder, world) = (tempfile::tempdir().unwrap(), Arc::<World>::default());
    let before = Mutex::new(Vec::new());
    until_killed(async || {
        let running = Running::start(folder.path(), &world).await;
        for name in ["sweet", "BITTER", "salty"] {
            running.put(name).await;
        }
        running.sources.drained().await;
        wait_for("a dead letter", async || {
            *before.lock().unwrap() = running.dead_letters().await;
            !before.lock().unwrap().is_empty()
        })
        .await;
    });
    assert_eq!(world.consumed(), ["salty", "sweet"]);
    until_killed(async || {
        let running = Running::start(folder.path(), &world).await;
        running.sources.drained().await;
        assert_eq!(running.dead_letters().await, *before.lock().unwrap());
        assert_eq!(before.lock().unwrap()[0].1, "BITTER");
        running.stop().await;
    });
}

#[tokio::test]
async fn records_that_everyone_has_passed_are_removed_but_for_the_newest_and_writes_use_the_index() {
    let (folder, world) = (tempfile::tempdir().unwrap(), Arc::<World>::default());
    let running = Running::start(folder.path(), &world).await;
    for number in 0..30 {
        running.put(&number.to_string()).await;
    }
    running.sources.drained().await;
    running.sources.trim()().unwrap();
    let database = rusqlite::Connection::open(folder.path().join(crate::dynamodb::FILE)).unwrap();
    let left: i64 = database.query_row("SELECT COUNT(*) FROM _stream_records", [], |row| row.get(0)).unwrap();
    assert_eq!(left, 1);
    // The question that dynoxide asks before each write.
    let plan = "EXPLAIN QUERY PLAN SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) + 1
                FROM _stream_records WHERE table_name = ?1";
    let plan: String = database.query_row(plan, ["ThingsTable"], |row| row.get(3)).unwrap();
    assert!(plan.contains("stream_sequence"), "{plan}");
    // Numbers go on from the one that stayed.
    running.put("one more").await;
    running.sources.drained().await;
    assert!(world.consumed().contains(&"one more".to_owned()));
    running.stop().await;
}

#[tokio::test]
async fn a_source_without_a_worker_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let template = Template::parse(TEMPLATE).unwrap();
    let data = DataFolder::open(folder.path()).unwrap();
    let backends = Backends::start(&template, &data, Ports::default(), "redis://127.0.0.1:1").await.unwrap();
    let ground = Ground {
        template: &template,
        records: backends.records.clone(),
        failed_changes: folder.path().join("failed-changes"),
        ledger: backends.ledger.clone(),
        queues: backends.sqs.queues.clone(),
        system: Arc::new(OperatingSystem::default()),
        scheduled: true,
    };
    let error = EventSources::start(ground, &HashMap::new()).err().unwrap();
    assert!(error.to_string().contains("relay"), "{error}");
    backends.stop(&data).await;
}
