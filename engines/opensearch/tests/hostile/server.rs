//! A server that follows a script.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use search_opensearch::{OpenSearch, settings::OpenSearchSettings};
use shared::adapters::system::OperatingSystem;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

/// What the server does about a request.
#[derive(Clone)]
pub(crate) enum Act {
    /// It keeps the connection and says nothing more.
    Silence,
    /// It hangs up.
    Cut,
    /// It writes these bytes and hangs up.
    Write(String),
    /// It writes these bytes and keeps the connection.
    Drip(String),
}

pub(crate) fn answer(status: u16, body: &str) -> Act {
    Act::Write(format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len()))
}

type Script = Arc<dyn Fn(&str, usize) -> Act + Send + Sync>;

/// The server, and the requests that it has seen: method and path, and the body.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<(String, String)>>>,
}

impl Server {
    /// Acts as `script` says of the request (`GET /path`) and of how many came before it.
    pub(crate) async fn start(script: impl Fn(&str, usize) -> Act + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<_>>> = Arc::default();
        let (script, noted): (Script, _) = (Arc::new(script), seen.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, script.clone(), noted.clone()));
            }
        });
        Self { address, seen }
    }

    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(request, _)| request.clone()).collect()
    }

    pub(crate) fn bodies(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|(_, body)| body.clone()).collect()
    }

    pub(crate) fn engine(&self) -> OpenSearch {
        engine(self.address)
    }
}

/// An engine that waits a fifth of a second for anything.
pub(crate) fn engine(address: SocketAddr) -> OpenSearch {
    let mut settings = OpenSearchSettings::new(format!("http://{address}").parse().unwrap());
    let patience = Duration::from_millis(200);
    settings.timeouts.connect = patience;
    settings.timeouts.request = patience;
    settings.timeouts.rebuild = patience;
    OpenSearch::new(settings, Arc::new(OperatingSystem::default())).unwrap()
}

async fn serve(mut stream: TcpStream, script: Script, seen: Arc<Mutex<Vec<(String, String)>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    let request = head.lines().next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push((request.clone(), String::from_utf8(body).unwrap()));
        seen.len() - 1
    };
    match script(&request, before) {
        Act::Silence => std::future::pending().await,
        Act::Cut => {}
        // Whoever has given up hangs up.
        Act::Write(bytes) => stream.write_all(bytes.as_bytes()).await.unwrap_or_default(),
        Act::Drip(bytes) => {
            stream.write_all(bytes.as_bytes()).await.unwrap_or_default();
            std::future::pending().await
        }
    }
}
