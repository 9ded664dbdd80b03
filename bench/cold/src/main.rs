//! Measures cold starts. Each function's binary runs as on Lambda, behind a minimal Runtime API and over the embedded services
//! of the local program, again and again; a bare `hello` built with the same profile runs beside them. What is printed is a
//! measurement, not a test: what misses a target is named at the end and changes no exit status.

mod gate;
mod instance;
mod measure;
mod process;
mod report;
mod runtime_api;
mod samples;
mod size;
mod statistics;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use bloghub::services::{Ports, Services};
use clap::Parser;
use figures::Origin;
use tokio::signal::unix::{SignalKind, signal};

use crate::measure::Plan;

/// Whatever keeps the bench from measuring.
type Error = Box<dyn std::error::Error + Send + Sync>;
type Result<T> = std::result::Result<T, Error>;

/// Measure cold starts of the functions' binaries.
///
/// `make bench-cold` builds them and calls this.
#[derive(Parser)]
#[command(name = "bench-cold")]
struct Cli {
    /// How many times each binary is started, with and without a first request
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// How many requests a warm instance answers
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..))]
    requests: u32,
    /// The functions to measure (default: all)
    #[arg(long = "function", value_name = "NAME")]
    functions: Vec<String>,
    /// Where the binaries are (default: the folder `deploy` beside the one that this program is in)
    #[arg(long, value_name = "DIR")]
    binaries: Option<PathBuf>,
    /// A Markdown file whose figures to replace
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-cold: {error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout, reason = "this is the program's result")]
async fn run(cli: Cli) -> Result<()> {
    let binaries = cli.binaries.map_or_else(deploy_folder, Ok)?;
    let folder = tempfile::tempdir()?;
    let plan = Plan { runs: cli.runs, requests: cli.requests, functions: chosen(cli.functions)? };
    let measured = over_services(&plan, &binaries, folder.path()).await?;
    let report = report::render(&measured, &plan, &Origin::of("bench-cold", &["--markdown=", "--binaries="]));
    print!("{report}");
    if let Some(file) = cli.markdown {
        figures::write(&file, "bench-cold", &report)?;
    }
    Ok(())
}

/// Measures over services of its own; they are stopped whatever comes of it, an interruption included.
async fn over_services(plan: &Plan, binaries: &Path, folder: &Path) -> Result<Vec<measure::Figures>> {
    if shared::config::variable("REDIS_URL").is_some() {
        return Err("REDIS_URL is set: unset it, the bench starts a cache of its own".into());
    }
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let services = Services::start(&folder.join("data"), Ports::default(), tell).await?;
    let log = folder.join("functions.log");
    let figures = tokio::select! {
        figures = measure::all(plan, binaries, &log, services.environment()) => figures,
        _ = interrupt.recv() => Err("interrupted".into()),
        _ = terminate.recv() => Err("told to stop".into()),
    };
    services.stop().await;
    figures
}

/// The names of the functions to measure.
fn chosen(wanted: Vec<String>) -> Result<Vec<String>> {
    let known: Vec<String> = bloghub::functions::all().iter().map(|function| function.name.to_owned()).collect();
    if let Some(name) = wanted.iter().find(|name| !known.contains(name)) {
        return Err(format!("no function is called {name}: there are {}", known.join(", ")).into());
    }
    Ok(if wanted.is_empty() { known } else { wanted })
}

fn deploy_folder() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let target = program.parent().and_then(Path::parent).ok_or("this program is in no target folder")?;
    Ok(target.join("deploy"))
}

/// What a person reads, on standard error.
fn tell(line: &str) {
    eprintln!("bench-cold: {line}");
}
