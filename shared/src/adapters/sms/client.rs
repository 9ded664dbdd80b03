//! A small client of HTTP/1.1 that knows whether a request went out: what failed before that was surely not done.
//!
//! Each request has a connection of its own. A kept one that the server has closed meanwhile, while the function was frozen, can
//! only be found out by sending, and then nobody knows whether a message went out. TLS sessions are resumed.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use ::http::{HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    rt,
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::ring, pki_types::ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::ports::sms::{BoxError, NotSent};

/// How long connecting may take, TLS included.
const CONNECT: Duration = Duration::from_millis(1_500);
/// Bytes of an answer that are read; vendors say a few hundred.
const LARGEST: usize = 64 * 1024;

/// The client; its clones share what they know of TLS.
#[derive(Clone, Default)]
pub struct Client {
    /// Made when the first connection needs it.
    tls: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// What a vendor answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// When to come again, in seconds; a date counts as nothing said.
    pub(super) retry_after: Option<Duration>,
    pub(super) body: Bytes,
}

impl Client {
    /// Sends `request`, whose address is absolute.
    pub(super) async fn send(&self, mut request: Request<Full<Bytes>>) -> Result<Answer, NotSent> {
        let away = |error: BoxError| NotSent::Away(error);
        let doubtful = |error: BoxError| NotSent::Doubtful(error);
        let uri = std::mem::take(request.uri_mut());
        let authority = uri.authority().ok_or_else(|| away("the vendor's address has no host".into()))?;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|error| away(error.into()))?;
        request.headers_mut().insert(header::HOST, host);
        request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
        *request.uri_mut() = uri.path_and_query().cloned().map(Uri::from).unwrap_or_default();
        let connected = tokio::time::timeout(CONNECT, self.connect(&uri)).await;
        let mut connection = connected.map_err(|late| away(late.into()))?.map_err(away)?;
        let response = connection.send_request(request).await.map_err(|error| doubtful(error.into()))?;
        let (parts, body) = response.into_parts();
        let seconds = parts.headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let body = Limited::new(body, LARGEST).collect().await.map_err(doubtful)?.to_bytes();
        Ok(Answer { status: parts.status, retry_after: seconds.map(Duration::from_secs), body })
    }

    async fn connect(&self, uri: &Uri) -> Result<SendRequest<Full<Bytes>>, BoxError> {
        let secure = uri.scheme_str() == Some("https");
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        if secure {
            let name = ServerName::try_from(host.to_owned())?;
            speak(TlsConnector::from(self.tls()?).connect(name, stream).await?).await
        } else {
            speak(stream).await
        }
    }

    /// Vendors' certificates may come from anyone whom the system trusts.
    fn tls(&self) -> Result<Arc<ClientConfig>, BoxError> {
        if let Some(config) = self.tls.get() {
            return Ok(config.clone());
        }
        let mut roots = RootCertStore::empty();
        let (added, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if added == 0 {
            return Err("the system trusts no certificates".into());
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(self.tls.get_or_init(|| Arc::new(config)).clone())
    }
}

async fn speak<S>(stream: S) -> Result<SendRequest<Full<Bytes>>, BoxError>
where
    TokioIo<S>: rt::Read + rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = error.to_string(), "a connection to a vendor ended");
        }
    });
    Ok(sender)
}

impl Answer {
    /// What the status alone says of an answer whose body says nothing that is known.
    pub(super) fn by_status(&self) -> NotSent {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS => NotSent::Throttled { retry_after: self.retry_after },
            StatusCode::SERVICE_UNAVAILABLE => NotSent::Away("503".into()),
            status if status.is_client_error() => NotSent::Refused(status.as_str().to_owned()),
            status => NotSent::Doubtful(format!("an answer that makes no sense, with status {status}").into()),
        }
    }
}
