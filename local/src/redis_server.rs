//! Redis or Valkey as a supervised child: it lives and dies with this program, and is started again when it dies alone.

use std::{
    fs::OpenOptions,
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
    time::Duration,
};

use tokio::{
    process::{Child, Command},
    sync::Notify,
    task::JoinHandle,
};

use crate::{StartError, child::end_with_parent, dynamodb::listen_error};

const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];
/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(50);
/// How long it may take to end in order.
const FAREWELL: Duration = Duration::from_secs(5);
/// The pause before it is started again.
const RESTART: Duration = Duration::from_millis(500);

/// A running server.
pub(crate) struct RedisServer {
    pub(crate) url: String,
    stop: Arc<Notify>,
    supervisor: JoinHandle<()>,
}

#[derive(Clone)]
struct Settings {
    port: u16,
    folder: PathBuf,
    log: PathBuf,
}

impl RedisServer {
    /// Starts a server that is at home in `folder` and begins empty, on `port` (0: any), and waits until it answers, calling `waiting`
    /// about once a second.
    pub(crate) async fn start(folder: &Path, port: u16, waiting: impl Fn(&str)) -> Result<Self, StartError> {
        // Whoever answers on a port of one's choice need not be the server that was started: the port must be free first.
        let port = free_port(port)?;
        let settings = Settings { port, folder: folder.to_owned(), log: folder.join("redis.log") };
        let (server, child) = spawn_any(&settings)?;
        let url = format!("redis://127.0.0.1:{port}");
        let failed = || StartError::RedisFailed { server: server.to_owned(), log: settings.log.clone() };
        let mut child = child;
        let client = redis::Client::open(url.as_str()).map_err(|_| failed())?;
        let turns = PATIENCE.as_millis() / POLL.as_millis();
        for turn in 1..=turns {
            if child.try_wait().map_err(|_| failed())?.is_some() {
                return Err(failed());
            }
            if answers(&client).await {
                let stop = Arc::new(Notify::new());
                let supervisor = tokio::spawn(supervise(child, server, settings, stop.clone()));
                return Ok(Self { url, stop, supervisor });
            }
            if turn % 20 == 0 {
                waiting(server);
            }
            tokio::time::sleep(POLL).await;
        }
        Err(failed())
    }

    /// Stops the server in order.
    pub(crate) async fn stop(self) {
        self.stop.notify_one();
        if let Err(error) = self.supervisor.await {
            tracing::warn!(error = error.to_string(), "the supervisor of Redis ended badly");
        }
    }
}

async fn answers(client: &redis::Client) -> bool {
    let Ok(mut connection) = client.get_multiplexed_async_connection().await else { return false };
    redis::cmd("PING").query_async::<String>(&mut connection).await.is_ok()
}

/// A port that nobody listens on right now.
fn free_port(port: u16) -> Result<u16, StartError> {
    let free = TcpListener::bind(("127.0.0.1", port)).and_then(|listener| listener.local_addr());
    free.map(|address| address.port()).map_err(|source| listen_error(port, source))
}

/// Starts whichever server is installed.
fn spawn_any(settings: &Settings) -> Result<(&'static str, Child), StartError> {
    for server in SERVERS {
        match spawn(server, settings) {
            Ok(child) => return Ok((server, child)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return Err(StartError::RedisFailed { server: server.to_owned(), log: settings.log.clone() }),
        }
    }
    Err(StartError::NoRedis)
}

fn spawn(server: &str, settings: &Settings) -> io::Result<Child> {
    let log = OpenOptions::new().create(true).append(true).open(&settings.log)?;
    let mut command = Command::new(server);
    // It begins empty: see docs/decisions/0037-the-local-cache-begins-empty.md.
    command
        .args(["--bind", "127.0.0.1", "--port", &settings.port.to_string()])
        .args(["--dir", &settings.folder.to_string_lossy(), "--appendonly", "no", "--save", ""])
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .kill_on_drop(true);
    // Ctrl-C is for this program, which then stops the server.
    command.process_group(0);
    end_with_parent(command.as_std_mut());
    command.spawn()
}

/// Starts the server again whenever it ends, until told to stop it.
async fn supervise(mut child: Child, server: &'static str, settings: Settings, stop: Arc<Notify>) {
    loop {
        let ended = tokio::select! {
            () = stop.notified() => return end(child).await,
            ended = child.wait() => ended,
        };
        let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
        tracing::warn!(server, status, "the cache ended and is started again");
        loop {
            tokio::select! {
                () = stop.notified() => return,
                () = tokio::time::sleep(RESTART) => {}
            }
            match spawn(server, &settings) {
                Ok(new) => {
                    child = new;
                    break;
                }
                Err(error) => tracing::warn!(server, error = error.to_string(), "the cache does not start"),
            }
        }
    }
}

async fn end(mut child: Child) {
    use rustix::process::{Pid, Signal, kill_process};
    let pid = child.id().and_then(|pid| Pid::from_raw(pid.cast_signed()));
    if let Some(Err(error)) = pid.map(|pid| kill_process(pid, Signal::TERM)) {
        tracing::warn!(error = error.to_string(), "the cache cannot be told to stop");
    }
    let ended = tokio::time::timeout(FAREWELL, child.wait()).await;
    if ended.is_err()
        && let Err(error) = child.kill().await
    {
        tracing::warn!(error = error.to_string(), "the cache does not end");
    }
}
