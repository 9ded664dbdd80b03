//! Sending messages: the tasks that wait for it, and the vendors that do it.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    TaskId, Timestamp,
    sms::{Sealed, Sms, TaskEnd},
};

/// A task that one dispatcher has to itself for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Its name.
    pub id: TaskId,
    /// The message.
    pub sealed: Sealed,
    /// Until when its code is good.
    pub good_until: Timestamp,
    /// Which attempt this is, from 1.
    pub attempts: u32,
    /// Attempts before this one that may have reached the phone.
    pub doubts: u32,
}

/// Tasks, as the dispatcher works on them. Each write is refused, with `false`, to who was overtaken.
#[async_trait]
pub trait SmsTasks: Send + Sync {
    /// Takes the task until `until`, if it waits, is due at `now`, and nobody has it. From then on it counts as an attempt that
    /// may have reached the phone: should the dispatcher die, nobody knows.
    async fn claim(&self, id: TaskId, now: Timestamp, until: Timestamp) -> Result<Option<Claimed>, StoreError>;

    /// Counts one more attempt that may reach the phone, before it is made; not more than
    /// [`DOUBTS`](crate::domain::sms::DOUBTS).
    async fn doubt(&self, claimed: &Claimed) -> Result<bool, StoreError>;

    /// A vendor has taken it: nothing is left of the task.
    async fn done(&self, claimed: &Claimed) -> Result<bool, StoreError>;

    /// Gives it back until `not_before`, with the number of attempts that may have reached the phone as it is known now.
    async fn defer(&self, claimed: &Claimed, not_before: Timestamp, doubts: u32) -> Result<bool, StoreError>;

    /// It will not be sent. The message is deleted; the task stays for a day.
    async fn close(&self, claimed: &Claimed, end: TaskEnd) -> Result<bool, StoreError>;
}

/// What [`SmsTasks`] does to tables.
pub const SMS_TASKS: &[Permission] =
    &[Permission::new(Table::Tasks, "DeleteItem"), Permission::new(Table::Tasks, "UpdateItem")];

/// A task that was not sent yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name.
    pub id: TaskId,
    /// Before this it is not sent.
    pub not_before: Timestamp,
    /// Until when its code is good.
    pub good_until: Timestamp,
    /// How often it was given to the queue.
    pub releases: u32,
    /// When that was last, if ever.
    pub released_at: Option<Timestamp>,
    /// Until when a dispatcher has it to itself.
    pub claimed_until: Option<Timestamp>,
}

/// Tasks, as the schedule looks after them.
#[async_trait]
pub trait SmsResends: Send + Sync {
    /// Those that wait, in `shard` of [`SHARDS`](Self::shards).
    async fn waiting(&self, shard: u8) -> Result<Vec<Waiting>, StoreError>;

    /// How many shards there are, numbered from 0.
    fn shards(&self) -> u8;

    /// Gives the task to the queue once more, by way of the change stream; `false` if it was sent, taken or given meanwhile.
    async fn release(&self, task: &Waiting, now: Timestamp) -> Result<bool, StoreError>;

    /// Marks the task as expired and deletes its message; `false` if it was sent meanwhile.
    async fn expire(&self, task: &Waiting) -> Result<bool, StoreError>;
}

/// What [`SmsResends`] does to tables.
pub const SMS_RESENDS: &[Permission] =
    &[Permission::new(Table::Tasks, "Query"), Permission::new(Table::Tasks, "UpdateItem")];

/// Why a vendor did not send a message, for all that is known.
#[derive(Debug, thiserror::Error)]
pub enum NotSent {
    /// It could not be asked. Nothing was sent.
    #[error("the vendor is away")]
    Away(#[source] BoxError),
    /// It has too much to do. Nothing was sent.
    #[error("the vendor is too busy")]
    Throttled {
        /// When to come again, if it said so.
        retry_after: Option<Duration>,
    },
    /// It does not want this message. Nothing was sent.
    #[error("the vendor refused: {0}")]
    Refused(String),
    /// It was asked, and nobody knows what it did: no answer, or one that makes no sense.
    #[error("nobody knows whether the vendor sent it")]
    Doubtful(#[source] BoxError),
}

/// Whatever went wrong.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl NotSent {
    /// The outcome as figures name it.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Away(_) => "away",
            Self::Throttled { .. } => "throttled",
            Self::Refused(_) => "refused",
            Self::Doubtful(_) => "doubtful",
        }
    }
}

/// A message on its way.
pub struct Outgoing<'a> {
    /// The task, for the vendor to name it by.
    pub id: TaskId,
    /// The message.
    pub sms: &'a Sms,
    /// When nobody waits any more, by [`System::monotonic`](super::system::System::monotonic).
    pub deadline: Duration,
    /// Asked before another vendor tries what one may have sent already.
    pub doubts: &'a dyn Doubts,
}

/// Leave to send what may have been sent already.
#[async_trait]
pub trait Doubts: Send + Sync {
    /// Notes that an attempt may have reached the phone, and answers whether there may be another.
    async fn another(&self) -> bool;
}

/// Sends messages.
#[async_trait]
pub trait SmsProvider: Send + Sync {
    /// What it is called in logs, figures and breakers.
    fn name(&self) -> &str;

    /// Hands the message over. It answers before the deadline, or soon after it.
    ///
    /// # Errors
    /// [`NotSent`].
    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent>;
}

/// Figures about messages, for whoever watches the platform.
pub trait SmsFigures: Send + Sync {
    /// A provider was asked: what came of it (`accepted`, or [`NotSent::name`]) and how long that took.
    fn asked(&self, provider: &str, outcome: &'static str, took: Duration, now: Timestamp);

    /// So many tasks ended in this way (`sent`, `deferred`, or a [`TaskEnd`]).
    fn ended(&self, end: &'static str, tasks: u32, now: Timestamp);
}
