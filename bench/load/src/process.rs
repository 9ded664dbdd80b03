//! What processes use, as Linux counts it.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::Child,
};

use crate::{Result, baseline::Part};

/// CPU time of a process so far, all its threads together. Linux counts it in hundredths of a second.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The second field, the command in parentheses, may itself contain spaces and parentheses.
    let (_, fields) = stat.rsplit_once(')').ok_or("a process without a command")?;
    let ticks: u64 =
        fields.split_whitespace().skip(11).take(2).map(str::parse::<u64>).sum::<std::result::Result<_, _>>()?;
    Ok(Duration::from_millis(ticks * 10))
}

/// Memory of a process that is in RAM, megabytes.
pub(crate) fn memory(pid: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    Ok(resident.ok_or("a process without memory")?.parse::<f64>()? / 1024.0)
}

/// Scripts that the Redis on `port` has run so far, whoever sent them.
pub(crate) async fn scripts(port: u16) -> Result<u64> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{port}"))?;
    let mut connection = client.get_multiplexed_async_connection().await?;
    let figures: String = redis::cmd("INFO").arg("commandstats").query_async(&mut connection).await?;
    // `cmdstat_evalsha:calls=7,usec=…`
    let calls = figures.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls=")?.split(',').next());
    // It is not named before the first.
    Ok(calls.map_or(Ok(0), str::parse)?)
}

/// The minimal handler in a process of its own.
pub(crate) struct Baseline {
    child: Child,
    pub(crate) port: u16,
}

impl Baseline {
    pub(crate) async fn start(part: &Part) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("baseline").stdin(Stdio::piped()).stdout(Stdio::piped());
        bloghub::child::end_with_parent(&mut command);
        let input = serde_json::to_vec(part)?;
        let mut child = tokio::process::Command::from(command).kill_on_drop(true).spawn()?;
        let stdin = child.stdin.take().ok_or("no standard input")?;
        let mut stdin = std::process::ChildStdin::from(stdin.into_owned_fd()?);
        stdin.write_all(&input)?;
        drop(stdin);
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let port = BufReader::new(stdout).lines().next_line().await?.ok_or("the minimal handler does not start")?;
        Ok(Self { child, port: port.parse()? })
    }

    pub(crate) fn pid(&self) -> Result<u32> {
        self.child.id().ok_or_else(|| "the minimal handler has ended".into())
    }
}
