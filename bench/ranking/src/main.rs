//! Ranks articles by the thousand and by the million, each number in a process of its own: how long it takes, how much memory, and how many
//! articles are looked at for it. What misses its target is named and changes no exit status; a list that is not that of all articles sorted
//! is a failure.

mod population;
mod report;

use std::{
    collections::HashSet,
    fs,
    path::PathBuf,
    process::{Command, ExitCode},
    time::Instant,
};

use clap::{Parser, ValueEnum};
use figures::Origin;
use serde::{Deserialize, Serialize};
use shared::{domain::ranking::Scoring, ranking::rank};

use crate::population::{NOW, Population};

type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// Rank articles by the thousand and by the million.
#[derive(Parser)]
#[command(name = "bench-ranking")]
struct Arguments {
    /// How many articles there are
    #[arg(long, value_delimiter = ',', default_value = "1000,10000,100000,1000000")]
    articles: Vec<u32>,
    /// A Markdown file whose figures to replace
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Measure one number of articles in this process and print it as JSON
    #[arg(long, hide = true)]
    alone: Option<Growth>,
}

/// How a platform came to have so many articles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
enum Growth {
    /// Fifty an hour, for as long as it took.
    Longer,
    /// All within thirty days.
    Denser,
}

/// One measurement.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Figures {
    growth: Growth,
    articles: u32,
    /// What the run itself took, seconds.
    seconds: f64,
    /// The most memory that the process had, megabytes.
    peak: f64,
    pages: usize,
    named: usize,
    scored: usize,
    /// Whether the list is that of all articles sorted.
    right: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let ended = match (arguments.alone, &arguments.articles[..]) {
        (Some(growth), [articles]) => alone(growth, *articles),
        _ => all(&arguments),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// What a person reads, on standard error.
#[allow(clippy::print_stderr, reason = "this is a program")]
fn tell(line: &str) {
    eprintln!("bench-ranking: {line}");
}

#[allow(clippy::print_stdout, reason = "this is the program's result")]
fn all(arguments: &Arguments) -> Result<ExitCode> {
    let mut measured: Vec<Figures> = Vec::new();
    for growth in [Growth::Longer, Growth::Denser] {
        for articles in &arguments.articles {
            let name = growth.to_possible_value().ok_or("a growth without a name")?;
            let mut child = Command::new(std::env::current_exe()?);
            child.arg("--alone").arg(name.get_name()).arg("--articles").arg(articles.to_string());
            let output = child.output()?;
            if !output.status.success() {
                return Err(String::from_utf8_lossy(&output.stderr).into());
            }
            measured.push(serde_json::from_slice(&output.stdout)?);
        }
    }
    let report = report::markdown(&measured, &Origin::of("bench-ranking", &["--markdown="]));
    print!("{report}");
    for missed in report::missed(&measured) {
        tell(&missed);
    }
    if let Some(file) = &arguments.markdown {
        figures::write(file, "bench-ranking", &report)?;
    }
    let right = measured.iter().all(|figures| figures.right);
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Measures in this process.
#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stdout, reason = "this is how the other process learns the figures")]
async fn alone(growth: Growth, articles: u32) -> Result<ExitCode> {
    let population = Population::new(growth, articles);
    let scoring = Scoring::default();
    let started = now();
    let ranking = rank(&population, &scoring, NOW, &HashSet::new()).await?;
    let seconds = started.elapsed().as_secs_f64();
    // Before everything is sorted, which takes more.
    let peak = peak()?;
    let right = ranking.whole && ranking.top == population.sorted(&scoring);
    let (pages, named, scored) = (ranking.pages, ranking.named, ranking.scored);
    println!("{}", serde_json::to_string(&Figures { growth, articles, seconds, peak, pages, named, scored, right })?);
    Ok(ExitCode::SUCCESS)
}

#[allow(clippy::disallowed_methods, reason = "what is measured is the time that it really takes")]
fn now() -> Instant {
    Instant::now()
}

/// The most memory that this process had so far, megabytes.
fn peak() -> Result<f64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
    Ok(peak.ok_or("a process without memory")?.parse::<f64>()? / 1024.0)
}
