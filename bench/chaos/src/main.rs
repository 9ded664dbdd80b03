//! The command behind `make chaos`.

use std::{path::PathBuf, process::ExitCode};

use chaos::{Error, Plan};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Kill the local program again and again under load, and look for what is lost.
///
/// `make chaos` builds the program and calls this. Exits with a failure if anything is lost.
#[derive(Parser)]
#[command(name = "chaos")]
struct Cli {
    /// The program
    #[arg(long, value_name = "FILE", default_value = "target/release/bloghub")]
    program: PathBuf,
    /// How often it is killed
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    kills: u32,
    /// What is written and after how many answers a kill comes follow from it (default: a new one, which is printed)
    #[arg(long)]
    seed: Option<u64>,
    /// How many users write at the same time
    #[arg(long, default_value_t = 6)]
    writers: usize,
    /// Answers between two kills at the most
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u64).range(1..))]
    answers: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            tell(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing was lost.
#[allow(clippy::print_stdout, reason = "this is the program's result")]
async fn run(cli: Cli) -> Result<bool, Error> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let Cli { program, kills, seed, writers, answers } = cli;
    let plan = Plan { program, kills, seed: seed.unwrap_or_else(chaos::any_seed), writers, answers };
    tell(&format!("seed {}", plan.seed));
    // What is dropped here ends its processes.
    let report = tokio::select! {
        report = chaos::run(&plan, tell) => report?,
        _ = interrupt.recv() => return Err("interrupted".into()),
        _ = terminate.recv() => return Err("told to stop".into()),
    };
    print!("{report}");
    Ok(report.lost.is_empty())
}

/// What a person reads, on standard error.
fn tell(line: &str) {
    eprintln!("chaos: {line}");
}
