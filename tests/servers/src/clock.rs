//! Clocks that tests move.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use shared::{adapters::system::OperatingSystem, domain::Timestamp, ports::system::System};

/// A clock that a test moves on, and the dice beside it.
pub struct Clock {
    start: Start,
    /// Milliseconds that the test has let pass.
    passed: AtomicU64,
    /// How often random bytes were asked for, and one more.
    drawn: AtomicU64,
    machine: OperatingSystem,
}

enum Start {
    Ahead,
    Standing(Timestamp),
    Simulated(Timestamp),
}

impl Clock {
    fn new(start: Start) -> Self {
        Self { start, passed: AtomicU64::new(0), drawn: AtomicU64::new(1), machine: OperatingSystem::default() }
    }

    /// The machine's clock, ahead by what has passed.
    pub fn ahead() -> Self {
        Self::new(Start::Ahead)
    }

    /// A time of day that stands still until it is told otherwise; all else is the machine's.
    pub fn standing(start: Timestamp) -> Self {
        Self::new(Start::Standing(start))
    }

    /// Nothing is the machine's: all time stands still until it is told otherwise, and random bytes count from 1.
    pub fn simulated(start: Timestamp) -> Self {
        Self::new(Start::Simulated(start))
    }

    /// Time passes.
    pub fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).expect("a test lasts less than the universe");
        self.passed.fetch_add(millis, Ordering::SeqCst);
    }

    fn passed(&self) -> Duration {
        Duration::from_millis(self.passed.load(Ordering::SeqCst))
    }
}

impl System for Clock {
    fn now(&self) -> Timestamp {
        match self.start {
            Start::Ahead => self.machine.now().plus(self.passed()),
            Start::Standing(start) | Start::Simulated(start) => start.plus(self.passed()),
        }
    }

    fn monotonic(&self) -> Duration {
        match self.start {
            Start::Ahead | Start::Standing(_) => self.machine.monotonic(),
            Start::Simulated(_) => self.passed(),
        }
    }

    fn fill(&self, bytes: &mut [u8]) {
        match self.start {
            Start::Ahead | Start::Standing(_) => self.machine.fill(bytes),
            Start::Simulated(_) => {
                let number = self.drawn.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                for (byte, random) in bytes.iter_mut().rev().zip(number.iter().rev().chain(std::iter::repeat(&0))) {
                    *byte = *random;
                }
            }
        }
    }
}
