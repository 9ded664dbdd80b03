//! `bloghub run`, and `bloghub` alone.

use clap::Args;

use super::{Data, line, start_log, stop::StopSignal, tell};
use crate::platform::{Options, Platform};

#[derive(Args)]
pub(super) struct Arguments {
    /// The port of the API on 127.0.0.1
    #[arg(long, env = "BLOGHUB_PORT", default_value = "3000", value_parser = port)]
    port: u16,
    #[command(flatten)]
    data: Data,
}

/// An empty variable counts as absent.
fn port(text: &str) -> Result<u16, String> {
    if text.is_empty() { Ok(3000) } else { text.parse().map_err(|_| "expected 0 to 65535".to_owned()) }
}

pub(super) async fn run(arguments: Arguments) -> Result<(), String> {
    let _log = start_log()?;
    let mut stop = StopSignal::new()?;
    let options = Options::new(arguments.port, arguments.data.folder);
    let platform = Platform::start(&options, tell).await.map_err(line)?;
    tell(&format!("ready on {} with its data in {}", platform.url(), platform.services().data().display()));
    stop.received().await;
    tell("stopping");
    platform.stop().await.map_err(line)
}
