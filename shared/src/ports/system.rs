//! The clock and the dice. Whoever needs time or an identifier is handed this, so that a test can hold time still.

use std::time::Duration;

use crate::domain::Timestamp;

/// The machine's clock and its source of randomness.
pub trait System: Send + Sync {
    /// What the wall clock says.
    fn now(&self) -> Timestamp;

    /// Time since some fixed moment, for measuring: it never jumps.
    fn monotonic(&self) -> Duration;

    /// Fills `bytes` from a cryptographically secure source.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn System + '_ {
    /// `N` random bytes.
    pub fn random<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}
