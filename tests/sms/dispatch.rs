//! From the task to the phone: once, or after an ambiguous time-out twice, with one code; what is not sent is tried again until
//! its code has expired.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use shared::{
    domain::{
        TaskId,
        change::{Change, Subject},
    },
    ports::{sms::SmsTasks as _, system::System as _},
    queue::Consumer as _,
};
use sms_dispatch::{CLAIM, Dispatcher};
use sms_resend::Report;

use crate::world::{Got, Manner, World, nobody, phone, unwrap_store, vendor};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

fn ids(world: &World) -> Vec<TaskId> {
    world.items("TASKS#").iter().map(|task| task["sk"]["S"].as_str().unwrap().parse().unwrap()).collect()
}

/// What the queue says of these tasks.
fn changes(ids: &[TaskId]) -> Vec<Change> {
    let change = |id: &TaskId| Change { subject: Subject::SmsTask(*id), version: Some(1), gone: false };
    ids.iter().map(change).collect()
}

/// Dispatches every task that there is.
async fn dispatch(world: &World, dispatcher: &Dispatcher) {
    dispatcher.consume(&changes(&ids(world))).await.unwrap();
}

/// A world in which one phone has asked for a code.
async fn world_with_a_task() -> World {
    let world = World::new().await;
    world.ask(&world.codes(), &phone(1)).await.unwrap();
    world
}

/// The only task as it is stored.
fn task(world: &World) -> Value {
    let mut tasks = world.items("TASKS#");
    assert_eq!(tasks.len(), 1);
    tasks.pop().unwrap()
}

