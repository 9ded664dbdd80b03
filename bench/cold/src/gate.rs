//! Gates between an instance and its services. They notice what an instance spends on opening its connections, which its init
//! phase does after it has made its clients and before it asks for the first event, and for which there is no switch:
//!
//! - from the start to the first connection that arrives at a gate, it loads, configures itself and makes its clients;
//! - from there until the last answer that a gate passes on, it opens connections;
//! - from there to its first `/invocation/next`, it goes on as if there were none to open.
//!
//! The first and the last part together are its init without the connections, or a little more: the first request is put
//! together before its connection is opened, and the last answer is read after it was passed on.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    task::JoinSet,
};

use crate::{
    Result,
    instance::{Instance, Moment},
    process,
    runtime_api::now,
};

/// The settings that say where a service is.
const SERVICES: [&str; 2] = ["AWS_ENDPOINT_URL_DYNAMODB", "REDIS_URL"];

/// Gates that nobody has come to yet.
pub(crate) struct Gates {
    closed: Vec<(TcpListener, SocketAddr)>,
    /// What leads an instance to the gates instead of to the services.
    pub(crate) environment: HashMap<String, String>,
}

impl Gates {
    /// A gate before each service of `environment`, on a loopback port of its own. Who comes waits until they are opened.
    pub(crate) async fn before(environment: &HashMap<String, String>) -> Result<Self> {
        let mut gates = Self { closed: Vec::new(), environment: HashMap::new() };
        for name in SERVICES {
            let url = environment.get(name).ok_or_else(|| format!("the services have no {name}"))?;
            let uri: http::Uri = url.parse()?;
            let service = uri.authority().ok_or_else(|| format!("{name} has no address"))?.as_str();
            let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
            let gate = listener.local_addr()?.to_string();
            gates.environment.insert(name.to_owned(), url.replacen(service, &gate, 1));
            gates.closed.push((listener, service.parse()?));
        }
        Ok(gates)
    }

    /// Opens the gates to `instance`.
    pub(crate) fn open(self, instance: &Instance) -> Watch {
        let seen = Seen { pid: instance.pid, started: instance.started, crossings: Arc::default() };
        let mut tasks = JoinSet::new();
        for (listener, service) in self.closed {
            let seen = seen.clone();
            tasks.spawn(async move { seen.pass_all(&listener, service).await });
        }
        Watch { crossings: seen.crossings, _tasks: tasks }
    }
}

/// What was noticed at the gates. They close when it is dropped.
pub(crate) struct Watch {
    crossings: Arc<Mutex<Crossings>>,
    _tasks: JoinSet<Result<()>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Crossings {
    first_connection: Option<Moment>,
    last_answer: Option<Moment>,
}

impl Watch {
    /// How far the instance, which is `ready` now, would have come without its connections.
    pub(crate) fn without_connections(&self, ready: Moment) -> Moment {
        match *self.crossings.lock().unwrap_or_else(PoisonError::into_inner) {
            Crossings { first_connection: Some(first), last_answer: Some(last) } => Moment {
                wall: first.wall + ready.wall.saturating_sub(last.wall),
                cpu: first.cpu + ready.cpu.saturating_sub(last.cpu),
            },
            _ => ready,
        }
    }
}

#[derive(Clone)]
struct Seen {
    pid: u32,
    started: Instant,
    crossings: Arc<Mutex<Crossings>>,
}

impl Seen {
    async fn pass_all(self, listener: &TcpListener, service: SocketAddr) -> Result<()> {
        let mut connections = JoinSet::new();
        loop {
            let (from, _) = listener.accept().await?;
            let moment = self.moment()?;
            self.note(|crossings| {
                crossings.first_connection.get_or_insert(moment);
            });
            let to = TcpStream::connect(service).await?;
            from.set_nodelay(true)?;
            to.set_nodelay(true)?;
            let ((from_reads, from_writes), (to_reads, to_writes)) = (from.into_split(), to.into_split());
            connections.spawn(requests(from_reads, to_writes));
            connections.spawn(self.clone().answers(to_reads, from_writes));
        }
    }

    async fn answers(self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Result<()> {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let length = from.read(&mut buffer).await?;
            if length == 0 {
                return Ok(());
            }
            let moment = self.moment()?;
            self.note(|crossings| crossings.last_answer = Some(moment));
            to.write_all(&buffer[..length]).await?;
        }
    }

    fn moment(&self) -> Result<Moment> {
        Ok(Moment { cpu: process::cpu_time(self.pid)?, wall: now().duration_since(self.started) })
    }

    fn note(&self, what: impl FnOnce(&mut Crossings)) {
        what(&mut self.crossings.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf) -> Result<()> {
    copy(&mut from, &mut to).await?;
    Ok(())
}
