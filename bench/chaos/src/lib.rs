//! Runs the local program under load, kills it with -9 at random moments, starts it again, and at the end compares everything:
//! what was answered is there, what was not answered is there whole or not at all, and lists, counts and records agree.

mod aftermath;
mod api;
mod compare;
mod discussion;
mod drafts;
mod known;
mod load;
mod program;
mod report;
mod settle;
mod tables;
mod writer;

use std::{path::PathBuf, time::Duration};

pub use report::{Report, Tally};

use crate::{api::Api, load::Load, program::Program, tables::Tables, writer::Writer};

/// Whatever keeps the run from being made; what was lost is no error but part of the report.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// The result of what may keep the run from being made.
pub type Result<T> = std::result::Result<T, Error>;

/// How long one start, with its load and its kill, may take on a busy machine.
const EACH: Duration = Duration::from_secs(120);

/// What to try.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program to be killed.
    pub program: PathBuf,
    /// How often it is killed.
    pub kills: u32,
    /// Decides what is written and after how many answers each kill comes. What it meets is a matter of the moment.
    pub seed: u64,
    /// How many write at the same time, each a user of their own.
    pub writers: usize,
    /// Answers between two kills at the most.
    pub answers: u64,
}

/// A seed that nobody has chosen.
pub fn any_seed() -> u64 {
    fastrand::u64(..)
}

/// Runs `plan` over a folder of its own, telling `progress` how it goes. No process outlives it, whatever happens.
///
/// # Errors
/// If the run could not be made: the program does not start, or it took longer than [`Plan::kills`] allow.
pub async fn run(plan: &Plan, progress: impl Fn(&str)) -> Result<Report> {
    let limit = EACH * (plan.kills + 4);
    match tokio::time::timeout(limit, attempt(plan, progress)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(format!("the run was not over after {} s", limit.as_secs()).into()),
    }
}

async fn attempt(plan: &Plan, progress: impl Fn(&str)) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    let mut dice = fastrand::Rng::with_seed(plan.seed);
    let mut load = Load::new((0..plan.writers).map(|number| Writer::new(number, dice.u64(..))).collect());

    for kill in 1..=plan.kills {
        let mut program = Program::start(&plan.program, folder.path(), &data).await?;
        let answers = dice.u64(1..=plan.answers);
        let moment = Duration::from_micros(dice.u64(0..20_000));
        come_back(&mut load, &program).await?;
        load.run_until(&mut program, answers, moment).await?;
        progress(&format!("kill {kill} of {} after {answers} answers: {}", plan.kills, load.summary()));
    }

    let program = Program::start(&plan.program, folder.path(), &data).await?;
    come_back(&mut load, &program).await?;
    let mut lost = compare_all(&mut load, &program.api(), "after the last start").await?;
    program.catch_up().await?;
    program.empty_cache().await?;
    lost.extend(compare_all(&mut load, &program.api(), "without the cache").await?);
    program.catch_up().await?;
    program.stop().await?;
    let tables = Tables::read(&data)?;
    lost.extend(aftermath::losses(&tables));
    Ok(load.report(plan, lost, aftermath::left_over(&tables)))
}

/// Compares and settles after a start.
async fn come_back(load: &mut Load, program: &Program) -> Result<()> {
    let api = program.api();
    // What was answered is there at once. Counters of likes and collections follow from the change stream, and the cache, which knew
    // better, begins empty: they are there as soon as the stream has been read.
    load.compare(&api, false).await?;
    program.catch_up().await?;
    load.compare(&api, true).await?;
    load.settle(&api).await
}

/// What writers and readers miss.
async fn compare_all(load: &mut Load, api: &Api, when: &str) -> Result<Vec<String>> {
    load.compare(api, true).await?;
    let lost = compare::everyone(&load.writers, api).await?;
    Ok(lost.into_iter().map(|what| format!("{when}: {what}")).collect())
}