fn count(got: &Got) -> usize {
    let got = got.lock().unwrap();
    let codes: std::collections::BTreeSet<_> =
        got.iter().map(|message| message["params"]["code"].to_string()).collect();
    assert!(codes.len() <= 1, "never two codes");
    got.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_sent_once_and_nothing_is_left_of_it() {
    let world = world_with_a_task().await;
    let code = world.messages().pop().unwrap().code;
    let got = Got::default();
    let dispatcher = world.dispatcher(json!([vendor("one", Manner::Accepts, &got).await]));
    let again = changes(&ids(&world));
    dispatch(&world, &dispatcher).await;
    assert!(world.items("TASKS#").is_empty());
    dispatcher.consume(&again).await.unwrap();
    assert_eq!(count(&got), 1);
    assert_eq!(got.lock().unwrap()[0]["params"]["code"], code.as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_that_comes_many_times_at_once_is_sent_once() {
    let world = world_with_a_task().await;
    let got = Got::default();
    let vendors = json!([vendor("one", Manner::Accepts, &got).await]);
    let (one, other) = (world.dispatcher(vendors.clone()), world.dispatcher(vendors));
    let many = changes(&[ids(&world)[0]; 10]);
    let (first, second) = futures_util::future::join(one.consume(&many), other.consume(&many)).await;
    first.unwrap();
    second.unwrap();
    assert_eq!(count(&got), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_vendor_takes_what_one_surely_did_not() {
    for manner in [Manner::Refuses(400), Manner::Refuses(503), Manner::Throttles(30)] {
        let world = world_with_a_task().await;
        let got = Got::default();
        let vendors = json!([
            vendor("one", manner, &got).await,
            nobody("two").await,
            vendor("three", Manner::Accepts, &got).await,
        ]);
        dispatch(&world, &world.dispatcher(vendors)).await;
        assert_eq!(count(&got), 1, "{manner:?}");
        assert!(world.items("TASKS#").is_empty(), "{manner:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_ambiguous_time_out_another_vendor_may_send_it_once_more() {
    let world = world_with_a_task().await;
    let got = Got::default();
    let late = |name| vendor(name, Manner::AnswersLate, &got);
    let vendors = json!([late("one").await, late("two").await, late("three").await]);
    let dispatcher = world.dispatcher(vendors);
    dispatch(&world, &dispatcher).await;
    assert_eq!(count(&got), 2);
    let closed = task(&world);
    assert_eq!(closed["progress"]["S"], "doubtful");
    assert!(closed["sealed"].is_null(), "the code is gone");
    for _ in 0..10 {
        world.clock.pass(MINUTE);
        unwrap_store(world.resender().run().await);
        dispatch(&world, &dispatcher).await;
    }
    assert_eq!(count(&got), 2, "never a third");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_late_vendor_alone_is_asked_once_more_by_the_schedule() {
    let world = world_with_a_task().await;
    let got = Got::default();
    let dispatcher = world.dispatcher(json!([vendor("one", Manner::AnswersLate, &got).await]));
    dispatch(&world, &dispatcher).await;
    assert_eq!((count(&got), task(&world)["doubts"]["N"].as_str()), (1, Some("1")));
    for _ in 0..9 {
        world.clock.pass(MINUTE);
        unwrap_store(world.resender().run().await);
        dispatch(&world, &dispatcher).await;
    }
    assert_eq!(count(&got), 2);
    assert_eq!(task(&world)["progress"]["S"], "doubtful");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dispatcher_that_dies_in_the_middle_costs_one_extra_message_at_the_most() {
    let world = world_with_a_task().await;
    let got = Got::default();
    let late = vendor("one", Manner::AnswersLate, &got).await;
    let dispatcher = Arc::new(world.dispatcher(json!([late])));
    let id = ids(&world)[0];
    // Each round dies while the vendor, which has the message, keeps it waiting.
    for _ in 0..4 {
        let dying = dispatcher.clone();
        let before = count(&got);
        let call = tokio::spawn(async move { dying.consume(&changes(&[id])).await });
        while count(&got) == before && !call.is_finished() {
            tokio::task::yield_now().await;
        }
        call.abort();
        drop(call.await);
        world.clock.pass(CLAIM);
        unwrap_store(world.resender().run().await);
    }
    assert_eq!(count(&got), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_throttled_waits_as_long_as_the_vendor_says_and_is_sent_again() {
    let world = world_with_a_task().await;
    let got = Got::default();
    dispatch(&world, &world.dispatcher(json!([vendor("one", Manner::Throttles(150), &got).await]))).await;
    let well = world.dispatcher(json!([vendor("two", Manner::Accepts, &got).await]));
    world.clock.pass(149 * SECOND);
    let waiting = Report { waiting: 1, ..Report::default() };
    assert_eq!(unwrap_store(world.resender().run().await), waiting);
    dispatch(&world, &well).await;
    assert_eq!(count(&got), 0, "it is not sent before its time, whoever asks");
    world.clock.pass(SECOND);
    assert_eq!(unwrap_store(world.resender().run().await), Report { released: 1, ..Report::default() });
    assert_eq!(task(&world)["releases"]["N"], "2");
    assert_eq!(unwrap_store(world.resender().run().await), waiting, "the queue has it");
    dispatch(&world, &well).await;
    assert_eq!(count(&got), 1);
    assert!(world.items("TASKS#").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_failing_is_tried_less_and_less_often_until_its_code_expires_and_is_marked_then() {
    let world = world_with_a_task().await;
    let dispatcher = world.dispatcher(json!([nobody("nobody").await]));
    let mut tried = Vec::new();
    let mut report = Report::default();
    for minute in 0..12 {
        let before = task(&world)["attempts"]["N"].clone();
        dispatch(&world, &dispatcher).await;
        if task(&world)["attempts"]["N"] != before {
            tried.push(minute);
        }
        world.clock.pass(MINUTE);
        report = unwrap_store(world.resender().run().await);
        if report.expired > 0 {
            break;
        }
    }
    assert_eq!(tried, [0, 1, 2, 4, 8]);
    assert_eq!(report, Report { expired: 1, ..Report::default() });
    let marked = task(&world);
    assert_eq!(marked["progress"]["S"], "expired");
    assert!(marked["sealed"].is_null(), "the code is gone");
    dispatch(&world, &dispatcher).await;
    assert_eq!(task(&world)["attempts"], marked["attempts"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_times_out_three_times_in_a_row_is_spared_by_every_instance() {
    let world = World::new().await;
    let codes = world.codes();
    let (bad, good) = (Got::default(), Got::default());
    let vendors =
        json!([vendor("bad", Manner::AnswersLate, &bad).await, vendor("good", Manner::Accepts, &good).await,]);
    let instances = [world.dispatcher(vendors.clone()), world.dispatcher(vendors.clone()), world.dispatcher(vendors)];
    for n in 0..18 {
        world.ask(&codes, &phone(n)).await.unwrap();
        dispatch(&world, &instances[usize::try_from(n).unwrap() % 3]).await;
    }
    assert_eq!(bad.lock().unwrap().len(), 3);
    assert_eq!(good.lock().unwrap().len(), 18);
    // After the pause one message tries whether it is back.
    world.clock.pass(11 * SECOND);
    for n in 18..24 {
        world.ask(&codes, &phone(n)).await.unwrap();
        dispatch(&world, &instances[usize::try_from(n).unwrap() % 3]).await;
    }
    assert_eq!(bad.lock().unwrap().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn healthy_vendors_take_turns() {
    let world = World::new().await;
    let codes = world.codes();
    let got = [Got::default(), Got::default(), Got::default()];
    let vendors = json!([
        vendor("one", Manner::Accepts, &got[0]).await,
        vendor("two", Manner::Accepts, &got[1]).await,
        vendor("three", Manner::Accepts, &got[2]).await,
    ]);
    let dispatcher = world.dispatcher(vendors);
    for n in 0..9 {
        world.ask(&codes, &phone(n)).await.unwrap();
        dispatch(&world, &dispatcher).await;
    }
    assert_eq!(got.map(|got| got.lock().unwrap().len()), [3, 3, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_to_a_task_that_another_attempt_has_by_now() {
    let world = world_with_a_task().await;
    let tasks = world.tasks();
    let (id, now) = (ids(&world)[0], world.clock.now());
    let old = unwrap_store(tasks.claim(id, now, now.plus(CLAIM)).await).unwrap();
    assert_eq!(unwrap_store(tasks.claim(id, now, now.plus(CLAIM)).await), None);
    let later = now.plus(CLAIM);
    let new = unwrap_store(tasks.claim(id, later, later.plus(CLAIM)).await).unwrap();
    assert_eq!((old.attempts, old.doubts, new.attempts, new.doubts), (1, 0, 2, 1));
    assert!(!unwrap_store(tasks.defer(&old, later, 0).await));
    assert!(!unwrap_store(tasks.done(&old).await));
    assert!(!unwrap_store(tasks.doubt(&new).await), "two attempts may have reached the phone already");
    assert!(unwrap_store(tasks.done(&new).await));
}
