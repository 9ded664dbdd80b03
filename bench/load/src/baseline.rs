//! The least that an answer can cost: an axum handler that sends some commands to Redis in one pipeline, waits for their answers, and
//! answers headers and bytes that it has; or, if there are no commands, one that answers them at once.

use std::{io, sync::Arc};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, StatusCode},
    response::{IntoResponse as _, Response},
    routing::get,
};
use redis::{
    Pipeline,
    aio::{ConnectionLike as _, MultiplexedConnection},
};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::{Result, monitor::Words};

/// What the handler asks and answers.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) redis: u16,
    pub(crate) commands: Vec<Words>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

struct Ready {
    /// Absent if there is nothing to ask.
    redis: Option<MultiplexedConnection>,
    pipeline: Pipeline,
    commands: usize,
    headers: HeaderMap,
    body: Bytes,
}

/// Serves what standard input says on any port, which it prints; until it is ended.
pub(crate) fn serve() -> Result<()> {
    let part: Part = serde_json::from_reader(io::stdin())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(part))
}

#[allow(clippy::print_stdout, reason = "this is how the bench learns the port")]
async fn run(part: Part) -> Result<()> {
    let client = redis::Client::open(format!("redis://127.0.0.1:{}", part.redis))?;
    let mut pipeline = Pipeline::new();
    for words in &part.commands {
        let mut command = redis::Cmd::new();
        for word in words {
            command.arg(word.as_slice());
        }
        pipeline.add_command(command);
    }
    let redis = match part.commands.len() {
        0 => None,
        _ => Some(client.get_multiplexed_async_connection().await?),
    };
    let header = |(name, value): (String, String)| Ok::<_, crate::Error>((name.parse::<HeaderName>()?, value.parse()?));
    let headers = part.headers.into_iter().map(header).collect::<Result<_>>()?;
    let ready = Arc::new(Ready { redis, pipeline, commands: part.commands.len(), headers, body: part.body.into() });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    println!("{}", listener.local_addr()?.port());
    Ok(axum::serve(listener, Router::new().fallback(get(answer)).with_state(ready)).await?)
}

async fn answer(State(ready): State<Arc<Ready>>) -> Response {
    let Some(mut redis) = ready.redis.clone() else {
        return (ready.headers.clone(), ready.body.clone()).into_response();
    };
    match redis.req_packed_commands(&ready.pipeline, 0, ready.commands).await {
        Ok(_) => (ready.headers.clone(), ready.body.clone()).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
