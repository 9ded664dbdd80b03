use std::sync::{
    Mutex as StdMutex,
    atomic::{AtomicI64, Ordering},
};

use futures_util::FutureExt as _;
use shared::lambda::Handler;

use super::*;

/// A clock that tests move.
struct Clock(AtomicI64);

impl System for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(7);
    }
}

const MINUTE: i64 = 60_000;

/// A schedule of every five minutes that notes its events; `work` runs in each run.
fn schedule(
    service: ScheduleService,
    input: Option<&str>,
    work: impl Fn() + Send + Sync + 'static,
) -> (Arc<Clock>, Schedule, Arc<StdMutex<Vec<Value>>>) {
    let clock = Arc::new(Clock(AtomicI64::new(MINUTE)));
    let events = Arc::new(StdMutex::new(Vec::new()));
    let noted = events.clone();
    let handler: Handler = Arc::new(move |event| {
        noted.lock().unwrap().push(event);
        work();
        async { Ok(Value::Null) }.boxed()
    });
    let source = ScheduleSource {
        function: "sweep".to_owned(),
        name: "Often".to_owned(),
        service,
        expression: "rate(5 minutes)".to_owned(),
        input: input.map(str::to_owned),
    };
    let callee = Callee::new("sweep", handler, Duration::from_secs(10), clock.clone());
    (clock.clone(), Schedule::new(source, callee, clock).unwrap(), events)
}

#[tokio::test]
async fn it_runs_when_it_is_due_and_only_then() {
    let (clock, schedule, events) = schedule(ScheduleService::Scheduler, None, || {});
    for (minute, runs) in [(1, 0), (4, 0), (5, 1), (6, 1), (9, 1), (10, 2)] {
        clock.0.store(minute * MINUTE, Ordering::SeqCst);
        schedule.look().await;
        assert_eq!(events.lock().unwrap().len(), runs, "at minute {minute}");
    }
}

#[tokio::test]
async fn what_was_missed_is_not_made_up() {
    let (clock, schedule, events) = schedule(ScheduleService::Scheduler, None, || {});
    clock.0.store(63 * MINUTE, Ordering::SeqCst);
    schedule.look().await;
    schedule.look().await;
    assert_eq!(events.lock().unwrap().len(), 1);
    clock.0.store(65 * MINUTE, Ordering::SeqCst);
    schedule.look().await;
    assert_eq!(events.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_run_that_takes_longer_than_the_period_is_followed_by_the_next_turn_only() {
    let clock = Arc::new(StdMutex::new(None::<Arc<Clock>>));
    let moved = clock.clone();
    let (own, schedule, events) = schedule(ScheduleService::Scheduler, None, move || {
        // The run takes twelve minutes.
        if let Some(clock) = &*moved.lock().unwrap() {
            clock.0.fetch_add(12 * MINUTE, Ordering::SeqCst);
        }
    });
    *clock.lock().unwrap() = Some(own.clone());
    own.0.store(5 * MINUTE, Ordering::SeqCst);
    tokio::join!(schedule.look(), schedule.look());
    assert_eq!(events.lock().unwrap().len(), 1);
    own.0.store(20 * MINUTE, Ordering::SeqCst);
    schedule.look().await;
    assert_eq!(events.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn the_event_is_the_one_of_its_service() {
    for (service, source, detail) in
        [(ScheduleService::Scheduler, "aws.scheduler", json!("{}")), (ScheduleService::Rule, "aws.events", json!({}))]
    {
        let (clock, schedule, events) = schedule(service, None, || {});
        clock.0.store(5 * MINUTE + 17, Ordering::SeqCst);
        schedule.look().await;
        let event = events.lock().unwrap()[0].clone();
        assert_eq!((&event["source"], &event["detail"]), (&json!(source), &detail));
        assert_eq!(
            (&event["time"], &event["detail-type"]),
            (&json!("1970-01-01T00:05:00Z"), &json!("Scheduled Event"))
        );
    }
}

#[tokio::test]
async fn an_input_takes_the_events_place() {
    let input = r#"{"at": "<aws.scheduler.scheduled-time>"}"#;
    let (clock, schedule, events) = schedule(ScheduleService::Scheduler, Some(input), || {});
    clock.0.store(5 * MINUTE, Ordering::SeqCst);
    schedule.look().await;
    assert_eq!(events.lock().unwrap()[0], json!({"at": "1970-01-01T00:05:00Z"}));
}
