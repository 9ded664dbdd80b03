//! One `redis-server` or `valkey-server`.

use std::{
    io,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use redis::{Connection, FromRedisValue};
use tempfile::TempDir;

use crate::wait::eventually;

const SERVERS: [&str; 2] = ["redis-server", "valkey-server"];

/// A server on a port of its own, with an empty folder.
pub struct RedisNode {
    port: u16,
    arguments: Vec<String>,
    child: Child,
    folder: TempDir,
}

impl RedisNode {
    /// Starts one that keeps nothing on disk, and waits until it answers.
    ///
    /// # Panics
    /// If no server is installed, or it does not start.
    pub fn start() -> Self {
        Self::with(&["--save", "", "--appendonly", "no"])
    }

    /// Starts one with further settings.
    pub(crate) fn with(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        let port = free_port();
        let child = spawn(port, folder.path(), &arguments);
        let node = Self { port, arguments, child, folder };
        node.wait();
        node
    }

    /// Its address, as `REDIS_URL` takes it.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it answers a command, given word by word.
    ///
    /// # Panics
    /// If it answers an error, or something that is no `T`.
    pub fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = self.connection().expect("the server takes connections");
        command(words).query(&mut connection).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Kills it: whoever is connected loses the connection, and all data are gone.
    ///
    /// # Panics
    /// If it cannot be killed.
    pub fn kill(&mut self) {
        self.child.kill().expect("one's own child can be killed");
        self.child.wait().expect("one's own child can be waited for");
    }

    /// Starts it again on the same port, empty, after [`kill`](Self::kill).
    ///
    /// # Panics
    /// If it does not start.
    pub fn restart(&mut self) {
        self.child = spawn(self.port, self.folder.path(), &self.arguments);
        self.wait();
    }

    fn connection(&self) -> redis::RedisResult<Connection> {
        redis::Client::open(self.url())?.get_connection()
    }

    fn wait(&self) {
        eventually("a server of Redis answers", || {
            command(&["PING"]).query::<String>(&mut self.connection().ok()?).ok()
        });
    }
}

impl Drop for RedisNode {
    fn drop(&mut self) {
        // An error means that it has ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn command(words: &[&str]) -> redis::Cmd {
    let (name, arguments) = words.split_first().expect("a command has a name");
    let mut command = redis::cmd(name);
    command.arg(arguments);
    command
}

/// A port that nobody listens on right now, and low enough for a cluster's bus, whose port is 10,000 higher.
fn free_port() -> u16 {
    let free = || {
        let port = TcpListener::bind(("127.0.0.1", 0)).ok()?.local_addr().ok()?.port();
        let bus = port.checked_add(10_000)?;
        TcpListener::bind(("127.0.0.1", bus)).ok().map(|_| port)
    };
    eventually("a port is free", free)
}

/// Starts whichever server is installed.
fn spawn(port: u16, folder: &Path, arguments: &[String]) -> Child {
    for server in SERVERS {
        let mut command = Command::new(server);
        command
            .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--dir", &folder.to_string_lossy()])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        bloghub::child::end_with_parent(&mut command);
        match command.spawn() {
            Ok(child) => return child,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => panic!("{server}: {error}"),
        }
    }
    panic!("neither of {SERVERS:?} is installed");
}
