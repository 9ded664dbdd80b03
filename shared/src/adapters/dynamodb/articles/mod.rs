//! Articles: the live article, its draft, their bodies, the lists it stands on and their counts.

mod bodies;
mod drafts;
mod erasures;
mod feed;
mod found;
mod hot;
mod indexing;
mod items;
mod reads;
mod rows;
mod sweeps;
#[cfg(test)]
mod tests;
mod writes;

pub use found::FoundTables;
pub use indexing::IndexTables;
pub(super) use items::said;
pub(super) use rows::Row;

use super::{
    IdempotencyTable, LeaseTable, ReactionTable, UserTable,
    store::{Dynamo, TableName},
};

/// The table of articles.
#[derive(Clone)]
pub struct ArticleTable {
    dynamo: Dynamo,
    pub(super) name: TableName,
}

impl ArticleTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}

/// The tables of articles, of their authors and of what was done about them, for those who read.
#[derive(Clone)]
pub struct ArticleViews {
    articles: ArticleTable,
    users: UserTable,
    reactions: ReactionTable,
}

impl ArticleViews {
    /// Reads from these tables, which must belong to one client.
    pub fn new(articles: ArticleTable, users: UserTable, reactions: ReactionTable) -> Self {
        Self { articles, users, reactions }
    }
}

/// The table of articles, and that of idempotency keys, for those who write.
#[derive(Clone)]
pub struct ArticleWriter {
    articles: ArticleTable,
    records: IdempotencyTable,
}

impl ArticleWriter {
    /// Writes to these tables, which must belong to one client.
    pub fn new(articles: ArticleTable, records: IdempotencyTable) -> Self {
        Self { articles, records }
    }
}

/// The table of articles, and that of leases, for those who sweep.
#[derive(Clone)]
pub struct ArticleSweeps {
    articles: ArticleTable,
    leases: LeaseTable,
}

impl ArticleSweeps {
    /// Sweeps the one, guarded by the other; they must belong to one client.
    pub fn new(articles: ArticleTable, leases: LeaseTable) -> Self {
        Self { articles, leases }
    }
}
