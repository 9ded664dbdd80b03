//! On a schedule, `rate(1 minute)`: messages that were limited or failed go to the queue again when they are due, and those whose
//! code has expired are marked so. Two runs at a time do what one would.

mod wiring;

use std::{sync::Arc, time::Duration};

use serde::Serialize;
use shared::{
    domain::{Timestamp, sms::TaskEnd},
    ports::{
        StoreError,
        sms::{SmsFigures, SmsResends, Waiting},
        system::System,
    },
};

pub use wiring::{Config, SmsResend};

/// What was given to the queue is left to it for so long: it is rarely behind, and a task that comes twice is sent once.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Looks after tasks.
pub struct Resender {
    /// What waits.
    pub tasks: Arc<dyn SmsResends>,
    /// Where it is noted what expired.
    pub figures: Arc<dyn SmsFigures>,
    /// The clock.
    pub system: Arc<dyn System>,
}

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Tasks that went to the queue again.
    pub released: u32,
    /// Tasks whose code had expired.
    pub expired: u32,
    /// Tasks that wait for their time, or for the queue.
    pub waiting: u32,
}

/// What to do with a task.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Expire,
    Release,
    Leave,
}

fn step(task: &Waiting, now: Timestamp) -> Step {
    let taken = task.claimed_until.is_some_and(|until| until > now);
    let queued = task.released_at.is_some_and(|at| at.plus(PATIENCE) > now);
    if task.good_until <= now {
        // Whoever has it at this moment may still send it; the next run looks again.
        if taken { Step::Leave } else { Step::Expire }
    } else if taken || queued || task.not_before > now {
        Step::Leave
    } else {
        Step::Release
    }
}

impl Resender {
    /// One run.
    ///
    /// # Errors
    /// The store failed; what was done is done, and the next run goes on.
    pub async fn run(&self) -> Result<Report, StoreError> {
        let mut report = Report::default();
        for shard in 0..self.tasks.shards() {
            for task in self.tasks.waiting(shard).await? {
                let now = self.system.now();
                let (done, count) = match step(&task, now) {
                    Step::Expire => (self.tasks.expire(&task).await?, &mut report.expired),
                    Step::Release => (self.tasks.release(&task, now).await?, &mut report.released),
                    Step::Leave => (true, &mut report.waiting),
                };
                *count += u32::from(done);
            }
        }
        let Report { released, expired, waiting } = report;
        if expired > 0 {
            self.figures.ended(TaskEnd::Expired.name(), expired, self.system.now());
        }
        tracing::info!(released, expired, waiting, "looked after messages");
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use shared::domain::TaskId;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    /// A task that was deferred until now, and last given to the queue two minutes ago.
    fn task() -> Waiting {
        Waiting {
            id: TaskId::from_bytes([1; 16]),
            not_before: NOW,
            good_until: NOW.plus(Duration::from_secs(1)),
            releases: 1,
            released_at: Some(Timestamp::from_millis(NOW.as_millis() - 120_000)),
            claimed_until: None,
        }
    }

    #[test]
    fn a_task_goes_to_the_queue_when_it_is_due_and_nobody_has_it() {
        let later = NOW.plus(Duration::from_millis(1));
        assert_eq!(step(&task(), NOW), Step::Release);
        assert_eq!(step(&Waiting { not_before: later, ..task() }, NOW), Step::Leave);
        assert_eq!(step(&Waiting { claimed_until: Some(later), ..task() }, NOW), Step::Leave);
        assert_eq!(step(&Waiting { claimed_until: Some(NOW), ..task() }, NOW), Step::Release);
        assert_eq!(step(&Waiting { released_at: Some(NOW), ..task() }, NOW), Step::Leave, "the queue has it");
        assert_eq!(step(&Waiting { released_at: None, releases: 0, ..task() }, NOW), Step::Release);
    }

    #[test]
    fn a_task_expires_with_its_code_unless_it_is_being_sent() {
        let later = NOW.plus(Duration::from_millis(1));
        assert_eq!(step(&Waiting { good_until: NOW, ..task() }, NOW), Step::Expire);
        assert_eq!(step(&Waiting { good_until: NOW, claimed_until: Some(later), ..task() }, NOW), Step::Leave);
    }
}
