//! Readers: each has a connection of its own and asks again as soon as it is answered.

use std::time::{Duration, Instant};

use futures_util::future::try_join_all;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::Result;

/// What readers saw.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn {
    /// How long each answer took.
    pub(crate) latencies: Vec<Duration>,
    /// Answers that were none: 503, mostly.
    pub(crate) refused: usize,
    /// How long all of it took.
    pub(crate) took: Duration,
}

impl Turn {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }
}

/// The `share` of all that is not above the answer, such as 0.99.
pub(crate) fn percentile(sorted: &[Duration], share: f64) -> Duration {
    let place = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(place.saturating_sub(1)).copied().unwrap_or_default()
}

/// A request as it goes over the wire.
pub(crate) fn request(host: &str, path: &str, token: Option<&str>) -> Vec<u8> {
    let authorization = token.map(|token| format!("Authorization: Token {token}\r\n")).unwrap_or_default();
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{authorization}\r\n").into_bytes()
}

/// Has `concurrency` readers send `requests`, one after the other and over again, to `host` for as long as `turn`.
pub(crate) async fn read(host: &str, requests: &[Vec<u8>], concurrency: usize, turn: Duration) -> Result<Turn> {
    let started = now();
    let end = started + turn;
    let reader = |n: usize| async move {
        let mut connection = Connection::open(host).await?;
        let (mut latencies, mut refused) = (Vec::with_capacity(100_000), 0);
        for request in requests.iter().cycle().skip(n * 7 % requests.len()) {
            let asked = now();
            if asked >= end {
                break;
            }
            match connection.ask(request).await? {
                Answer::Whole(_) => latencies.push(asked.elapsed()),
                Answer::Refused(_) => refused += 1,
            }
        }
        Ok::<_, crate::Error>((latencies, refused))
    };
    let (latencies, refused): (Vec<_>, Vec<_>) = try_join_all((0..concurrency).map(reader)).await?.into_iter().unzip();
    Ok(Turn { latencies: latencies.concat(), refused: refused.iter().sum(), took: started.elapsed() })
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// 200, and where in the buffer the body is.
    Whole(std::ops::Range<usize>),
    /// Anything else: its head.
    Refused(String),
}

/// What one request is answered.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard {
    /// Its headers, in their order, but for those that any server sets by itself.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// Asks once.
pub(crate) async fn ask(host: &str, request: &[u8]) -> Result<Heard> {
    const SERVERS: [&str; 3] = ["date", "content-length", "connection"];
    let mut connection = Connection::open(host).await?;
    match connection.ask(request).await? {
        Answer::Whole(body) => {
            let head = std::str::from_utf8(&connection.buffer[..body.start])?;
            let headers = head.lines().filter_map(|line| line.split_once(": "));
            let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
            let headers = headers.filter(|(name, _)| !SERVERS.contains(&&**name)).collect();
            Ok(Heard { headers, body: connection.buffer[body].to_vec() })
        }
        Answer::Refused(head) => Err(format!("an answer that is none: {head}").into()),
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(host: &str) -> Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 1 << 20] })
    }

    /// Sends a request and reads its whole answer, which must have a length.
    async fn ask(&mut self, request: &[u8]) -> Result<Answer> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        let mut whole = None;
        loop {
            let read = self.stream.read(&mut self.buffer[filled..]).await?;
            if read == 0 {
                return Err("the connection was closed, or an answer is longer than a megabyte".into());
            }
            filled += read;
            if whole.is_none() {
                whole = head(&self.buffer[..filled])?;
            }
            if let Some((body, answer)) = whole.clone().filter(|(body, _)| filled >= body.end) {
                return Ok(answer.map_or_else(|| Answer::Whole(body), Answer::Refused));
            }
        }
    }
}

/// Where the body of an answer is, once its head is there; with the head of one that is not 200.
fn head(answer: &[u8]) -> Result<Option<(std::ops::Range<usize>, Option<String>)>> {
    let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&answer[..end])?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.ok_or_else(|| format!("an answer without a length: {text}"))?;
    let refused = (!text.starts_with("HTTP/1.1 200")).then(|| text.to_owned());
    Ok(Some((end + 4..end + 4 + length, refused)))
}

#[allow(clippy::disallowed_methods, reason = "time is what is measured")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_once_its_head_and_its_body_are_there() {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 2\r\n\r\nok";
        assert_eq!(head(answer).unwrap(), Some((answer.len() - 2..answer.len(), None)));
        assert_eq!(head(&answer[..30]).unwrap(), None);
        let (body, refused) = head(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n").unwrap().unwrap();
        assert!(body.is_empty() && refused.is_some());
        assert!(head(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").is_err());
    }

    #[test]
    fn a_percentile_is_the_least_that_so_many_do_not_exceed() {
        let sorted: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&sorted, 0.5), Duration::from_millis(100));
        assert_eq!(percentile(&sorted, 0.99), Duration::from_millis(198));
        assert_eq!(percentile(&[], 0.5), Duration::ZERO);
    }
}
