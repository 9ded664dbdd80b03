//! Has a crowd like one article: how many writes that takes for a like, how far the table's counter is behind, and whether it is right
//! in the end. The likes are made by the function's own adapters, each by another user: nobody signs up, which would take most of the time.

mod crowd;
mod report;

use std::{path::PathBuf, process::ExitCode};

use bloghub::platform::{Options, Platform};
use clap::Parser;

/// A crowd that likes one article.
#[derive(Parser)]
struct Arguments {
    /// How many likes
    #[arg(long, default_value_t = 100_000)]
    likes: u32,
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
#[allow(clippy::print_stdout, clippy::print_stderr, reason = "this is the program's result")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let written = |report: report::Report| {
        let file = arguments.markdown.as_deref();
        file.map_or(Ok(()), |file| report::replace(file, &report.to_string())).map(|()| report)
    };
    match run(&arguments).await.and_then(written) {
        Ok(report) => {
            print!("{report}");
            if let Some(missed) = report.missed() {
                eprintln!("bench-counters: {missed}");
            }
            if report.is_right() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("bench-counters: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<report::Report, Error> {
    let folder = tempfile::tempdir()?;
    let platform = Platform::start(&Options::new(0, folder.path().join("data")), |_| {}).await?;
    let report = crowd::like(&platform, arguments).await;
    platform.stop().await?;
    report
}
