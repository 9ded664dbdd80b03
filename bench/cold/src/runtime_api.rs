//! The least of Lambda's Runtime API that a function needs: it asks for events and posts answers.
//!
//! Source: <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use bytes::Bytes;
use http::HeaderMap;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

/// How long a function may take by the deadline that it is told.
const DEADLINE: Duration = Duration::from_secs(10);

/// What a function says.
pub(crate) enum Said {
    /// It waits for an event.
    Ready(Waiting),
    /// The answer to an event.
    Answered(Instant, Bytes),
    /// It cannot start or cannot answer.
    Failed(Bytes),
}

/// A function that waits for an event.
pub(crate) struct Waiting {
    /// When its request arrived.
    pub(crate) since: Instant,
    give: oneshot::Sender<Bytes>,
}

impl Waiting {
    /// Hands over `event`. If the function has gone meanwhile, no answer will come.
    pub(crate) fn give(self, event: Bytes) {
        self.give.send(event).ok();
    }
}

/// A Runtime API for one instance of a function, on a loopback port of its own.
pub(crate) struct RuntimeApi {
    /// `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: SocketAddr,
    said: mpsc::Receiver<Said>,
    server: JoinHandle<io::Result<()>>,
}

impl RuntimeApi {
    /// Listens.
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let (say, said) = mpsc::channel(1);
        let api = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(failed))
            .with_state(say);
        let server = tokio::spawn(axum::serve(listener, api).into_future());
        Ok(Self { address, said, server })
    }

    /// What the function says next; nothing only if the server broke down.
    pub(crate) async fn said(&mut self) -> Option<Said> {
        self.said.recv().await
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Say = State<mpsc::Sender<Said>>;

/// Answers when there is an event; if there will never be one, the instance is about to be killed.
async fn next(State(say): Say) -> Result<(HeaderMap, Bytes), StatusCode> {
    let (give, given) = oneshot::channel();
    tell(&say, Said::Ready(Waiting { since: now(), give })).await?;
    let event = given.await.map_err(|_| StatusCode::GONE)?;
    Ok((headers(), event))
}

async fn answered(State(say): Say, answer: Bytes) -> Result<StatusCode, StatusCode> {
    tell(&say, Said::Answered(now(), answer)).await
}

async fn failed(State(say): Say, why: Bytes) -> Result<StatusCode, StatusCode> {
    tell(&say, Said::Failed(why)).await
}

async fn tell(say: &mpsc::Sender<Said>, what: Said) -> Result<StatusCode, StatusCode> {
    say.send(what).await.map_err(|_| StatusCode::GONE)?;
    Ok(StatusCode::ACCEPTED)
}

/// What comes with an event.
fn headers() -> HeaderMap {
    #[allow(clippy::disallowed_methods, reason = "the deadline is a time of the real clock")]
    let deadline = (SystemTime::now() + DEADLINE).duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned()),
        ("lambda-runtime-deadline-ms", deadline.to_string()),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:123456789012:function:bench".to_owned()),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0".to_owned()),
    ];
    let parse =
        |(name, value): (&'static str, String)| Some((http::HeaderName::from_static(name), value.parse().ok()?));
    headers.into_iter().filter_map(parse).collect()
}

/// The clock that walls are measured with.
#[allow(clippy::disallowed_methods, reason = "a bench measures the real time")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
