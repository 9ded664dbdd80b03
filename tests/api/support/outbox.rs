//! What phones get: the platform under test puts messages into a file.

use std::{
    path::PathBuf,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use serde_json::Value;

use super::{PLATFORM, started};

/// How long a message may take to its phone; an emulator starts several processes for one.
const PATIENCE: Duration = Duration::from_secs(60);

/// A number that no other test has, in this run or an earlier one on the same deployment.
pub(crate) fn unique_phone() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    static RUN: LazyLock<u64> = LazyLock::new(|| u64::try_from(started() % 100_000_000).unwrap());
    let number = (*RUN + NEXT.fetch_add(1, Ordering::Relaxed)) % 100_000_000;
    format!("+86138{number:08}")
}

/// The file; `None`, and a reason printed, where the deployment under test has another vendor.
fn path() -> Option<PathBuf> {
    if PLATFORM.1.is_none() {
        println!("BLOGHUB_SMS_OUTBOX does not say where messages go: what phones get is not looked at");
    }
    PLATFORM.1.clone()
}

/// The messages that `phone` has got so far.
pub(crate) fn messages(phone: &str) -> Option<Vec<Value>> {
    let text = match std::fs::read_to_string(path()?) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => panic!("{error}"),
    };
    // The last line may be on its way still.
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let messages = whole.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    Some(messages.filter(|message| message["phone"] == phone).collect())
}

/// The first message that `phone` gets, as soon as it has it; `None` where nobody can look.
pub(crate) async fn message(phone: &str) -> Option<Value> {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let arrival = async {
        loop {
            match messages(phone)?.into_iter().next() {
                Some(message) => return Some(message),
                None => drop(ticks.tick().await),
            }
        }
    };
    tokio::time::timeout(PATIENCE, arrival).await.expect("the message arrives")
}

/// The code in that message.
pub(crate) async fn code(phone: &str) -> Option<String> {
    Some(message(phone).await?["params"]["code"].as_str().unwrap().to_owned())
}
