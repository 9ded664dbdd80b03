//! What a port may do to a table or a queue.

use std::fmt;

/// The platform's tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Users and what must be unique among them.
    Users,
    /// Logins.
    Sessions,
    /// Articles, their bodies, lists and counts.
    Articles,
    /// Comments and their threads.
    Comments,
    /// Leases, idempotency keys and stream positions.
    Coordination,
    /// Likes, collections, follows and the counters of all that is done about an article or a user.
    Interactions,
    /// Messages to send, and how many there were.
    Tasks,
}

/// The platform's queues, each with a dead-letter queue behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Queue {
    /// Changes after which cached values may be stale.
    CacheEvict,
    /// Changes that the search index follows.
    SearchSync,
    /// Messages to phones that are to be sent.
    SmsDispatch,
}

impl Queue {
    /// Every queue.
    pub const ALL: [Self; 3] = [Self::CacheEvict, Self::SearchSync, Self::SmsDispatch];

    /// What the queue is called after the stack's name, and the function that takes from it: `cache-evict`, for example.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CacheEvict => "cache-evict",
            Self::SearchSync => "search-sync",
            Self::SmsDispatch => "sms-dispatch",
        }
    }
}

/// What permissions are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Resource {
    /// A table.
    Table(Table),
    /// The indexes of a table.
    Index(Table),
    /// A queue.
    Queue(Queue),
}

/// An action on one resource, as IAM names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    /// The table, its indexes, or the queue.
    pub resource: Resource,
    /// The action without its service, such as `GetItem`. The parts of a transaction count as the actions they are.
    pub action: &'static str,
}

impl Permission {
    /// `action` on `table`.
    pub const fn new(table: Table, action: &'static str) -> Self {
        Self { resource: Resource::Table(table), action }
    }

    /// Querying the indexes of `table`.
    pub const fn index(table: Table) -> Self {
        Self { resource: Resource::Index(table), action: "Query" }
    }

    /// Sending messages to `queue`.
    pub const fn send(queue: Queue) -> Self {
        Self { resource: Resource::Queue(queue), action: "SendMessage" }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.resource {
            Resource::Table(table) => write!(f, "{} on {table:?}", self.action),
            Resource::Index(table) => write!(f, "{} on the indexes of {table:?}", self.action),
            Resource::Queue(queue) => write!(f, "{} on {queue:?}", self.action),
        }
    }
}
