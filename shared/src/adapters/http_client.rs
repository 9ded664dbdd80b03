//! HTTP to a service that adapters outside this crate speak to, on connections that are kept.

use std::time::Duration;

use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use http::{Request, Response};

use super::{http1::Http1, tls::AMAZON_ROOTS};

/// Whose certificates a server may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Amazon's own roots.
    Amazon,
    /// Mozilla's roots.
    Web,
}

/// How much a call may take.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a new connection, TLS included.
    pub connect: Duration,
    /// For the whole call.
    pub call: Duration,
    /// Bytes of the answer.
    pub answer: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// No connection could be made, or it broke. Whether the request was received is not known.
    #[error("the connection was refused or broke")]
    Lost(#[source] ConnectorError),
    /// The time was over.
    #[error("there was no answer in time")]
    Late,
    /// What came is no HTTP or too long, or the request was none.
    #[error("what was answered is not understood")]
    Nonsense(#[source] ConnectorError),
}

/// The client; its clones share their connections. It repeats nothing but what a kept connection gave back unsent.
#[derive(Debug, Clone)]
pub struct HttpClient(Http1);

impl HttpClient {
    /// A client that opens its first connection when it is first used.
    pub fn new(trust: Trust) -> Self {
        Self(match trust {
            Trust::Amazon => Http1::trusting(AMAZON_ROOTS),
            Trust::Web => Http1::trusting_the_web(),
        })
    }

    /// Sends `request`, to the host that its address names, and reads the whole answer.
    ///
    /// # Errors
    /// See [`CallError`]; a status is no error.
    pub async fn send(&self, request: Request<Vec<u8>>, limits: Limits) -> Result<Response<Vec<u8>>, CallError> {
        let sending = self.0.send(request.map(SdkBody::from), Some(limits.connect), limits.answer);
        match tokio::time::timeout(limits.call, sending).await {
            Ok(Ok(answer)) => Ok(answer.map(|body| body.bytes().map(<[u8]>::to_vec).unwrap_or_default())),
            Ok(Err(error)) if error.is_timeout() => Err(CallError::Late),
            Ok(Err(error)) if error.is_other() || error.is_user() || is_no_http(&error) => {
                Err(CallError::Nonsense(error))
            }
            Ok(Err(error)) => Err(CallError::Lost(error)),
            Err(_) => Err(CallError::Late),
        }
    }
}

/// Whether what came could not be read as HTTP.
fn is_no_http(error: &ConnectorError) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if error.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse) {
            return true;
        }
        cause = error.source();
    }
    false
}
