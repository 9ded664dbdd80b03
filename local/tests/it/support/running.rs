//! A program as a child process, whose output goes to files.

use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Api, PATIENCE, Sandbox, eventually};

/// How long a program may take to stop when a test has failed.
const FAREWELL: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(20);

/// A child process. It is stopped when this is dropped.
pub(crate) struct Running {
    child: Child,
    output: PathBuf,
    errors: PathBuf,
}

impl Running {
    /// Starts `command`, whose output goes to files in `sandbox`.
    pub(crate) fn start(sandbox: &Sandbox, mut command: Command) -> Self {
        let number = fs::read_dir(sandbox.path("")).unwrap().count();
        let (output, errors) = (sandbox.path(&format!("{number}.out")), sandbox.path(&format!("{number}.err")));
        command.stdin(Stdio::null()).stdout(File::create(&output).unwrap()).stderr(File::create(&errors).unwrap());
        let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        Self { child, output, errors }
    }

    /// The program on any port with its data in the sandbox's folder `data`, once it is ready.
    pub(crate) async fn bloghub(sandbox: &Sandbox, data: &str) -> (Self, Api) {
        Self::serving(sandbox, sandbox.bloghub(&["--port", "0", "--data", data])).await
    }

    /// What `command` runs, once it says where its API is.
    pub(crate) async fn serving(sandbox: &Sandbox, command: Command) -> (Self, Api) {
        let mut running = Self::start(sandbox, command);
        let line = running.says("ready on ").await;
        let url = line.split(' ').find(|word| word.starts_with("http://")).unwrap().to_owned();
        (running, Api::at(url))
    }

    /// Waits for a line on standard error that contains `words`; answers the line.
    pub(crate) async fn says(&mut self, words: &str) -> String {
        eventually(&format!("the line {words:?}"), PATIENCE, async || {
            let ended = self.child.try_wait().unwrap();
            let found = self.stderr().lines().find(|line| line.contains(words)).map(str::to_owned);
            assert!(found.is_some() || ended.is_none(), "it ended: {ended:?} {}", self.stderr());
            found
        })
        .await
    }

    async fn ended(&mut self, patience: Duration) -> ExitStatus {
        eventually("the program's end", patience, async || self.child.try_wait().unwrap()).await
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Tells it to stop and waits until it has.
    pub(crate) async fn interrupt(mut self) -> Ended {
        self.signal(Signal::INT);
        self.end().await
    }

    /// Ends it with no chance to do anything, as `kill -9` does.
    pub(crate) async fn kill(mut self) {
        self.signal(Signal::KILL);
        self.ended(PATIENCE).await;
    }

    /// Waits until it has ended by itself; answers what is left of it.
    pub(crate) async fn end(&mut self) -> Ended {
        self.end_within(PATIENCE).await
    }

    /// The same for what may take longer.
    pub(crate) async fn end_within(&mut self, patience: Duration) -> Ended {
        let status = self.ended(patience).await;
        Ended { code: status.code(), stdout: self.stdout(), stderr: self.stderr() }
    }

    pub(crate) fn stdout(&self) -> String {
        fs::read_to_string(&self.output).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(&self.errors).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Errors mean that it has ended, which is what is wanted; a panic here would hide the test's own.
        let ended = |child: &mut Child| !matches!(child.try_wait(), Ok(None));
        if ended(&mut self.child) {
            return;
        }
        kill_process(Pid::from_child(&self.child), Signal::INT).ok();
        for _ in 0..FAREWELL.as_millis() / POLL.as_millis() {
            if ended(&mut self.child) {
                return;
            }
            thread::sleep(POLL);
        }
        self.child.kill().and_then(|()| self.child.wait()).ok();
    }
}

/// What is left of a program.
#[derive(Debug)]
pub(crate) struct Ended {
    /// The exit status; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}
