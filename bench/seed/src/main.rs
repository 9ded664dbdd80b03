//! The command behind `make seed`.

use std::process::ExitCode;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use seed::{Api, Plan, Result};

/// Fill a running platform with a plausible community, and tell how fast.
///
/// The platform must not limit how much one address does: start it with RATE_LIMITS=off. A community of another seed can be added
/// to one that is there.
#[derive(Parser)]
#[command(name = "seed")]
struct Cli {
    /// Where the platform is
    #[arg(long, default_value = "http://127.0.0.1:3000")]
    url: String,
    /// Twenty people and a hundred articles, instead of a thousand and ten thousand
    #[arg(long)]
    small: bool,
    /// People, in proportion to whom everything else is made
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..))]
    users: Option<u32>,
    /// What is made follows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Requests at the same time
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
}

impl Cli {
    fn plan(&self) -> Plan {
        let plan = if self.small { Plan::SMALL } else { Plan::LARGE };
        let users = self.users.map_or(plan.users, |users| users as usize);
        let scaled = |count: usize| count * users / plan.users;
        Plan {
            users,
            articles: scaled(plan.articles),
            follows: scaled(plan.follows),
            likes: scaled(plan.likes),
            comments: scaled(plan.comments),
            concurrency: self.concurrency.into(),
            seed: self.seed,
        }
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("seed: {error}");
            ExitCode::FAILURE
        }
    }
}

#[allow(clippy::print_stdout, reason = "this is the program's result")]
async fn run(cli: &Cli) -> Result<()> {
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template("{msg:>9} {wide_bar} {pos}/{len} {per_sec:.0}")?);
    let progress = |what: &'static str, done: usize, all: usize| {
        if done == 0 {
            bar.reset();
            bar.set_length(all as u64);
            bar.set_message(what);
        }
        bar.set_position(done as u64);
    };
    let made = seed::seed(&cli.plan(), &Api::at(&cli.url)?, &progress).await?;
    bar.finish_and_clear();
    for phase in &made.phases {
        let seconds = phase.took.as_secs_f64();
        println!(
            "{:>9} {:>7} in {seconds:>6.1} s, {:>6.0} a second",
            phase.what,
            phase.made,
            phase.made as f64 / seconds
        );
    }
    Ok(())
}
