//! Has a crowd like one article: how many writes that takes for a like, how far the table's counter is behind, and whether it is right
//! in the end. The likes are made by the function's own adapters, each by another user: nobody signs up, which would take most of the time.

mod crowd;
mod report;

use std::{path::PathBuf, process::ExitCode};

use bloghub::platform::{Options, Platform};
use clap::Parser;
use figures::Origin;

use report::Report;

/// A crowd that likes one article.
#[derive(Parser)]
struct Arguments {
    /// How many likes; for each number there is an article of its own
    #[arg(long, value_delimiter = ',', default_values_t = [1_000, 10_000, 100_000, 1_000_000])]
    likes: Vec<u32>,
    /// How many are under way at the same time
    #[arg(long, default_value_t = 16)]
    at_once: usize,
    /// Of how many likes one is taken back again, at the most one in two
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(2..))]
    take_back: u32,
    /// A Markdown file whose figures to replace
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

type Error = Box<dyn std::error::Error + Send + Sync>;

#[tokio::main]
#[allow(clippy::print_stderr, reason = "this is the program's result")]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("bench-counters: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Answers whether all counters were right.
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the program's result")]
async fn run(arguments: &Arguments) -> Result<bool, Error> {
    let mut reports = Vec::new();
    for likes in &arguments.likes {
        reports.push(one(*likes, arguments).await?);
    }
    let origin = Origin::of("bench-counters", &["--markdown="]);
    let report = format!("{}\n{origin}\n", report::markdown(&reports));
    print!("{report}");
    for missed in reports.iter().filter_map(Report::missed) {
        eprintln!("bench-counters: {missed}");
    }
    if let Some(file) = &arguments.markdown {
        figures::write(file, "bench-counters", &report)?;
    }
    Ok(reports.iter().all(Report::is_right))
}

async fn one(likes: u32, arguments: &Arguments) -> Result<Report, Error> {
    let folder = tempfile::tempdir()?;
    let platform = Platform::start(&Options::new(0, folder.path().join("data")), |_| {}).await?;
    let report = crowd::like(&platform, likes, arguments).await;
    platform.stop().await?;
    report
}
