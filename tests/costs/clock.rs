//! The machine's clock, moved on where an operation has to wait.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use shared::{adapters::system::OperatingSystem, domain::Timestamp, ports::system::System};

/// Time as the machine has it, and what was added to it.
#[derive(Default)]
pub(crate) struct Clock {
    passed: AtomicU64,
    system: OperatingSystem,
}

impl Clock {
    /// Time passes.
    pub(crate) fn pass(&self, time: Duration) {
        self.passed.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl System for Clock {
    fn now(&self) -> Timestamp {
        self.system.now().plus(Duration::from_millis(self.passed.load(Ordering::SeqCst)))
    }

    fn monotonic(&self) -> Duration {
        self.system.monotonic()
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.system.fill(bytes);
    }
}
