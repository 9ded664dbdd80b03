//! Hands a stream's records to a worker, in order, and notes how far it has come.
//!
//! After a pause they are handed over at once; then, as long as they keep coming, at most one batch a window, or full ones. A reader of
//! AWS's lets the first record wait for its window as well.

use std::{io, sync::Arc, time::Duration};

use serde_json::json;
use shared::{ports::system::System, telemetry::chain};
use tokio::{
    sync::{Notify, watch},
    time::Instant,
};

use super::{
    Commits, FailedChanges, Pattern, Records,
    batch::{Failure, Next, Pending},
    records::{Change, Lag, public},
};
use crate::{
    StartError,
    ledger::Ledger,
    sources::invoke::{Callee, failures},
    template::{StartingPosition, StreamSource},
};

/// A worker's place in a stream.
#[derive(Debug, Clone)]
pub(crate) struct Consumer {
    /// The worker's name.
    pub(crate) function: String,
    /// The table.
    pub(crate) table: String,
}

impl Consumer {
    pub(crate) fn of(source: &StreamSource) -> Self {
        Self { function: source.function.clone(), table: source.table.clone() }
    }

    /// Its name in the ledger.
    fn key(&self) -> String {
        format!("{}/{}", self.function, self.table)
    }

    /// How far it has come.
    pub(crate) fn position(&self, ledger: &Ledger) -> Result<i64, rusqlite::Error> {
        Ok(ledger.position(&self.key())?.unwrap_or_default())
    }

    /// How far it is behind.
    pub(crate) fn lag(&self, ledger: &Ledger, records: &Records) -> Result<Lag, rusqlite::Error> {
        records.lag(&self.table, self.position(ledger)?)
    }
}

/// One event source mapping of a stream.
pub(crate) struct Pump {
    source: StreamSource,
    consumer: Consumer,
    filters: Vec<Pattern>,
    callee: Callee,
    records: Arc<Records>,
    ledger: Arc<Ledger>,
    failed: FailedChanges,
    system: Arc<dyn System>,
}

/// Why a turn ended early.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    /// The program stops.
    #[error("the program stops")]
    Stop,
    #[error("{0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("a failed change cannot be kept: {0}")]
    Unkept(io::Error),
}

/// When the next batch may go that is not full.
struct Window {
    opens: Instant,
    /// Tells that somebody wants everything to be done now.
    hurry: Arc<Notify>,
}

impl Window {
    fn close(&mut self, length: Duration) {
        self.opens = Instant::now() + length;
    }

    fn is_closed(&self) -> bool {
        Instant::now() < self.opens
    }

    async fn opened(&self) {
        tokio::select! {
            () = tokio::time::sleep_until(self.opens) => {}
            () = self.hurry.notified() => {}
        }
    }
}

impl Pump {
    /// The pump of `source`. A consumer that never ran begins where the template says.
    pub(crate) fn new(
        source: StreamSource,
        callee: Callee,
        records: Arc<Records>,
        ledger: Arc<Ledger>,
        failed: FailedChanges,
        system: Arc<dyn System>,
    ) -> Result<Self, StartError> {
        let consumer = Consumer::of(&source);
        let filters = source.filters.iter().map(Pattern::parse).collect::<Result<_, _>>();
        let filters =
            filters.map_err(|problem| StartError::Template(format!("a filter of {}: {problem}", source.function)))?;
        let known = ledger.position(&consumer.key()).map_err(StartError::ledger)?;
        if known.is_none() {
            let start = match source.starting {
                StartingPosition::TrimHorizon => 0,
                StartingPosition::Latest => records.end(&source.table).map_err(StartError::ledger)?,
            };
            ledger.passed(&consumer.key(), start).map_err(StartError::ledger)?;
        }
        Ok(Self { source, consumer, filters, callee, records, ledger, failed, system })
    }

    pub(crate) fn consumer(&self) -> &Consumer {
        &self.consumer
    }

