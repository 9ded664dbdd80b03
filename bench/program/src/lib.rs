//! The local program as a child process that ends with this one.

use std::{
    fs::{self, File},
    path::Path,
    process::Stdio,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

/// How long a start or a stop may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// Whatever keeps the program from running.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// The running program.
pub struct Program {
    child: Child,
    url: String,
}

impl Program {
    /// Starts `program` over the folder `data` on any port, with these settings, once it is ready. What it says goes to the files
    /// `errors.txt` and `log.json` in `folder`.
    ///
    /// # Errors
    /// If it does not start.
    pub async fn start(program: &Path, folder: &Path, data: &Path, settings: &[(&str, &str)]) -> Result<Self, Error> {
        let errors = folder.join("errors.txt");
        let mut command = Command::new(program);
        command.arg("--port").arg("0").arg("--data").arg(data);
        command.env_remove("REDIS_URL").envs(settings.iter().copied());
        command.stdin(Stdio::null()).stderr(File::create(&errors)?);
        command.stdout(File::options().create(true).append(true).open(folder.join("log.json"))?);
        // Ctrl-C is for this program, which then ends the other.
        command.kill_on_drop(true).process_group(0);
        bloghub::child::end_with_parent(command.as_std_mut());
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let url = tokio::time::timeout(PATIENCE, ready(&mut child, &errors)).await??;
        Ok(Self { child, url })
    }

    /// Where its API is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Ends it with no chance to do anything.
    ///
    /// # Errors
    /// If it cannot be ended.
    pub async fn kill(&mut self) -> Result<(), Error> {
        Ok(self.child.kill().await?)
    }

    /// Ends it in order.
    ///
    /// # Errors
    /// If it had ended before, does not end, or says that something went wrong.
    pub async fn stop(mut self) -> Result<(), Error> {
        let pid = self.pid().and_then(|pid| Pid::from_raw(pid.cast_signed())).ok_or("the program has ended")?;
        kill_process(pid, Signal::INT)?;
        let status = tokio::time::timeout(PATIENCE, self.child.wait()).await??;
        if status.success() { Ok(()) } else { Err(format!("the program ended with {status}").into()) }
    }
}

/// Waits until the program says where its API is.
async fn ready(child: &mut Child, errors: &Path) -> Result<String, Error> {
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
