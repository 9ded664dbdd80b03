//! The queue `sms-dispatch`: each message is handed to a vendor once, or, after an ambiguous time-out, once more; never more often.
//! What a vendor does not take waits for the schedule of `sms-resend`.

mod attempt;
mod wiring;

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use shared::{
    domain::{
        TaskId, Timestamp,
        change::{Change, Subject},
        sms::{DOUBTS, TaskEnd, TaskKey, backoff},
    },
    ports::{
        StoreError,
        permission::Queue,
        sms::{Claimed, NotSent, Outgoing, SmsFigures, SmsProvider, SmsTasks},
        system::System,
    },
    queue::{Consumer, Failed},
    worker::WorkerError,
};

use attempt::Attempt;
pub use wiring::{Config, SmsDispatch};

/// How long a dispatcher has a task to itself: longer than the function may run.
pub const CLAIM: Duration = Duration::from_secs(60);
/// How long all vendors together may take for one message; the function's time-out is longer by what the tables may take.
pub const DEADLINE: Duration = Duration::from_secs(8);

/// What the handler uses.
pub struct Dispatcher {
    /// What is to be sent.
    pub tasks: Arc<dyn SmsTasks>,
    /// All vendors as one.
    pub provider: Arc<dyn SmsProvider>,
    /// Opens messages.
    pub key: Arc<TaskKey>,
    /// Where it is noted what came of them.
    pub figures: Arc<dyn SmsFigures>,
    /// The clock.
    pub system: Arc<dyn System>,
}

impl Consumer for Dispatcher {
    const QUEUE: Queue = Queue::SmsDispatch;
    type Message = Change;

    async fn consume(&self, changes: &[Change]) -> Result<(), Failed> {
        let sent = join_all(changes.iter().map(|change| async move {
            match change.subject {
                Subject::SmsTask(id) => self.dispatch(id).await.map_err(WorkerError::from),
                _ => Err("no message of this queue".into()),
            }
        }));
        let failed = sent.await.into_iter().enumerate();
        let failed: Vec<_> = failed.filter_map(|(place, sent)| Some((place, sent.err()?))).collect();
        if failed.is_empty() { Ok(()) } else { Err(Failed::These(failed)) }
    }
}

impl Dispatcher {
    /// Sends the message of the task, unless that was done, is being done, or has no use any more.
    async fn dispatch(&self, id: TaskId) -> Result<(), StoreError> {
        let now = self.system.now();
        let Some(claimed) = self.tasks.claim(id, now, now.plus(CLAIM)).await? else { return Ok(()) };
        if claimed.good_until <= now {
            return self.close(&claimed, TaskEnd::Expired).await;
        }
        let Some(sms) = self.key.open(id, &claimed.sealed) else {
            return self.close(&claimed, TaskEnd::Unreadable).await;
        };
        let attempt = Attempt::new(&*self.tasks, &claimed);
        let deadline = self.system.monotonic() + DEADLINE;
        let message = Outgoing { id, sms: &sms, deadline, doubts: &attempt };
        match self.provider.send(&message).await {
            Ok(()) => {
                self.figures.ended("sent", 1, self.system.now());
                // Whoever overtook this one knows that it may have been sent.
                self.tasks.done(&claimed).await.map(drop)
            }
            Err(error) if attempt.doubts() >= DOUBTS => {
                drop(error);
                self.close(&claimed, TaskEnd::Doubtful).await
            }
            Err(error) => self.defer(&claimed, &error, attempt.doubts()).await,
        }
    }

    /// Leaves the task to the schedule.
    async fn defer(&self, claimed: &Claimed, error: &NotSent, doubts: u32) -> Result<(), StoreError> {
        let now = self.system.now();
        self.figures.ended("deferred", 1, now);
        let not_before = self.again_at(claimed, error, now);
        self.tasks.defer(claimed, not_before, doubts).await.map(drop)
    }

    /// When it is tried again: later each time, when a vendor says, and at the latest when the code expires and the task with it.
    fn again_at(&self, claimed: &Claimed, error: &NotSent, now: Timestamp) -> Timestamp {
        let pause = match error {
            NotSent::Throttled { retry_after: Some(wait) } => backoff(claimed.attempts).max(*wait),
            _ => backoff(claimed.attempts),
        };
        now.plus(pause).min(claimed.good_until)
    }

    async fn close(&self, claimed: &Claimed, end: TaskEnd) -> Result<(), StoreError> {
        let (name, task) = (end.name(), claimed.id.to_string());
        tracing::warn!(task, end = name, attempts = claimed.attempts, "a message is given up");
        self.figures.ended(name, 1, self.system.now());
        self.tasks.close(claimed, end).await.map(drop)
    }
}
