//! What stands between the dispatcher and a vendor of messages. Each is an [`SmsProvider`] around others, and they are put
//! together in this order, from the inside:
//!
//! ```text
//! vendor ─ Patient ─ Breaking ─ Measured ┐
//! vendor ─ Patient ─ Breaking ─ Measured ┼─ Failover ─ dispatcher
//! vendor ─ Patient ─ Breaking ─ Measured ┘
//! ```
//!
//! [`SmsProvider`]: crate::ports::sms::SmsProvider

mod breaking;
mod failover;
mod measured;
mod patient;

pub use breaking::{Breaking, breaker_rules};
pub use failover::Failover;
pub use measured::Measured;
pub use patient::{ATTEMPT, Patient};
