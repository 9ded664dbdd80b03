//! What calls workers: change streams, queues and schedules, from the template's own definitions.
//!
//! ```text
//! table ──▶ change stream ──▶ pump ──▶ worker ──▶ queue ──▶ poller ──▶ worker
//!                              │                    │
//!                     position in the ledger    message in the ledger
//! ```
//!
//! A stream's position passes a record once the worker has answered for it; by then each message that follows from it is in
//! the ledger, and leaves it when its consumer is done. So a kill at any moment loses nothing; it may repeat.

mod invoke;
mod queue;
mod schedule;
mod stream;

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use futures_util::future::join_all;
use shared::{lambda::Handler, ports::system::System};
use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

pub(crate) use stream::{Consumer, Records};

use crate::{
    StartError,
    ledger::Ledger,
    services::Services,
    sqs::Queues,
    template::{QueueDefinition, Template},
};
use invoke::Callee;
use queue::Poller;
use schedule::Schedule;
use stream::{Commits, FailedChanges, Pump};

/// Readers of each queue: as many batches are worked on at a time.
const READERS: usize = 2;
/// How often records that everyone has passed are removed.
const TRIM: Duration = Duration::from_secs(30);
/// How often it is looked whether everything is done.
const LOOK: Duration = Duration::from_millis(10);

/// Running event sources. Stop them in order with [`EventSources::stop`].
pub(crate) struct EventSources {
    records: Arc<Records>,
    ledger: Arc<Ledger>,
    queues: Arc<Queues>,
    consumers: Vec<Consumer>,
    schedules: Vec<Arc<Schedule>>,
    tables: Vec<String>,
    hurry: Arc<Notify>,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// What event sources are made over.
pub(crate) struct Ground<'a> {
    /// The definitions.
    pub(crate) template: &'a Template,
    pub(crate) records: Arc<Records>,
    /// Where changes go that nobody could take.
    pub(crate) failed_changes: PathBuf,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) queues: Arc<Queues>,
    pub(crate) system: Arc<dyn System>,
    /// Whether schedules are followed.
    pub(crate) scheduled: bool,
}

impl<'a> Ground<'a> {
    /// What `services` give, by the clock of `system`.
    pub(crate) fn of(services: &'a Services, system: Arc<dyn System>) -> Self {
        let backends = services.backends();
        Self {
            template: services.template(),
            records: backends.records.clone(),
            failed_changes: services.failed_changes(),
            ledger: backends.ledger.clone(),
            queues: backends.sqs.queues.clone(),
            system,
            scheduled: true,
        }
    }
}

impl EventSources {
    /// Starts the event sources of the template, which call `workers` by their names.
    pub(crate) fn start(ground: Ground<'_>, workers: &HashMap<String, Handler>) -> Result<Self, StartError> {
        let Ground { template, records, failed_changes, ledger, queues, system, scheduled } = ground;
        let sources = template.sources()?;
        let callee = |name: &str| {
            let handler = workers.get(name);
            let handler = handler.ok_or_else(|| StartError::Template(format!("there is no worker {name:?}")))?;
            Ok::<_, StartError>(Callee::new(name, handler.clone(), template.timeout(name), system.clone()))
        };
        let failed = FailedChanges(failed_changes);
        let hurry = Arc::new(Notify::new());
        let pump = |source: crate::template::StreamSource| {
            let callee = callee(&source.function)?;
            Pump::new(source, callee, records.clone(), ledger.clone(), failed.clone(), system.clone())
        };
        let pumps = sources.streams.into_iter().map(pump).collect::<Result<Vec<_>, _>>()?;
        let definitions = template.queues()?;
        let poller = |source: crate::template::QueueSource| {
            let callee = callee(&source.function)?;
            let problem = || StartError::Template(format!("{} is no queue", source.queue));
            let url = queues.url(&source.queue).ok_or_else(problem)?.to_owned();
            let redrive = |queue: &QueueDefinition| Some(queue.redrive.as_ref()?.max_receives);
            let definition = definitions.iter().find(|queue| queue.resource == source.queue);
            let max_receives = definition.and_then(redrive).unwrap_or(u32::MAX);
            Ok::<_, StartError>(Poller::new(source, url, max_receives, callee, queues.clone()))
        };
        let pollers = sources.queues.into_iter().map(poller).collect::<Result<Vec<_>, _>>()?;
        let schedule = |source: crate::template::ScheduleSource| {
            let callee = callee(&source.function)?;
            Schedule::new(source, callee, system.clone()).map(Arc::new)
        };
        let schedules =
            sources.schedules.into_iter().filter(|_| scheduled).map(schedule).collect::<Result<Vec<_>, _>>()?;
        let tables = template.tables()?.into_iter().filter(|table| table.stream.is_some());
        let tables: Vec<_> = tables.map(|table| table.resource).collect();

        // From here on nothing fails, so that nothing is left running.
        let (stop, stopped) = watch::channel(false);
        let consumers: Vec<_> = pumps.iter().map(|pump| pump.consumer().clone()).collect();
        let commits = Commits::watch(records.clone(), stopped.clone());
        let mut tasks = Vec::new();
        for pump in pumps {
            tasks.push(tokio::spawn(pump.run(commits.clone(), hurry.clone(), stopped.clone())));
        }
        for poller in pollers {
            tasks.extend((0..READERS).map(|_| tokio::spawn(poller.clone().run(stopped.clone()))));
        }
        tasks.extend(schedules.iter().map(|schedule| tokio::spawn(schedule.clone().run(stopped.clone()))));
        let mut own = Self { records, ledger, queues, consumers, schedules, tables, hurry, stop, tasks };
        own.tasks.push(own.trimmer(stopped));
        Ok(own)
    }

