//! A folder of a test's own, in which its programs run and from which none of them escapes.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::{Pid, Signal, kill_process};
use shared::config;
use tempfile::TempDir;

use super::{PATIENCE, eventually};

/// By this variable a sandbox knows its processes, however deep their descent.
const MARK: &str = "BLOGHUB_TEST_SANDBOX";
/// All that programs see of the environment in which the tests run: where programs and toolchains are.
const INHERITED: [&str; 7] =
    ["PATH", "HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS"];

/// The folder. When it is dropped, so are the processes that still run in it.
pub(crate) struct Sandbox {
    folder: TempDir,
}

/// A process of a sandbox.
#[derive(Debug)]
pub(crate) struct Inhabitant {
    pub(crate) pid: Pid,
    pub(crate) command: String,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// Where `name` is in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(name)
    }

    /// `name` in the folder as text.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// `bloghub` with these arguments, to be run in the folder.
    pub(crate) fn bloghub(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_bloghub"));
        command.args(arguments);
        command
    }

    /// `program`, to be run in the folder.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env(MARK, self.path("")).current_dir(self.path(""));
        command.envs(INHERITED.iter().filter_map(|name| Some((name, config::variable(name)?))));
        command
    }

    /// A folder with a program `name` that is this shell script.
    pub(crate) fn script(&self, name: &str, script: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let bin = self.path("bin");
        fs::create_dir_all(&bin).unwrap();
        fs::write(bin.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        bin
    }

    /// The processes that run in the folder or descend from one that did. Where there is no /proc, none are known.
    pub(crate) fn inhabitants(&self) -> Vec<Inhabitant> {
        let folder = self.path("");
        let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
        processes.filter_map(|process| inhabitant(&process.path(), &folder)).collect()
    }

    /// Waits until no process is left.
    pub(crate) async fn expect_empty(&self) {
        eventually("every process ends", PATIENCE, async || self.inhabitants().is_empty().then_some(())).await;
    }
}

/// The process whose directory in /proc is `process`, if it belongs to `folder`. Those that have ended meanwhile do not.
fn inhabitant(process: &Path, folder: &Path) -> Option<Inhabitant> {
    let pid = Pid::from_raw(process.file_name()?.to_str()?.parse().ok()?)?;
    let lives_here = fs::read_link(process.join("cwd")).is_ok_and(|path| path.starts_with(folder));
    let mark = format!("{MARK}={}", folder.display());
    let marked =
        || fs::read(process.join("environ")).is_ok_and(|all| all.split(|&b| b == 0).any(|v| v == mark.as_bytes()));
    let command = || fs::read_to_string(process.join("cmdline")).unwrap_or_default().replace('\0', " ");
    (lives_here || marked()).then(|| Inhabitant { pid, command: command() })
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // One that is just being started shows up the next time.
        for _ in 0..10 {
            for inhabitant in self.inhabitants() {
                // An error means that it has ended by itself.
                kill_process(inhabitant.pid, Signal::KILL).ok();
            }
        }
    }
}
