//! Requests byte by byte: what a well-behaved client would tidy up or refuse to send arrives as it is written here.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

use reqwest::{
    StatusCode, Url,
    header::{HeaderMap, HeaderName, HeaderValue},
};

use super::{Answer, BASE};

/// Sends `method` and `target`, which follows the platform's address unchanged, with these further header lines.
pub(crate) async fn request(method: &str, target: &str, headers: &[(&str, &str)]) -> Answer {
    let base = Url::parse(&BASE).unwrap();
    let (host, port) = (base.host_str().unwrap().to_owned(), base.port_or_known_default().unwrap());
    let prefix = base.path().trim_end_matches('/');
    let lines: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!(
        "{method} {prefix}{target} HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\ncontent-length: 0\r\n{lines}\r\n"
    );
    tokio::task::spawn_blocking(move || exchange(&host, port, request.as_bytes())).await.unwrap()
}

fn exchange(host: &str, port: u16, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect((host, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    parse(&String::from_utf8(answer).unwrap())
}

fn parse(answer: &str) -> Answer {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer of HTTP: {answer:?}"));
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').unwrap();
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        headers.append(name, HeaderValue::from_str(value.trim()).unwrap());
    }
    let chunked = headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked");
    let text = if chunked { joined(body) } else { body.to_owned() };
    Answer { status: StatusCode::from_bytes(status.as_bytes()).unwrap(), headers, text }
}

/// A chunked body in one piece (RFC 9112, 7.1).
fn joined(mut rest: &str) -> String {
    let mut text = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        text += &after[..size];
        rest = after[size..].trim_start_matches("\r\n");
    }
    text
}
