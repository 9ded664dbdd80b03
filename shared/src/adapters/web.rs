//! HTTP to servers that are not ours, each behind a breaker: while one is away, nobody waits for it.

use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_types::body::SdkBody;
use http::{HeaderValue, Request, Response, header::CONNECTION};

use super::http1::Http1;
use crate::{
    ports::{StoreError, system::System, web::Web},
    resilience::breaker::{Breaker, Outcome, Rules},
};

/// For a new connection, TLS included.
const CONNECT: Duration = Duration::from_millis(1_500);
/// For a whole call. A login makes up to three of them, and a function has 10 s.
const CALL: Duration = Duration::from_millis(2_500);
/// Bytes of an answer. The largest that anybody reads, the keys of a large provider, have some 10 KB.
const MAX_ANSWER: usize = 256 * 1024;

/// Calls are few, so that failures in a row tell more than a part of them.
const RULES: Rules = Rules {
    consecutive: 5,
    share: None,
    pause: Duration::from_secs(5),
    longest_pause: Duration::from_secs(60),
    probes: 1,
};

/// A client for one service.
pub(super) struct WebClient {
    service: String,
    http: Http1,
    breaker: Breaker,
    system: std::sync::Arc<dyn System>,
}

impl WebClient {
    /// For `service`, as logs name it.
    pub(super) fn new(service: String, system: std::sync::Arc<dyn System>) -> Self {
        Self { service, http: Http1::trusting_the_web(), breaker: Breaker::new(RULES), system }
    }

    async fn call(&self, mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, StoreError> {
        // A function sleeps between two logins, and what it keeps open may be gone when it wakes: a code that was sent into a dead
        // connection would be lost.
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        let sending = self.http.send(request.map(SdkBody::from), Some(CONNECT), MAX_ANSWER);
        let service = "a server that is not ours";
        let answer = match tokio::time::timeout(CALL, sending).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) if error.is_other() || error.is_user() => {
                return Err(StoreError::Fault { service, source: error.into() });
            }
            Ok(Err(error)) => return Err(StoreError::Unavailable { service, source: error.into() }),
            Err(late) => return Err(StoreError::Unavailable { service, source: late.into() }),
        };
        let (parts, body) = answer.into_parts();
        let body = body.bytes().map(<[u8]>::to_vec).unwrap_or_default();
        Ok(Response::from_parts(parts, body))
    }
}

#[async_trait]
impl Web for WebClient {
    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, StoreError> {
        let permit = self.breaker.admit(self.system.now()).map_err(|open| StoreError::Unavailable {
            service: "a server that is not ours",
            source: format!("{}: {open}", self.service).into(),
        })?;
        let answer = self.call(request).await;
        let outcome = match &answer {
            Ok(answer) if answer.status().is_server_error() => Outcome::Failure,
            Err(StoreError::Unavailable { .. }) => Outcome::Failure,
            _ => Outcome::Success,
        };
        match self.breaker.report(permit, outcome, self.system.now()) {
            Some(true) => tracing::info!(service = self.service, "a service is back"),
            Some(false) => tracing::warn!(service = self.service, "a service is away: calls fail at once"),
            None => {}
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    use super::*;
    use crate::adapters::system::OperatingSystem;

    /// A server that answers each request with `answer`, or never if there is none, and counts them.
    async fn server(answer: impl Into<Vec<u8>>) -> (String, Arc<AtomicUsize>) {
        let answer: Arc<[u8]> = answer.into().into();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::Relaxed);
                let answer = answer.clone();
                tokio::spawn(async move {
                    let mut request = [0; 1_024];
                    assert!(stream.read(&mut request).await.unwrap() > 0);
                    // Whoever has read enough hangs up.
                    if answer.is_empty() || stream.write_all(&answer).await.is_err() {
                        std::future::pending::<()>().await;
                    }
                });
            }
        });
        (url, calls)
    }

    fn client() -> WebClient {
        WebClient::new("a test".to_owned(), Arc::new(OperatingSystem::default()))
    }

    fn get(url: &str) -> Request<Vec<u8>> {
        Request::get(url).body(Vec::new()).unwrap()
    }

    #[tokio::test]
    async fn an_answer_comes_whole_and_redirections_are_not_followed() {
        let (url, calls) = server(*b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 2\r\n\r\nno").await;
        let client = client();
        for _ in 0..2 {
            let answer = client.send(get(&url)).await.unwrap();
            assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (302, &b"no"[..]));
        }
        assert_eq!(calls.load(Ordering::Relaxed), 2, "a connection of its own for each");
    }

    #[tokio::test]
    async fn an_answer_without_end_is_a_fault() {
        let mut answer = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        answer.resize(MAX_ANSWER + 1_024, b'x');
        let (url, _) = server(answer).await;
        assert!(matches!(client().send(get(&url)).await, Err(StoreError::Fault { .. })));
    }

    #[tokio::test]
    async fn a_service_that_fails_five_times_is_left_alone() {
        let (url, calls) = server(*b"HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n").await;
        let client = client();
        for _ in 0..5 {
            assert_eq!(client.send(get(&url)).await.unwrap().status(), 503);
        }
        assert!(matches!(client.send(get(&url)).await, Err(StoreError::Unavailable { .. })));
        assert_eq!(calls.load(Ordering::Relaxed), 5);
    }

    #[tokio::test]
    async fn a_service_that_does_not_answer_is_waited_for_no_longer_than_a_call_may_take() {
        let (url, _) = server(Vec::new()).await;
        let begun = tokio::time::Instant::now();
        assert!(matches!(client().send(get(&url)).await, Err(StoreError::Unavailable { .. })));
        assert!(begun.elapsed() <= CALL + Duration::from_secs(1), "{:?}", begun.elapsed());
    }
}
