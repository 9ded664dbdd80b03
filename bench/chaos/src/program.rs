//! The program that is killed, and what is known of it from outside.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::Command,
};

use crate::{Result, api::Api};

/// How long it may take to catch up on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// The running program.
pub(crate) struct Program {
    running: ::program::Program,
    api: Api,
    program: PathBuf,
    data: PathBuf,
}

impl Program {
    /// Starts `program` over the folder `data`, once it is ready. What it says goes to files in `folder`.
    pub(crate) async fn start(program: &Path, folder: &Path, data: &Path) -> Result<Self> {
        // Load is what this is about: nobody is told to come back later.
        let settings = [("RATE_LIMITS", "off"), ("LOG_LEVEL", "error")];
        let running = ::program::Program::start(program, folder, data, &settings).await?;
        let api = Api::at(running.url().to_owned())?;
        Ok(Self { running, api, program: program.to_owned(), data: data.to_owned() })
    }

    /// A client of its API.
    pub(crate) fn api(&self) -> Api {
        self.api.clone()
    }

    /// Ends it with no chance to do anything.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.running.kill().await
    }

    /// Ends it in order.
    pub(crate) async fn stop(self) -> Result<()> {
        self.running.stop().await
    }

    /// Waits until everything that follows from writes has followed. A write that was done just before a kill has not told the
    /// cache, which goes on showing what was before until the change stream has had it forget that.
    pub(crate) async fn catch_up(&self) -> Result<()> {
        let caught_up = async {
            while !self.is_drained().await? {
                tokio::time::sleep(POLL).await;
            }
            Ok(())
        };
        tokio::time::timeout(PATIENCE, caught_up).await.map_err(|_| "streams or queues do not drain")?
    }

    /// Whether no consumer of a stream is behind, and no queue holds a message. A dead letter is a loss.
    async fn is_drained(&self) -> Result<bool> {
        let number = |report: &Value, name: &str| report[name].as_u64().ok_or(format!("no {name} in {report}"));
        for stream in self.report("streams").await? {
            if number(&stream, "records")? > 0 {
                return Ok(false);
            }
        }
        for queue in self.report("queues").await? {
            if number(&queue, "dead")? > 0 {
                return Err(format!("dead letters: {queue}").into());
            }
            for name in ["visible", "inFlight", "delayed"] {
                if number(&queue, name)? > 0 {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// What the program's own subcommand tells of this one.
    async fn report(&self, subcommand: &str) -> Result<Vec<Value>> {
        let mut command = Command::new(&self.program);
        command.arg(subcommand).arg("--json").arg("--data").arg(&self.data).kill_on_drop(true);
        let output = command.stdin(Stdio::null()).output().await?;
        if !output.status.success() {
            return Err(format!("bloghub {subcommand}: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }

    /// Makes its Redis forget everything.
    pub(crate) async fn empty_cache(&self) -> Result<()> {
        // `… Running mode=standalone, port=6379.`
        let log = fs::read_to_string(self.data.join("redis/redis.log"))?;
        let port = log.rsplit_once(", port=").and_then(|(_, rest)| rest.split('.').next()?.parse::<u16>().ok());
        let mut redis = TcpStream::connect(("127.0.0.1", port.ok_or("the log of Redis names no port")?)).await?;
        redis.write_all(b"FLUSHALL\r\n").await?;
        let mut answer = [0; 5];
        redis.read_exact(&mut answer).await?;
        if &answer == b"+OK\r\n" { Ok(()) } else { Err("Redis does not empty itself".into()) }
    }
}
