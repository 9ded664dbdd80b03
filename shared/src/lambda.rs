//! Runs a function on Lambda.

use std::process::ExitCode;

use lambda_http::Error;

use crate::{
    adapters::host::Host,
    config::{FromEnvironment, Reader, read},
    function::{Function, ShellConfig, permissions, router},
    http::Shell,
    telemetry::{self, chain},
};

/// Reads the configuration, makes the clients, opens their connections while the init phase has a whole core, and answers
/// events until the process is ended. A configuration that does not do ends it at once, with one line that says all that is
/// wrong.
pub fn run<F: Function>() -> ExitCode {
    let config = read::<Whole<F>>();
    let level = config.as_ref().map_or(tracing::level_filters::LevelFilter::INFO, |config| config.shell.log_level);
    telemetry::start(level, std::io::stdout);
    // One thread: an instance serves one request at a time. Hashing has threads of its own.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = config.map_err(Error::from).and_then(|config| runtime?.block_on(serve::<F>(&config)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(function = F::NAME, error = chain(&*error), "not started");
            ExitCode::FAILURE
        }
    }
}

async fn serve<F: Function>(config: &Whole<F>) -> Result<(), Error> {
    let host = Host::lambda(permissions::<F>());
    let state = F::wire(&config.own, &host)?;
    for error in host.connect().await {
        tracing::warn!(function = F::NAME, error = chain(&error), "not connected yet");
    }
    let shell = Shell { system: host.system.clone(), origins: config.shell.origins.clone() };
    lambda_http::run(router::<F>(state, &shell)).await
}

struct Whole<F: Function> {
    shell: ShellConfig,
    own: F::Config,
}

impl<F: Function> FromEnvironment for Whole<F> {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let (shell, own) = (ShellConfig::take(reader), F::Config::take(reader));
        Some(Self { shell: shell?, own: own? })
    }
}
