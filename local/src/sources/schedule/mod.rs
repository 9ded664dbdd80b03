//! Schedules: a worker is called when its time has come, by the clock that everything in the program goes by.
//!
//! One run at a time. What was missed while the program was off, or while a run took too long, is not made up.

mod expression;

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use shared::{domain::Timestamp, ports::system::System};
use tokio::sync::{Mutex, watch};

pub(crate) use expression::Expression;

use super::invoke::Callee;
use crate::{
    StartError,
    template::{ScheduleService, ScheduleSource},
};

/// How long the clock is not looked at, at the most: it may be set, and the machine may sleep.
const LOOK: Duration = Duration::from_secs(10);
const REGION: &str = "local";

/// One schedule.
pub(crate) struct Schedule {
    source: ScheduleSource,
    expression: Expression,
    callee: Callee,
    system: Arc<dyn System>,
    /// When it is due next. Locked while it runs, so that no two runs overlap.
    due: Mutex<Option<Timestamp>>,
}

impl Schedule {
    /// The schedule of `source`, due for the first time after now.
    pub(crate) fn new(source: ScheduleSource, callee: Callee, system: Arc<dyn System>) -> Result<Self, StartError> {
        let expression = Expression::parse(&source.expression)
            .map_err(|problem| StartError::Template(format!("the schedule of {}: {problem}", source.function)))?;
        let due = Mutex::new(expression.after(system.now()));
        Ok(Self { source, expression, callee, system, due })
    }

    /// Looks at the clock, and runs the worker if it is due.
    pub(crate) async fn look(&self) {
        let mut due = self.due.lock().await;
        let Some(time) = due.filter(|time| *time <= self.system.now()) else { return };
        // Why a run failed is in the log; the next one comes.
        self.callee.call(self.event(time)).await.ok();
        *due = self.expression.after(self.system.now());
    }

    /// Runs until `stop` is true. A run under way is waited for.
    pub(crate) async fn run(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            let pause = self.due.lock().await.map_or(LOOK, |due| until(self.system.now(), due).min(LOOK));
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
            self.look().await;
        }
    }

    /// Waits until no run is under way.
    pub(crate) async fn idle(&self) {
        drop(self.due.lock().await);
    }

    /// What the worker is called with.
    fn event(&self, time: Timestamp) -> Value {
        let id = format!("{:032x}", u128::from_be_bytes(self.system.random()));
        // Whole seconds, as EventBridge writes times.
        let time = time.to_string().replace(".000Z", "Z");
        let ScheduleSource { function, name, service, input, .. } = &self.source;
        let (kind, detail) = match service {
            ScheduleService::Scheduler => ("scheduler", json!("{}")),
            ScheduleService::Rule => ("events", json!({})),
        };
        let resource = match service {
            ScheduleService::Scheduler => {
                format!("arn:aws:scheduler:{REGION}:000000000000:schedule/default/{function}-{name}")
            }
            ScheduleService::Rule => format!("arn:aws:events:{REGION}:000000000000:rule/{function}-{name}"),
        };
        if let Some(input) = input {
            let input = input
                .replace("<aws.scheduler.scheduled-time>", &time)
                .replace("<aws.scheduler.execution-id>", &id)
                .replace("<aws.scheduler.attempt-number>", "1")
                .replace("<aws.scheduler.schedule-arn>", &resource);
            return serde_json::from_str(&input).unwrap_or(Value::String(input));
        }
        json!({
            "version": "0", "id": id, "detail-type": "Scheduled Event", "source": format!("aws.{kind}"),
            "account": "000000000000", "time": time, "region": REGION, "resources": [resource], "detail": detail,
        })
    }
}

fn until(now: Timestamp, due: Timestamp) -> Duration {
    Duration::from_millis(u64::try_from(due.as_millis() - now.as_millis()).unwrap_or_default())
}

#[cfg(test)]
mod tests;
