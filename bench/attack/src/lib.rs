//! Attacks a local program through its API, as somebody would who wants into others' accounts: tries, counts, and says what succeeded.
//! Nothing should.
//!
//! Each attack is a module of [`attacks`] with one function, and a line in its list. It makes its own victims, tries a bounded number of
//! times, and answers a [`Tally`]. Another attack is another module and another line.

pub mod attacks;
mod providers;
mod report;
mod target;

use std::{path::PathBuf, time::Duration};

pub use report::{Report, Tally};
pub use target::{Answer, Client, Target, Tokens};

/// Whatever keeps an attack from being tried; what succeeds is no error but part of the report.
pub type Error = Box<dyn std::error::Error + Send + Sync>;
/// The result of what may keep an attack from being tried.
pub type Result<T> = std::result::Result<T, Error>;

/// How long one attack may take on a busy machine.
const EACH: Duration = Duration::from_secs(180);

/// What to try.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The program that is attacked.
    pub program: PathBuf,
    /// Only attacks whose name has this in it.
    pub only: Option<String>,
}

/// Starts the program over a folder of its own, and tries every attack of the plan, one after another, telling `progress` which.
///
/// # Errors
/// If the program does not start, or an attack could not be tried.
pub async fn run(plan: &Plan, progress: impl Fn(&str)) -> Result<Report> {
    let folder = tempfile::tempdir()?;
    let target = Target::start(&plan.program, folder.path()).await?;
    let mut report = Report::default();
    let wanted = |name: &str| plan.only.as_ref().is_none_or(|only| name.contains(only.as_str()));
    for (name, attack) in attacks::ALL.iter().filter(|(name, _)| wanted(name)) {
        progress(name);
        let tried = tokio::time::timeout(EACH, attack(&target)).await;
        let tally = tried.map_err(|_| format!("{name}: not over after {} s", EACH.as_secs()))?;
        report.attacks.push((name, tally.map_err(|error| format!("{name}: {error}"))?));
    }
    target.stop().await?;
    if report.attacks.is_empty() { Err("there is no such attack".into()) } else { Ok(report) }
}
