//! Where and of what the figures were measured.

use std::{fmt, fs, path::Path, process::Command, thread};

/// What a reader must know to compare figures.
#[derive(Debug)]
pub(crate) struct Facts {
    cpu: String,
    cores: usize,
    commit: String,
    profile: String,
}

impl Facts {
    /// The machine's facts, and whence the binaries in the folder `binaries` come.
    pub(crate) fn gather(binaries: &Path) -> Self {
        let commit = git(&["rev-parse", "--short", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
        let changed = git(&["status", "--porcelain", "--", "*.rs", "*.toml", "*.lock"]).is_some();
        Self {
            cpu: cpu_model().unwrap_or_else(|| "unknown".to_owned()),
            cores: thread::available_parallelism().map_or(1, usize::from),
            commit: if changed { format!("{commit} and uncommitted changes") } else { commit },
            profile: binaries.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
        }
    }
}

impl fmt::Display for Facts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cpu, cores, commit, profile } = self;
        write!(f, "Machine: {cpu}, {cores} cores. Commit: {commit}. Profile: {profile}.")
    }
}

fn cpu_model() -> Option<String> {
    let info = fs::read_to_string("/proc/cpuinfo").ok()?;
    let model = info.lines().find(|line| line.starts_with("model name"))?.split_once(':')?.1;
    Some(model.trim().to_owned())
}

/// What git says; nothing if it says nothing or is not there.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.trim().to_owned()).filter(|text| output.status.success() && !text.is_empty())
}
