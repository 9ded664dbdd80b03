//! Measures readers under load. The local program, filled with a community, and a minimal handler that asks Redis the very same in
//! one round trip and answers the very same bytes take turns under the same load. What is printed is a measurement, not a test:
//! what misses its target is named at the end and changes no exit status.

mod baseline;
mod calls;
mod generator;
mod monitor;
mod process;
mod report;
mod scene;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};
use figures::Origin;
use tokio::signal::unix::{SignalKind, signal};

/// Whatever keeps the bench from measuring.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// Measure readers under load.
///
/// `make bench` builds the program and this, and calls this.
#[derive(Parser)]
#[command(name = "bench-load")]
struct Cli {
    #[command(subcommand)]
    part: Option<Part>,
    /// The program
    #[arg(long, value_name = "FILE", default_value = "target/release/bloghub")]
    program: PathBuf,
    /// Only the hot list, beside a handler that asks nobody
    #[arg(long)]
    hot: bool,
    /// People of the community, ten articles for each; 1,000 unless this says otherwise, for the hot list 100
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..))]
    users: Option<u32>,
    /// Readers at the same time
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
    /// Turns of each of the two
    #[arg(long, default_value_t = 9, value_parser = clap::value_parser!(u16).range(1..))]
    turns: u16,
    /// Seconds of a turn
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    seconds: u16,
    /// A Markdown file whose figures to replace
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Part {
    /// The minimal handler: what it asks and answers comes on standard input, its port goes to standard output
    #[command(hide = true)]
    Baseline,
}

/// How much to measure.
#[derive(Debug, Clone)]
struct Plan {
    program: PathBuf,
    hot: bool,
    users: usize,
    concurrency: usize,
    turns: u16,
    turn: Duration,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let ended = match cli.part {
        Some(Part::Baseline) => baseline::serve(),
        None => measure(cli),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// What is measured needs the cores: whoever asks gets along with one.
#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stdout, reason = "this is the program's result")]
async fn measure(cli: Cli) -> Result<()> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let plan = Plan {
        program: cli.program,
        hot: cli.hot,
        users: cli.users.unwrap_or(if cli.hot { 100 } else { 1_000 }) as usize,
        concurrency: cli.concurrency.into(),
        turns: cli.turns,
        turn: Duration::from_secs(cli.seconds.into()),
    };
    // What is dropped here ends its processes.
    let measured = tokio::select! {
        measured = scene::run(&plan) => measured?,
        _ = interrupt.recv() => return Err("interrupted".into()),
        _ = terminate.recv() => return Err("told to stop".into()),
    };
    let target = if plan.hot { "bench-hot" } else { "bench" };
    let report = format!("{measured}\n{}\n", Origin::of(target, &["--hot", "--program=", "--markdown="]));
    print!("{report}");
    for missed in measured.missed() {
        tell(&missed);
    }
    if let Some(file) = cli.markdown {
        figures::write(&file, target, &report)?;
    }
    Ok(())
}

/// What a person reads, on standard error.
fn tell(line: &str) {
    eprintln!("bench: {line}");
}
