//! The program as a child process that ends with this one.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    process::{Child, Command},
};

use crate::{Result, api::Api};

/// How long a start or a stop may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// The running program.
pub(crate) struct Program {
    child: Child,
    api: Api,
    program: PathBuf,
    data: PathBuf,
}

impl Program {
    /// Starts `program` over the folder `data`, once it is ready. What it says goes to files in `folder`.
    pub(crate) async fn start(program: &Path, folder: &Path, data: &Path) -> Result<Self> {
        let errors = folder.join("errors.txt");
        let mut command = Command::new(program);
        command.arg("--port").arg("0").arg("--data").arg(data);
        // Load is what this is about: nobody is told to come back later.
        command.env("RATE_LIMITS", "off").env("LOG_LEVEL", "error").env_remove("REDIS_URL");
        command.stdin(Stdio::null()).stderr(File::create(&errors)?);
        command.stdout(File::options().create(true).append(true).open(folder.join("log.json"))?);
        // Ctrl-C is for this program, which then ends the other.
        command.kill_on_drop(true).process_group(0);
        die_with_parent(&mut command);
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let url = tokio::time::timeout(PATIENCE, ready(&mut child, &errors)).await??;
        Ok(Self { child, api: Api::at(url)?, program: program.to_owned(), data: data.to_owned() })
    }

    /// A client of its API.
    pub(crate) fn api(&self) -> Api {
        self.api.clone()
    }

    /// Ends it with no chance to do anything.
    pub(crate) async fn kill(&mut self) -> Result<()> {
        self.child.kill().await?;
        Ok(())
    }

    /// Ends it in order.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).ok_or("the program has ended")?;
        kill_process(pid, Signal::INT)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        if status.success() { Ok(()) } else { Err(format!("the program ended with {status}").into()) }
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

/// Waits until the program says where its API is.
async fn ready(child: &mut Child, errors: &Path) -> Result<String> {
    loop {
        let told = fs::read_to_string(errors)?;
        let url = told.split_once("ready on ").and_then(|(_, rest)| rest.split_once(' '));
        if let Some((url, _)) = url {
            return Ok(url.to_owned());
        }
        if let Some(status) = child.try_wait()? {
            return Err(format!("the program ended with {status}: {}", told.trim()).into());
        }
        tokio::time::sleep(POLL).await;
    }
}

/// Has the kernel end the child when this program ends, even by `kill -9`.
#[cfg(target_os = "linux")]
#[allow(unsafe_code, reason = "between fork and exec there is no safe way")]
fn die_with_parent(command: &mut Command) {
    use rustix::process::set_parent_process_death_signal;
    // SAFETY: the closure makes one system call and neither allocates nor locks.
    unsafe {
        command.pre_exec(|| set_parent_process_death_signal(Some(Signal::KILL)).map_err(Into::into));
    }
}

/// Elsewhere a killed run leaves its program behind.
#[cfg(not(target_os = "linux"))]
fn die_with_parent(_: &mut Command) {}
