//! All writers at once.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::{EACH, Plan, Report, Result, api::Api, compare, program::Program, report::Tally, writer::Writer};

/// How often in a row a writer may get no answer from a program that nobody has killed.
const STRIKES: u32 = 20;

/// The writers.
pub(crate) struct Load {
    pub(crate) writers: Vec<Writer>,
}

/// How far they have come since the start.
struct Progress {
    answers: AtomicU64,
    wanted: u64,
    reached: Notify,
    killed: watch::Receiver<bool>,
}

impl Load {
    pub(crate) fn new(writers: Vec<Writer>) -> Self {
        Self { writers }
    }

    /// Compares what each writer has written, but for what is in doubt.
    pub(crate) async fn compare(&mut self, api: &Api, counted: bool) -> Result<()> {
        for writer in &mut self.writers {
            let lost = compare::own(writer, api, counted).await?;
            writer.lost.extend(lost);
        }
        Ok(())
    }

    /// Finds out what was in doubt when the program was killed. It must have caught up with its writes.
    pub(crate) async fn settle(&mut self, api: &Api) -> Result<()> {
        for writer in &mut self.writers {
            writer.settle(api).await?;
        }
        Ok(())
    }

    /// Lets all write until they have got so many answers, and kills the program `moment` later, in the midst of it.
    pub(crate) async fn run_until(&mut self, program: &mut Program, answers: u64, moment: Duration) -> Result<()> {
        let (kill, killed) = watch::channel(false);
        let reached = Notify::new();
        let progress = Arc::new(Progress { answers: AtomicU64::new(0), wanted: answers, reached, killed });
        let mut tasks = JoinSet::new();
        for writer in self.writers.drain(..) {
            tasks.spawn(write(writer, program.api(), progress.clone()));
        }
        tokio::select! {
            () = progress.reached.notified() => {}
            () = tokio::time::sleep(EACH / 2) => return Err("the writers do not get on".into()),
            Some(ended) = tasks.join_next() => {
                ended??;
                return Err("a writer has stopped by itself".into());
            }
        }
        tokio::time::sleep(moment).await;
        kill.send(true)?;
        program.kill().await?;
        while let Some(writer) = tasks.join_next().await {
            self.writers.push(writer??);
        }
        self.writers.sort_by_key(|writer| writer.number);
        Ok(())
    }

    /// How much there is, in a few words.
    pub(crate) fn summary(&self) -> String {
        let sum = |count: fn(&Writer) -> usize| self.writers.iter().map(count).sum::<usize>();
        let articles = sum(|writer| writer.articles.len());
        let (doubts, lost) = (sum(|writer| usize::from(writer.doubt.is_some())), sum(|writer| writer.lost.len()));
        format!("{articles} articles, {doubts} requests in doubt, {lost} losses")
    }

    /// The report, with what was lost beside what the writers have noticed.
    pub(crate) fn report(self, plan: &Plan, lost: Vec<String>, left_over: Vec<String>) -> Report {
        let mut tried: BTreeMap<&'static str, Tally> = BTreeMap::new();
        let mut all = Vec::new();
        for writer in self.writers {
            for (what, tally) in writer.tried {
                *tried.entry(what).or_default() += tally;
            }
            all.extend(writer.lost);
        }
        all.extend(lost);
        Report { kills: plan.kills, seed: plan.seed, tried, lost: all, left_over }
    }
}

/// Writes until the program is killed. Whoever gets no answer to a write rests until then, as nobody knows what became of it.
async fn write(mut writer: Writer, api: Api, progress: Arc<Progress>) -> Result<Writer> {
    let mut killed = progress.killed.clone();
    let mut strikes = 0;
    loop {
        if writer.step(&api).await.is_ok() {
            strikes = 0;
            if progress.answers.fetch_add(1, Ordering::SeqCst) + 1 == progress.wanted {
                progress.reached.notify_one();
            }
            continue;
        }
        if writer.doubt.is_some() {
            killed.wait_for(|killed| *killed).await?;
        }
        strikes += 1;
        if *killed.borrow() {
            return Ok(writer);
        }
        if strikes > STRIKES {
            return Err("the program does not answer though nobody killed it".into());
        }
    }
}
