//! `bloghub services`.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{Data, line, start_log, stop::StopSignal, tell};
use crate::{
    data::write_whole,
    services::{Ports, Services},
};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    data: Data,
    /// The port of the database on 127.0.0.1
    #[arg(long, default_value_t = 8000)]
    dynamodb_port: u16,
    /// The port of the cache on 127.0.0.1
    #[arg(long, default_value_t = 6380)]
    redis_port: u16,
    /// The port of the queues on 127.0.0.1
    #[arg(long, default_value_t = 9324)]
    sqs_port: u16,
    /// Where to write the environment in which functions find the services
    #[arg(long, value_name = "FILE", default_value = ".env.local")]
    env_file: PathBuf,
}

pub(super) async fn run(arguments: Arguments) -> Result<(), String> {
    let _log = start_log()?;
    let mut stop = StopSignal::new()?;
    let Arguments { data, dynamodb_port, redis_port, sqs_port, env_file } = arguments;
    let ports = Ports { dynamodb: dynamodb_port, redis: redis_port, sqs: sqs_port };
    let services = Services::start(&data.folder, ports, tell).await.map_err(line)?;
    let file = env_file.display();
    let written = write_environment(&env_file, &services).map_err(|error| format!("cannot write {file}: {error}"));
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
    write_whole(file, &lines.concat())
}
