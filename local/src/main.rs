//! The program `bloghub`.

use std::{
    io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use bloghub::{
    StartError, configuration, functions, openapi,
    platform::{Options, Platform},
    services::{Ports, Services, Settings},
};
use clap::{Args, Parser, Subcommand};
use shared::{
    adapters::{jwt::PrivateKeys, system::OperatingSystem},
    config,
    domain::idempotency::HmacKey,
    ports::system::System,
    telemetry,
};
use tokio::signal::unix::{SignalKind, signal};

/// A blog and discussion platform on one machine.
///
/// Without a subcommand it runs the whole platform. Log lines go to standard output as JSON, everything else to standard error.
#[derive(Parser)]
#[command(name = "bloghub", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    run: Run,
}

#[derive(Subcommand)]
enum Command {
    /// Run the whole platform (the default)
    Run(Run),
    /// Run only the backing services, on fixed ports, for functions that are run by hand
    Services(RunServices),
    /// Make secrets and print JWT_KEYS, JWT_PUBLIC_KEYS and HMAC_KEY as one JSON object
    Keys {
        /// The id of the key for access tokens
        #[arg(long, default_value = "1")]
        kid: String,
    },
    /// Print the API's description (OpenAPI 3.1)
    Openapi,
    /// Print the page of all settings (Markdown)
    Configuration,
}

#[derive(Args)]
struct Run {
    /// The port of the API on 127.0.0.1
    #[arg(long, env = "BLOGHUB_PORT", default_value = "3000", value_parser = port)]
    port: u16,
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
struct Data {
    /// The folder that holds all data; made if it is missing
    #[arg(long = "data", value_name = "DIR", env = "BLOGHUB_DATA", default_value = "data", value_parser = folder)]
    folder: PathBuf,
}

#[derive(Args)]
struct RunServices {
    #[command(flatten)]
    data: Data,
    /// The port of the database on 127.0.0.1
    #[arg(long, default_value_t = 8000)]
    dynamodb_port: u16,
    /// The port of the cache on 127.0.0.1
    #[arg(long, default_value_t = 6380)]
    redis_port: u16,
    /// Where to write the environment in which functions find the services
    #[arg(long, value_name = "FILE", default_value = ".env.local")]
    env_file: PathBuf,
}

/// An empty variable counts as absent.
fn folder(text: &str) -> Result<PathBuf, String> {
    Ok(PathBuf::from(if text.is_empty() { "data" } else { text }))
}

/// The same for a port.
fn port(text: &str) -> Result<u16, String> {
    if text.is_empty() { Ok(3000) } else { text.parse().map_err(|_| "expected 0 to 65535".to_owned()) }
}

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command.unwrap_or(Command::Run(cli.run)) {
        Command::Run(run) => run_platform(run).await,
        Command::Services(run) => run_services(run).await,
        Command::Keys { kid } => print_keys(&kid),
        Command::Openapi => openapi().map(print).map_err(|error| error.to_string()),
        Command::Configuration => {
            print(configuration());
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

/// What a person reads, on standard error.
fn tell(line: &str) {
    eprintln!("bloghub: {line}");
}

/// What a program reads, on standard output.
#[allow(clippy::print_stdout, reason = "this is the program's result")]
fn print(text: String) {
    print!("{text}");
}

/// Reads all settings, so that a malformed one is told before anything is started, and starts the log.
fn start_log() -> Result<(), String> {
    let settings = config::read::<Settings>().map_err(|error| error.to_string())?;
    let workers = functions::workers();
    let workers = workers.iter().map(|worker| worker.name);
    let own: Vec<_> = functions::all().iter().map(|function| function.name).chain(workers).chain(["bloghub"]).collect();
    telemetry::start(settings.log_level, &own, std::io::stdout);
    Ok(())
}

async fn run_platform(run: Run) -> Result<(), String> {
    start_log()?;
    let mut stop = StopSignal::new()?;
    let options = Options::new(run.port, run.data.folder);
    let platform = Platform::start(&options, tell).await.map_err(line)?;
    tell(&format!("ready on {} with its data in {}", platform.url(), platform.services().data().display()));
    stop.received().await;
    tell("stopping");
    platform.stop().await.map_err(line)
}

async fn run_services(run: RunServices) -> Result<(), String> {
    start_log()?;
    let mut stop = StopSignal::new()?;
    let ports = Ports { dynamodb: run.dynamodb_port, redis: run.redis_port };
    let services = Services::start(&run.data.folder, ports, tell).await.map_err(line)?;
    let file = run.env_file.display();
    let written = write_environment(&run.env_file, &services).map_err(|error| format!("cannot write {file}: {error}"));
    if written.is_ok() {
        tell(&format!("ready with its data in {}; {file} tells functions where", services.data().display()));
        stop.received().await;
        tell("stopping");
    }
    services.stop().await;
    written
}

/// Writes the environment for other programs, readable by nobody else: it holds keys.
fn write_environment(file: &Path, services: &Services) -> io::Result<()> {
    // No value has a quote: addresses, base64 and table names.
    let mut lines: Vec<_> = services.environment().iter().map(|(name, value)| format!("{name}='{value}'\n")).collect();
    lines.sort();
    bloghub::data::write_whole(file, &lines.concat())
}

fn print_keys(kid: &str) -> Result<(), String> {
    let keys = PrivateKeys::generate(kid).map_err(|_| "the operating system gives no randomness".to_owned())?;
    let system: &dyn System = &OperatingSystem::default();
    let hmac = HmacKey::encode(system.random());
    let (own, public) = (keys.to_json(), keys.public().to_json());
    print(format!("{{\"JWT_KEYS\": {own}, \"JWT_PUBLIC_KEYS\": {public}, \"HMAC_KEY\": \"{hmac}\"}}\n"));
    Ok(())
}

fn line(error: StartError) -> String {
    error.to_string()
}

/// Ctrl-C or SIGTERM, listened for from the first moment so that none is lost.
struct StopSignal {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

impl StopSignal {
    fn new() -> Result<Self, String> {
        let listen = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
        Ok(Self { interrupt: listen(SignalKind::interrupt())?, terminate: listen(SignalKind::terminate())? })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
