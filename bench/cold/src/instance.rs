//! One instance of a function: its process and the Runtime API that it talks to.

use std::{
    collections::HashMap,
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::{
    process::{Child, Command},
    time::timeout,
};

use crate::{
    Error, Result, process,
    runtime_api::{RuntimeApi, Said, Waiting, now},
    samples::Request,
};

/// How long an instance may take for anything; far beyond what any should.
const PATIENCE: Duration = Duration::from_secs(20);

/// A binary, and where its instances find the services.
pub(crate) struct Deployment<'a> {
    /// The function's name.
    pub(crate) name: &'a str,
    /// The binary.
    pub(crate) binary: PathBuf,
    /// Where its lines go.
    pub(crate) log: &'a Path,
    /// The services' part of its environment.
    pub(crate) environment: &'a HashMap<String, String>,
}

/// How far an instance had come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Since the start.
    pub(crate) wall: Duration,
    /// CPU time of the process.
    pub(crate) cpu: Duration,
}

/// What an instance answered.
pub(crate) struct Answer {
    /// From the event to the answer.
    pub(crate) took: Duration,
    /// The answer's body, if it is JSON.
    pub(crate) body: Value,
}

/// A running instance. It is killed when dropped.
pub(crate) struct Instance {
    child: Child,
    /// Of its process.
    pub(crate) pid: u32,
    /// When it was started.
    pub(crate) started: Instant,
    api: RuntimeApi,
    waiting: Option<Waiting>,
    log: PathBuf,
}

impl Instance {
    /// Starts `deployment`, with `moved` over what its environment says.
    pub(crate) async fn start(deployment: &Deployment<'_>, moved: &HashMap<String, String>) -> Result<Self> {
        let api = RuntimeApi::start().await?;
        let log = OpenOptions::new().create(true).append(true).open(deployment.log)?;
        let mut command = Command::new(&deployment.binary);
        command
            .env_clear()
            .envs(deployment.environment)
            .envs(moved)
            .env("AWS_LAMBDA_RUNTIME_API", api.address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", deployment.name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1769")
            .env("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand")
            .env("_HANDLER", "bootstrap")
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(true);
        let started = now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", deployment.binary.display()))?;
        let pid = child.id().ok_or("a process that was just started has a number")?;
        Ok(Self { child, pid, started, api, waiting: None, log: deployment.log.to_owned() })
    }

    /// Waits until it asks for its first event: how long that took, and how much CPU time.
    pub(crate) async fn ready(&mut self) -> Result<Moment> {
        let since = self.wait().await?;
        Ok(Moment { wall: since.duration_since(self.started), cpu: process::cpu_time(self.pid)? })
    }

    /// Has it answer `request`; anything but the status that the request expects is an error.
    pub(crate) async fn invoke(&mut self, request: &Request) -> Result<Answer> {
        if self.waiting.is_none() {
            self.wait().await?;
        }
        let waiting = self.waiting.take().ok_or("an instance that is ready waits")?;
        let sent = now();
        waiting.give(request.event());
        let (answered, bytes) = match self.said().await? {
            Said::Answered(at, bytes) => (at, bytes),
            Said::Ready(_) => return Err(self.problem("it asks for an event and has not answered the last")),
            Said::Failed(why) => return Err(self.problem(&String::from_utf8_lossy(&why))),
        };
        let answer: Value = serde_json::from_slice(&bytes)?;
        if answer["statusCode"] != request.status {
            return Err(self.problem(&format!("{} {} is answered by {answer}", request.method, request.path)));
        }
        let body = answer["body"].as_str().and_then(|body| serde_json::from_str(body).ok()).unwrap_or_default();
        Ok(Answer { took: answered.duration_since(sent), body })
    }

    /// Ends it; how much memory it had at its peak, in bytes.
    pub(crate) async fn end(mut self) -> Result<u64> {
        let peak = process::peak_memory(self.pid)?;
        self.child.kill().await?;
        Ok(peak)
    }

    /// Waits until it waits.
    async fn wait(&mut self) -> Result<Instant> {
        match self.said().await? {
            Said::Ready(waiting) => {
                let since = waiting.since;
                self.waiting = Some(waiting);
                Ok(since)
            }
            Said::Answered(..) => Err(self.problem("it answers an event that it was not given")),
            Said::Failed(why) => Err(self.problem(&String::from_utf8_lossy(&why))),
        }
    }

    async fn said(&mut self) -> Result<Said> {
        let said = async {
            tokio::select! {
                said = self.api.said() => said.ok_or_else(|| Error::from("the Runtime API broke down")),
                status = self.child.wait() => Err(format!("it ended with {}", status?).into()),
            }
        };
        match timeout(PATIENCE, said).await {
            Ok(Ok(said)) => Ok(said),
            Ok(Err(error)) => Err(self.problem(&error.to_string())),
            Err(_) => Err(self.problem("it takes too long")),
        }
    }

    /// What went wrong, with what the instance itself said last.
    fn problem(&self, what: &str) -> Error {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        format!("{what}; its last line: {}", log.lines().last().unwrap_or("none")).into()
    }
}
