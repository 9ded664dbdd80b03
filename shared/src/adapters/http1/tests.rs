//! Against servers of the tests' own, plain and with TLS.

use std::sync::atomic::{AtomicUsize, Ordering};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::{ServerConfig, pki_types::PrivateKeyDer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A server that answers each request with "ok", up to `per_connection` on one connection.
struct Server {
    address: String,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(tls: Option<TlsAcceptor>, per_connection: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                answer(stream, per_connection).await;
                            }
                        }
                        None => answer(stream, per_connection).await,
                    }
                });
            }
        });
        Self { address, connections }
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: impl AsyncReadExt + AsyncWriteExt + Unpin, times: usize) {
    for _ in 0..times {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => head.push(byte),
                Err(_) => return,
            }
        }
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        if stream.write_all(answer).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

async fn get(client: &Http1, url: &str) -> Result<Vec<u8>, ConnectorError> {
    let request = Request::builder().uri(url).body(SdkBody::empty()).unwrap();
    let response = client.send(request, Some(Duration::from_secs(5)), usize::MAX).await?;
    assert_eq!(response.status(), 200);
    Ok(response.into_body().bytes().unwrap().to_vec())
}

fn plain() -> Http1 {
    Http1::trusting("")
}

/// A certificate for "localhost" and a server's side of TLS with it.
fn localhost() -> (&'static str, TlsAcceptor) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (Box::leak(cert.pem().into_boxed_str()), TlsAcceptor::from(Arc::new(config)))
}

#[tokio::test]
async fn requests_one_after_another_share_a_connection() {
    let server = Server::start(None, usize::MAX).await;
    let client = plain();
    for _ in 0..3 {
        assert_eq!(get(&client, &format!("http://{}/", server.address)).await.unwrap(), b"ok");
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_replaced_unnoticed() {
    let server = Server::start(None, 1).await;
    let client = plain();
    for _ in 0..5 {
        assert_eq!(get(&client, &format!("http://{}/", server.address)).await.unwrap(), b"ok");
    }
    assert_eq!(server.connections(), 5);
}

#[tokio::test]
async fn a_server_is_trusted_by_its_root_and_its_name() {
    let (root, acceptor) = localhost();
    let server = Server::start(Some(acceptor), usize::MAX).await;
    let port = server.address.rsplit(':').next().unwrap();
    let client = Http1::trusting(root);
    for _ in 0..2 {
        assert_eq!(get(&client, &format!("https://localhost:{port}/")).await.unwrap(), b"ok");
    }
    assert_eq!(server.connections(), 1);
    let (another_root, _) = localhost();
    for (client, name) in [(client, "127.0.0.1"), (Http1::trusting(another_root), "localhost")] {
        let error = get(&client, &format!("https://{name}:{port}/")).await.unwrap_err();
        assert!(format!("{error:?}").contains("InvalidCertificate"), "{error:?}");
    }
}

#[tokio::test]
async fn nobody_there_is_an_io_error_of_a_connection_that_never_was() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = get(&plain(), &format!("http://{address}/")).await.unwrap_err();
    assert!(error.is_io(), "{error:?}");
}

#[tokio::test]
async fn an_aborted_request_leaves_no_half_read_connection() {
    let server = Server::start(None, usize::MAX).await;
    let client = plain();
    let url = format!("http://{}/", server.address);
    // Dropped at its first pause, and so in the middle of connecting or sending.
    let mut first = Box::pin(get(&client, &url));
    assert!(futures_util::poll!(&mut first).is_pending());
    drop(first);
    assert_eq!(get(&client, &url).await.unwrap(), b"ok");
}

#[tokio::test]
async fn a_crowd_of_requests_opens_no_more_connections_than_may_be_under_way() {
    let server = Server::start(None, usize::MAX).await;
    let client = plain();
    let url = format!("http://{}/", server.address);
    let crowd = (0..10 * MAX_UNDER_WAY).map(|_| get(&client, &url));
    for answer in futures_util::future::join_all(crowd).await {
        assert_eq!(answer.unwrap(), b"ok");
    }
    assert!((2..=MAX_UNDER_WAY).contains(&server.connections()), "{}", server.connections());
}
