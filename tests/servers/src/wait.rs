//! Waiting for a process, by asking it.

use std::{
    thread,
    time::{Duration, Instant},
};

/// How long a server may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(20);

/// Asks `look` again and again until it finds something; fails, naming `what`, if it does not in time.
#[allow(clippy::disallowed_methods, reason = "a test waits for a process by the real clock")]
pub(crate) fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        thread::sleep(POLL);
    }
}
