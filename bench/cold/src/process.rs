//! What the kernel knows about a process.

use std::{fs, time::Duration};

use crate::Result;

/// The CPU time that process `pid` has used so far in all its threads. It counts from the fork, a fraction of a millisecond
/// before the exec.
///
/// The process stands still meanwhile: of one that runs, the kernel tells only what it had used at its last switch or tick,
/// which may be all of its start ago. Callers take turns, so that none lets a process go on that another has stopped.
#[cfg(target_os = "linux")]
pub(crate) fn cpu_time(pid: u32) -> Result<Duration> {
    use std::sync::{Mutex, PoisonError};

    use nix::{
        sys::signal::{Signal, kill},
        time::ClockId,
        unistd::Pid,
    };
    static TURN: Mutex<()> = Mutex::new(());
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let process = Pid::from_raw(pid.try_into()?);
    kill(process, Signal::SIGSTOP)?;
    let used = stopped(pid).and_then(|()| Ok(ClockId::pid_cpu_clock_id(process)?.now()?.into()));
    kill(process, Signal::SIGCONT)?;
    used
}

/// Elsewhere another process's clock cannot be read.
#[cfg(not(target_os = "linux"))]
pub(crate) fn cpu_time(_: u32) -> Result<Duration> {
    Err("cold starts can be measured on Linux only".into())
}

/// Waits until process `pid` stands still.
#[cfg(target_os = "linux")]
fn stopped(pid: u32) -> Result<()> {
    /// A matter of microseconds, but on a machine that is overloaded.
    const PATIENCE: Duration = Duration::from_secs(1);
    let begun = crate::runtime_api::now();
    while begun.elapsed() < PATIENCE {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The state follows the name, which is in parentheses and may hold any character.
        match stat.rsplit_once(") ").and_then(|(_, rest)| rest.chars().next()) {
            Some('T') => return Ok(()),
            Some('Z' | 'X') => return Err("the process has ended".into()),
            _ => std::thread::yield_now(),
        }
    }
    Err("the process does not stop".into())
}

/// The most memory that process `pid` has had resident at a time, in bytes.
pub(crate) fn peak_memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("the kernel tells no VmHWM")?;
    Ok(line.trim().trim_end_matches("kB").trim_end().parse::<u64>()? * 1024)
}
