//! The embedded SQS: rustack's queues in this process, behind SQS's wire protocol on a loopback port. Messages outlive the
//! process in the ledger.

mod durable;
mod restore;
mod wire;

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

pub(crate) use durable::{Queues, arn, name_of};

use crate::{StartError, dynamodb::listen_error, ledger::Ledger, template::QueueDefinition};

/// The name of the stack that the program stands for.
pub(crate) const STACK: &str = "bloghub";
/// How long requests under way may take when the program stops; a long poll may take 20 s and is not waited for.
const DRAIN: Duration = Duration::from_secs(1);

/// Running queues.
pub(crate) struct EmbeddedSqs {
    pub(crate) endpoint: String,
    pub(crate) queues: Arc<Queues>,
    stop: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl EmbeddedSqs {
    /// Makes the queues, puts back into them what the ledger holds, and serves them on `port` (0: any).
    pub(crate) async fn start(
        definitions: &[QueueDefinition],
        ledger: Arc<Ledger>,
        port: u16,
    ) -> Result<Self, StartError> {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.map_err(|source| listen_error(port, source))?;
        let address = listener.local_addr().map_err(|source| listen_error(port, source))?;
        let queues = Queues::make(definitions, ledger, address.port()).await.map_err(StartError::Queues)?;
        let queues = Arc::new(queues);
        let (stop, stopped) = oneshot::channel();
        let serving = axum::serve(listener, wire::router(queues.clone())).with_graceful_shutdown(async {
            // An error means that the sender is gone, which stops the server as well.
            stopped.await.ok();
        });
        let server = tokio::spawn(serving.into_future());
        Ok(Self { endpoint: format!("http://{address}"), queues, stop, server })
    }

    /// The addresses of the queues by their resources.
    pub(crate) fn urls(&self) -> &HashMap<String, String> {
        self.queues.urls()
    }

    /// Stops it; what was sent and not consumed is in the ledger.
    pub(crate) async fn stop(self) {
        // An error means that the server has stopped by itself.
        self.stop.send(()).ok();
        let server = self.server.abort_handle();
        if tokio::time::timeout(DRAIN, self.server).await.is_err() {
            server.abort();
        }
        self.queues.shut_down().await;
    }
}
