//! The machine's own clock and randomness.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ring::rand::{SecureRandom, SystemRandom};

use crate::{domain::Timestamp, ports::system::System};

/// The clock and the randomness of the operating system.
pub struct OperatingSystem {
    started: Instant,
    random: SystemRandom,
}

impl Default for OperatingSystem {
    #[allow(clippy::disallowed_methods, reason = "this is where time enters the program")]
    fn default() -> Self {
        Self { started: Instant::now(), random: SystemRandom::new() }
    }
}

impl System for OperatingSystem {
    #[allow(clippy::disallowed_methods, reason = "this is where time enters the program")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    fn fill(&self, bytes: &mut [u8]) {
        // `getrandom` fails only on systems that have no source of randomness; nothing secure could run there.
        self.random.fill(bytes).expect("the operating system gives random bytes");
    }
}
