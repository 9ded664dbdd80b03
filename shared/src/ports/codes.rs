//! Codes that are sent to phones: asking for one, and trying one. What both are made of stands below.

use std::{net::IpAddr, time::Duration};

use async_trait::async_trait;

use super::{
    StoreError,
    permission::{Permission, Table},
};
use crate::domain::{
    RequestId, TaskId, Timestamp,
    code::{Code, CodeHash, CodeSlot, CodeVerdict, Pseudonym, Purpose},
    sms::{SmsQuotas, Task},
    user::PhoneNumber,
};

/// Why no code is sent; none is.
#[derive(Debug, thiserror::Error)]
pub enum SendCodeError {
    /// No messages go to the country of this number.
    #[error("no messages go to the country of this number")]
    Country,
    /// There were too many messages, or wrong tries, of late.
    #[error("the next message is possible in {} s", .0.as_secs())]
    TooMany(Duration),
    /// The store failed, and the message may be on its way all the same; or there is no Redis, and it is not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Sends codes and takes them back.
#[async_trait]
pub trait Codes: Send + Sync {
    /// Has a code for `purpose` sent to `phone`, in the place of the one before. Asked for from `address`, cut to its network
    /// by [`network`](crate::domain::limit::network); `None` where nobody knows it. Of any number of calls at the same time
    /// exactly one makes a code and a message.
    ///
    /// # Errors
    /// [`SendCodeError`]. Without Redis no code is sent.
    async fn send(
        &self,
        purpose: Purpose,
        phone: &PhoneNumber,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), SendCodeError>;

    /// Tries `code`. Whoever gets [`CodeVerdict::Right`] is the only one: the code is used up.
    ///
    /// # Errors
    /// Nobody knows whether the try counted.
    async fn verify(
        &self,
        purpose: Purpose,
        phone: &PhoneNumber,
        code: &Code,
        now: Timestamp,
    ) -> Result<CodeVerdict, StoreError>;
}

/// What sending codes does to tables.
pub const CODE_SENDS: &[Permission] = &[
    Permission::new(Table::Tasks, "GetItem"),
    Permission::new(Table::Tasks, "PutItem"),
    Permission::new(Table::Tasks, "UpdateItem"),
];

/// What trying codes does to tables.
pub const CODE_TRIES: &[Permission] = &[Permission::new(Table::Tasks, "UpdateItem")];

/// When a message may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// At this time, which may be now.
    At(Timestamp),
    /// Not within [`LONGEST_WAIT`](crate::domain::sms::Rate::LONGEST_WAIT): so long it would have to wait.
    Later(Duration),
}

/// Codes while they are good, where they may vanish: then there are none, and everybody asks for another.
#[async_trait]
pub trait CodeStore: Send + Sync {
    /// Stores the code `hash` of the task `id`, unless the last one was stored less than a minute ago: then answers how long
    /// it is until the next. The same `id` asks again with the same answer.
    async fn store(
        &self,
        slot: CodeSlot<'_>,
        hash: &CodeHash,
        id: TaskId,
        now: Timestamp,
    ) -> Result<Option<Duration>, StoreError>;

    /// Takes back what was stored for the task `id`, if it is still there.
    async fn withdraw(&self, slot: CodeSlot<'_>, id: TaskId) -> Result<(), StoreError>;

    /// Compares, and counts what is wrong, in one step. `id` tells this try from all others.
    async fn attempt(
        &self,
        slot: CodeSlot<'_>,
        hash: &CodeHash,
        id: RequestId,
        now: Timestamp,
    ) -> Result<CodeVerdict, StoreError>;

    /// Takes the next place in the window of messages to all phones. The same `id` asks again with the same answer.
    async fn turn(&self, id: TaskId, now: Timestamp) -> Result<Turn, StoreError>;
}

/// Whom a message counts against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// To whom it goes.
    pub phone: Pseudonym,
    /// Who asked.
    pub address: Option<Pseudonym>,
    /// The calling code of its country.
    pub country: u16,
}

/// Why a message was not counted and stored; neither was done.
#[derive(Debug, thiserror::Error)]
pub enum AddTaskError {
    /// One of the quotas is used up, or the minute is not over.
    #[error("the next message is possible at {0}")]
    Exhausted(Timestamp),
    /// The store failed; if it was not contended, it may have been done.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Messages to send, and the durable counts.
#[async_trait]
pub trait CodeTasks: Send + Sync {
    /// Counts `task` against all quotas and stores it to be sent: all or nothing.
    ///
    /// # Errors
    /// [`AddTaskError`].
    async fn add(&self, task: &Task, counted: &Counted, quotas: &SmsQuotas, now: Timestamp)
    -> Result<(), AddTaskError>;

    /// Counts a wrong try of `phone`.
    async fn wrong(&self, phone: &Pseudonym, now: Timestamp) -> Result<(), StoreError>;
}
