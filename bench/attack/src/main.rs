//! The command behind `make attack`.

use std::{path::PathBuf, process::ExitCode};

use attack::{Error, Plan};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

/// Attack the local program through its API, and count what succeeds.
///
/// `make attack` builds the program and calls this. Exits with a failure if anything succeeds.
#[derive(Parser)]
#[command(name = "attack")]
struct Cli {
    /// The program
    #[arg(long, value_name = "FILE", default_value = "target/release/bloghub")]
    program: PathBuf,
    /// Only attacks whose name has this in it
    #[arg(long, value_name = "WORDS")]
    only: Option<String>,
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

/// Whether nothing succeeded.
#[allow(clippy::print_stdout, reason = "this is the program's result")]
async fn run(cli: Cli) -> Result<bool, Error> {
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let plan = Plan { program: cli.program, only: cli.only };
    // What is dropped here ends its processes.
    let report = tokio::select! {
        report = attack::run(&plan, tell) => report?,
        _ = interrupt.recv() => return Err("interrupted".into()),
        _ = terminate.recv() => return Err("told to stop".into()),
    };
    print!("{report}");
    Ok(report.is_clean())
}

/// What a person reads, on standard error.
fn tell(line: &str) {
    eprintln!("attack: {line}");
}
