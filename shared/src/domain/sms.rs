//! Messages to phones: what is sent, how it is kept until it is, and how many there may be.

mod country;
mod quota;
mod sealed;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use country::Countries;
pub use quota::{
    DEFAULT_QUOTAS, Rate, SMS_QUOTAS_FORM, SmsQuotas, calling_code, day_of, read_numbering_plans, tomorrow,
};
pub use sealed::{Sealed, TaskKey};

use super::{
    TaskId, Timestamp,
    code::{self, Code, Purpose},
    user::PhoneNumber,
};

/// A message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sms {
    /// To whom.
    pub phone: PhoneNumber,
    /// What it is about: which of a vendor's templates it is.
    pub purpose: Purpose,
    /// The code that it brings.
    pub code: Code,
}

/// Attempts that may have reached the phone, for all that is known: after as many nothing is sent any more. So a phone gets a
/// code once, and at most once more than that.
pub const DOUBTS: u32 = 2;

/// A message that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Its name.
    pub id: TaskId,
    /// The message, which only its dispatcher can read.
    pub sealed: Sealed,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Before this it is not sent.
    pub not_before: Timestamp,
}

impl Task {
    /// Until when the code is good: later there is no use in sending it.
    pub fn good_until(&self) -> Timestamp {
        self.created_at.plus(code::LIFE)
    }

    /// Whether it is sent at once, and not by the schedule.
    pub fn is_due(&self) -> bool {
        self.not_before <= self.created_at
    }
}

/// How a task ended that was not sent, as far as is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TaskEnd {
    /// Its code expired before a vendor took it.
    Expired,
    /// Two attempts may have reached the phone: another is one too many.
    Doubtful,
    /// It cannot be read: the key has changed meanwhile.
    Unreadable,
}

impl TaskEnd {
    /// As it is stored and noted.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Doubtful => "doubtful",
            Self::Unreadable => "unreadable",
        }
    }
}

/// How long to wait after the attempt number `attempts`, from 1: 30 s, then twice as long each time, 4 minutes at the most.
pub fn backoff(attempts: u32) -> Duration {
    Duration::from_secs(30 << attempts.saturating_sub(1).min(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_four_minutes() {
        let pauses: Vec<_> = (1..=6).map(|attempts| backoff(attempts).as_secs()).collect();
        assert_eq!(pauses, [30, 60, 120, 240, 240, 240]);
    }
}
