//! The command line: what `bloghub` and its subcommands do, each in a module of its own.

mod admin;
mod counters;
mod deployment;
mod keys;
mod platform;
mod queues;
mod search;
mod services;
mod stop;
mod streams;
mod table;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use shared::{config, telemetry};

use crate::{
    StartError, configuration,
    data::DataFolder,
    functions,
    log::{Flushed, Log},
    openapi,
    services::{Ports, Services, Settings},
};

/// A blog and discussion platform on one machine.
///
/// Without a subcommand it runs the whole platform. Log lines go to standard output as JSON, everything else to standard error.
#[derive(Parser)]
#[command(name = "bloghub", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: platform::Arguments,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole platform (the default)
    Run(platform::Arguments),
    /// Run only the backing services, on fixed ports, for functions that are run by hand
    Services(services::Arguments),
    /// Show the queues with their dead letters, or send dead letters back
    Queues(queues::Arguments),
    /// Show how far behind the consumers of the change streams are
    Streams(streams::Arguments),
    /// Hold the counters of likes and collections against what they count
    Counters(counters::Arguments),
    /// Make the search index anew
    Search(search::Arguments),
    /// Say who may do what
    Admin(admin::Arguments),
    /// Make secrets and print JWT_KEYS, HMAC_KEY and SMS_TASK_KEY as one JSON object
    Keys(keys::Arguments),
    /// Print the API's description (OpenAPI 3.1)
    Openapi,
    /// Print the page of all settings (Markdown)
    Configuration,
}

#[derive(Args)]
struct Data {
    /// The folder that holds all data; made if it is missing
    #[arg(long = "data", value_name = "DIR", env = "BLOGHUB_DATA", default_value = "data", value_parser = folder)]
    folder: PathBuf,
}

/// An empty variable counts as absent.
fn folder(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(if text.is_empty() { "data" } else { text }))
}

/// Does what the command line says.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(arguments) => platform::run(arguments).await,
        Command::Services(arguments) => services::run(arguments).await,
        Command::Queues(arguments) => queues::run(arguments).await,
        Command::Streams(arguments) => streams::run(arguments).await,
        Command::Counters(arguments) => counters::run(arguments).await,
        Command::Search(arguments) => search::run(arguments).await,
        Command::Admin(arguments) => admin::run(arguments).await,
        Command::Keys(arguments) => keys::run(&arguments),
        Command::Openapi => openapi().map(|text| print(&text)).map_err(|error| error.to_string()),
        Command::Configuration => {
            print(&configuration());
            Ok(())
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            tell(&problem);
            ExitCode::FAILURE
        }
    }
}

/// Has `work` done beside the services of `folder`: those of the program that runs over it, or else its own, which are started for it.
async fn beside_services(folder: &Path, work: impl AsyncFnOnce() -> Result<(), String>) -> Result<(), String> {
    if !DataFolder::exists(folder) {
        return Err(format!("{} holds no data of bloghub: choose another with --data", folder.display()));
    }
    match Services::start(folder, Ports::default(), tell).await {
        Ok(services) => {
            let done = work().await;
            services.stop().await;
            done
        }
        Err(StartError::InUse { .. }) => work().await,
        Err(error) => Err(line(error)),
    }
}

/// What a person reads, on standard error.
fn tell(line: &str) {
    eprintln!("bloghub: {line}");
}

/// What a program reads, on standard output.
#[allow(clippy::print_stdout, reason = "this is the program's result")]
fn print(text: &str) {
    print!("{text}");
}

/// Reads all settings, so that a malformed one is told before anything is started, and starts the log, which is whole when the answer is
/// dropped.
fn start_log() -> Result<Flushed, String> {
    let settings = config::read::<Settings>().map_err(|error| error.to_string())?;
    let own: Vec<_> = functions::names().into_iter().chain(["bloghub"]).collect();
    let log = Log::on_standard_output();
    let writer = log.clone();
    telemetry::start(settings.log_level, &own, move || writer.clone());
    Ok(Flushed(log))
}

fn line(error: StartError) -> String {
    error.to_string()
}