    /// Runs until `stop` is true. A call under way is waited for.
    pub(crate) async fn run(self, mut commits: Commits, hurry: Arc<Notify>, mut stop: watch::Receiver<bool>) {
        let mut window = Window { opens: Instant::now(), hurry };
        loop {
            match self.turn(&mut window, &mut commits, &mut stop).await {
                // As long as there is something, there may be more.
                Ok(true) => {}
                Ok(false) => tokio::select! {
                    () = commits.next() => {}
                    _ = stop.wait_for(|stop| *stop) => return,
                },
                Err(Interrupted::Stop) => return,
                Err(error) => {
                    tracing::error!(function = self.source.function, error = chain(&error), "a stream stands still");
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                        _ = stop.wait_for(|stop| *stop) => return,
                    }
                }
            }
            if *stop.borrow() {
                return;
            }
        }
    }

    /// Reads one batch and hands it over, however often that takes; answers whether there was one.
    async fn turn(
        &self,
        window: &mut Window,
        commits: &mut Commits,
        stop: &mut watch::Receiver<bool>,
    ) -> Result<bool, Interrupted> {
        let position = self.consumer.position(&self.ledger)?;
        let StreamSource { table, batch_size, .. } = &self.source;
        if window.is_closed() && self.records.has_after(table, position, 1)? {
            let full = async {
                while !self.records.has_after(table, position, *batch_size)? {
                    commits.next().await;
                }
                Ok::<_, Interrupted>(())
            };
            tokio::select! {
                () = window.opened() => {}
                full = full => full?,
                _ = stop.wait_for(|stop| *stop) => return Err(Interrupted::Stop),
            }
        }
        let found = self.records.after(table, position, *batch_size)?;
        let Some(last) = found.last().map(|change| change.sequence) else { return Ok(false) };
        let mut pending = Pending::of(found.into_iter().filter(|change| self.wants(change)).collect());
        if !pending.is_empty() {
            window.close(self.source.window);
        }
        while let Some(batch) = pending.pop() {
            let Some(failure) = self.call(&batch.changes).await else {
                self.pass(batch.changes.last())?;
                continue;
            };
            if let Failure::From(first) = failure {
                self.pass(batch.changes[..first].last())?;
            }
            match pending.failed(&self.source, batch, failure) {
                Next::GoOn => {}
                Next::Pause(pause) => tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    _ = stop.wait_for(|stop| *stop) => return Err(Interrupted::Stop),
                },
                Next::GiveUp(batch) => {
                    let (function, table) = (self.callee.name(), &self.source.table);
                    let kept = self.failed.keep(function, table, &batch.changes, batch.tries, self.system.now());
                    kept.map_err(Interrupted::Unkept)?;
                    tracing::error!(function, table, records = batch.changes.len(), "changes are given up");
                    self.pass(batch.changes.last())?;
                }
            }
            if *stop.borrow() {
                return Err(Interrupted::Stop);
            }
        }
        self.ledger.passed(&self.consumer.key(), last)?;
        Ok(true)
    }

    fn wants(&self, change: &Change) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.matches(&change.record))
    }

    /// Notes that everything up to `change` is done: batches are worked off in order.
    fn pass(&self, change: Option<&Change>) -> Result<(), rusqlite::Error> {
        change.map_or(Ok(()), |change| self.ledger.passed(&self.consumer.key(), change.sequence))
    }

    /// Hands `changes` over; answers what failed, if anything.
    async fn call(&self, changes: &[Change]) -> Option<Failure> {
        let records: Vec<_> = changes.iter().map(|change| &change.record).collect();
        let mut event = json!({"Records": records});
        if self.source.names_shard {
            event["shardId"] = json!(dynoxide::streams::shard_id(&self.source.table));
        }
        let Ok(answer) = self.callee.call(event).await else { return Some(Failure::Whole) };
        if !self.source.reports_failures {
            return None;
        }
        let failed = failures(&answer);
        let place = |id: &String| changes.iter().position(|change| public(change.sequence) == *id);
        // If a record is named that is none of the batch, nothing in the answer can be relied on.
        match failed.iter().map(place).collect::<Option<Vec<_>>>() {
            Some(places) => places.into_iter().min().map(Failure::From),
            None => Some(Failure::Whole),
        }
    }
}