    /// Removes passed records from time to time until `stop` is true.
    fn trimmer(&self, mut stop: watch::Receiver<bool>) -> JoinHandle<()> {
        let trim = self.trim();
        tokio::spawn(async move {
            while !*stop.borrow() {
                let trim = trim.clone();
                match tokio::task::spawn_blocking(move || trim()).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => tracing::warn!(error = error.to_string(), "records were not removed"),
                    Err(error) => tracing::warn!(error = error.to_string(), "records were not removed"),
                }
                tokio::select! {
                    () = tokio::time::sleep(TRIM) => {}
                    // An error means that nobody is left to stop for.
                    _ = stop.changed() => {}
                }
            }
        })
    }

    /// What removes the records that every consumer of their table has passed.
    pub(crate) fn trim(&self) -> Arc<dyn Fn() -> Result<(), rusqlite::Error> + Send + Sync> {
        let (records, ledger) = (self.records.clone(), self.ledger.clone());
        let (tables, consumers) = (self.tables.clone(), self.consumers.clone());
        Arc::new(move || {
            let mut passed: std::collections::BTreeMap<_, _> =
                tables.iter().map(|table| (table.clone(), i64::MAX)).collect();
            for consumer in &consumers {
                let position = consumer.position(&ledger)?;
                passed.entry(consumer.table.clone()).and_modify(|least| *least = position.min(*least));
            }
            // What is removed here must be known there, also after a power failure.
            ledger.flush()?;
            records.trim(&passed).map(drop)
        })
    }

    /// Has all schedules look at the clock now, and waits for the runs that this starts.
    pub(crate) async fn tick(&self) {
        join_all(self.schedules.iter().map(|schedule| schedule.look())).await;
    }

    /// Waits until nothing is left to do: every stream is passed, no queue holds a message but dead letters, no schedule runs.
    /// No batch waits to fill meanwhile. Without end, if something keeps failing.
    pub(crate) async fn drained(&self) {
        loop {
            self.hurry.notify_waiters();
            join_all(self.schedules.iter().map(|schedule| schedule.idle())).await;
            match self.is_drained().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(problem) => tracing::warn!(error = problem, "it is not known what is left to do"),
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn is_drained(&self) -> Result<bool, String> {
        let text = |error: rusqlite::Error| error.to_string();
        let ends =
            || self.consumers.iter().map(|consumer| self.records.end(&consumer.table)).collect::<Result<Vec<_>, _>>();
        let before = ends().map_err(text)?;
        for (consumer, end) in self.consumers.iter().zip(&before) {
            if consumer.position(&self.ledger).map_err(text)? < *end {
                return Ok(false);
            }
        }
        for resource in self.queues.main_queues() {
            let Some(url) = self.queues.url(&resource) else { continue };
            if !self.queues.depth(url).await.map_err(|error| error.message)?.is_empty() {
                return Ok(false);
            }
        }
        // What consumers wrote meanwhile may have consequences of its own.
        Ok(ends().map_err(text)? == before)
    }

    /// Stops them: calls under way are waited for, so that nothing is done twice that need not be.
    pub(crate) async fn stop(self) {
        self.stop.send_replace(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(error = error.to_string(), "an event source broke down");
            }
        }
        if let Err(error) = self.ledger.flush() {
            tracing::warn!(error = error.to_string(), "the ledger was not brought onto the disk");
        }
    }
}

#[cfg(test)]
mod tests;
