//! Starts programs, speaks to them, and leaves none behind.

mod api;
mod running;
mod sandbox;

use std::{net::TcpListener, path::Path, time::Duration};

use serde_json::Value;

pub(crate) use api::{Answer, Api, PASSWORD};
pub(crate) use running::{Ended, Running};
pub(crate) use sandbox::Sandbox;

/// How long anything but a build may take on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);

/// Asks `look` again and again until it finds something; fails, naming `what`, if it does not within `patience`.
pub(crate) async fn eventually<T>(what: &str, patience: Duration, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(POLL).await;
        }
    };
    let Ok(found) = tokio::time::timeout(patience, asking).await else { panic!("{what}: not within {patience:?}") };
    found
}

/// `N` different ports on which nobody listens right now.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    // All are held at once, so that none is given twice.
    let held = [(); N].map(|()| TcpListener::bind(("127.0.0.1", 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap().port())
}

/// The lines of a log, each of which must be one JSON object.
#[track_caller]
pub(crate) fn json_lines(log: &str) -> Vec<Value> {
    let parse = |line: &str| match serde_json::from_str(line) {
        Ok(object @ Value::Object(_)) => object,
        other => panic!("no JSON object but {other:?}: {line}"),
    };
    log.lines().map(parse).collect()
}

/// Fails if `text` repeats any of `secrets`.
#[track_caller]
pub(crate) fn expect_none_of(secrets: &[impl AsRef<str>], text: &str) {
    for secret in secrets {
        let secret = secret.as_ref();
        if let Some(line) = text.lines().find(|line| line.contains(secret)) {
            panic!("{secret:?} is in: {line}");
        }
    }
}

/// The repository's root.
pub(crate) fn repository() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// The folder in which cargo left the program, and the functions beside it.
pub(crate) fn binaries() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_bloghub")).parent().unwrap()
}
