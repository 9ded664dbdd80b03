//! The HTTP client beneath the SDK's clients: HTTP/1.1, which is what DynamoDB and SQS speak, on connections that are kept. It is
//! made for cold starts: the SDK's own client brings HTTP/2 along and sets TLS up twice
//! (`docs/decisions/0024-http-1-beneath-the-sdk.md`).

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_dynamodb::{
    config::{
        RuntimeComponents,
        http::{HttpRequest, HttpResponse},
    },
    error::ConnectorError,
};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_types::body::SdkBody;
use http::{HeaderValue, Request, Response, Uri, header::HOST, uri::Authority};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::{
    body::Incoming,
    client::conn::http1::{self, SendRequest},
    rt,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tokio::{net::TcpStream, sync::Semaphore};
use tokio_rustls::TlsConnector;

type BoxError = Box<dyn std::error::Error + Send + Sync>;
type Connection = SendRequest<SdkBody>;

/// Requests under way at the same time; what comes beyond waits its turn, within the time that its attempt has. A function has one
/// request at a time, which asks for a few dozen things at once at the most. The local program serves many: without a bound each would open
/// connections faster than they are accepted, and whoever cannot connect in time takes the service for away.
const MAX_UNDER_WAY: usize = 64;

type LazyTls = LazyLock<Arc<ClientConfig>, Box<dyn FnOnce() -> Arc<ClientConfig> + Send>>;

/// The client; its clones share their connections.
#[derive(Clone)]
pub(super) struct Http1 {
    idle: Arc<Mutex<HashMap<Authority, Vec<Connection>>>>,
    places: Arc<Semaphore>,
    /// Made when the first connection needs it.
    tls: Arc<LazyTls>,
}

impl fmt::Debug for Http1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http1")
    }
}

impl Http1 {
    /// A client that trusts the servers whose certificates lead to one of the `roots`, in PEM.
    pub(super) fn trusting(roots: &'static str) -> Self {
        Self::with(Box::new(|| tls(pem(roots))))
    }

    /// A client that trusts whom browsers trust: Mozilla's roots, compiled in.
    pub(super) fn trusting_the_web() -> Self {
        Self::with(Box::new(|| tls(RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() })))
    }

    fn with(tls: Box<dyn FnOnce() -> Arc<ClientConfig> + Send>) -> Self {
        Self {
            idle: Arc::default(),
            places: Arc::new(Semaphore::new(MAX_UNDER_WAY)),
            tls: Arc::new(LazyLock::new(tls)),
        }
    }
}

impl HttpClient for Http1 {
    fn http_connector(&self, settings: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(Connector { client: self.clone(), patience: settings.connect_timeout() })
    }
}

#[derive(Debug)]
struct Connector {
    client: Http1,
    patience: Option<Duration>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (client, patience) = (self.client.clone(), self.patience);
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = client.send(request, patience, usize::MAX).await?.into_parts();
            HttpResponse::try_from(Response::from_parts(parts, body))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

impl Http1 {
    /// Sends `request`, waits for a new connection no longer than `patience`, and reads an answer of at most `limit` bytes.
    pub(super) async fn send(
        &self,
        mut request: Request<SdkBody>,
        patience: Option<Duration>,
        limit: usize,
    ) -> Result<Response<SdkBody>, ConnectorError> {
        let uri = std::mem::take(request.uri_mut());
        let authority =
            uri.authority().cloned().ok_or_else(|| ConnectorError::user("the address has no host".into()))?;
        let host = HeaderValue::from_str(authority.as_str()).map_err(|error| ConnectorError::user(error.into()))?;
        request.headers_mut().entry(HOST).or_insert(host);
        *request.uri_mut() = uri.path_and_query().cloned().map(Uri::from).unwrap_or_default();
        let _place = self.places.acquire().await.map_err(|closed| ConnectorError::other(closed.into(), None))?;
        // A kept connection may have ended; then it gives the request back untouched, and the next one gets it.
        while let Some(mut connection) = self.idle(&authority) {
            match connection.try_send_request(request).await {
                Ok(response) => return self.finish(authority, connection, response, limit).await,
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(ConnectorError::io(error.into_error().into())),
                },
            }
        }
        let connecting = self.connect(&uri, &authority);
        let connected = match patience {
            Some(patience) => tokio::time::timeout(patience, connecting)
                .await
                .map_err(|late| ConnectorError::timeout(late.into()).never_connected())?,
            None => connecting.await,
        };
        let mut connection = connected.map_err(|error| ConnectorError::io(error).never_connected())?;
        let response = connection.send_request(request).await.map_err(|error| ConnectorError::io(error.into()))?;
        self.finish(authority, connection, response, limit).await
    }

    /// A kept connection to `authority` that is still open as far as is known.
    fn idle(&self, authority: &Authority) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = idle.get_mut(authority)?;
        std::iter::from_fn(|| kept.pop()).find(SendRequest::is_ready)
    }

    /// Reads the whole answer, as the SDK would anyway, and keeps the connection.
    async fn finish(
        &self,
        authority: Authority,
        connection: Connection,
        response: Response<Incoming>,
        limit: usize,
    ) -> Result<Response<SdkBody>, ConnectorError> {
        let (parts, body) = response.into_parts();
        let body = Limited::new(body, limit).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() { ConnectorError::other(error, None) } else { ConnectorError::io(error) }
        });
        let body = body?.to_bytes();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.entry(authority).or_default().push(connection);
        Ok(Response::from_parts(parts, SdkBody::from(body)))
    }

    async fn connect(&self, uri: &Uri, authority: &Authority) -> Result<Connection, BoxError> {
        let secure = uri.scheme_str() == Some("https");
        let port = authority.port_u16().unwrap_or(if secure { 443 } else { 80 });
        let host = authority.host().trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, port)).await?;
        stream.set_nodelay(true)?;
        if secure {
            let name = ServerName::try_from(host.to_owned())?;
            let config = LazyLock::force(&self.tls).clone();
            speak(TlsConnector::from(config).connect(name, stream).await?).await
        } else {
            speak(stream).await
        }
    }
}

async fn speak<S>(stream: S) -> Result<Connection, BoxError>
where
    TokioIo<S>: rt::Read + rt::Write + Unpin + Send + 'static,
{
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(error = error.to_string(), "a connection ended");
        }
    });
    Ok(sender)
}

fn pem(roots: &str) -> RootCertStore {
    let mut store = RootCertStore::empty();
    for root in CertificateDer::pem_slice_iter(roots.as_bytes()) {
        store.add(root.expect("the roots are PEM")).expect("the roots are certificates");
    }
    store
}

fn tls(store: RootCertStore) -> Arc<ClientConfig> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring has what the default versions need");
    Arc::new(config.with_root_certificates(store).with_no_client_auth())
}

#[cfg(test)]
mod tests;
