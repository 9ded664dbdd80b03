//! Comments: each one, the list of an article's threads, and the threads.

mod deletions;
mod items;
mod reads;
mod replies;
mod sweeps;
mod writes;

use super::{
    ArticleTable, IdempotencyTable, LeaseTable, UserTable,
    store::{Dynamo, TableName},
};

/// The table of comments.
#[derive(Clone)]
pub struct CommentTable {
    dynamo: Dynamo,
    name: TableName,
}

impl CommentTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}

/// The tables of comments and of their authors, for those who read.
#[derive(Clone)]
pub struct CommentViews {
    comments: CommentTable,
    users: UserTable,
}

impl CommentViews {
    /// Reads from these tables, which must belong to one client.
    pub fn new(comments: CommentTable, users: UserTable) -> Self {
        Self { comments, users }
    }
}

/// The table of comments, that of the articles that they are on, and those of counters and of idempotency keys, for those who write.
#[derive(Clone)]
pub struct CommentWriter {
    comments: CommentTable,
    articles: ArticleTable,
    interactions: TableName,
    records: IdempotencyTable,
}

impl CommentWriter {
    /// Writes to these tables, which must belong to one client; counters are in the table called `interactions`.
    pub fn new(comments: CommentTable, articles: ArticleTable, interactions: &str, records: IdempotencyTable) -> Self {
        Self { comments, articles, interactions: interactions.into(), records }
    }
}

/// The table of comments, and that of leases, for those who sweep.
#[derive(Clone)]
pub struct CommentSweeper {
    comments: CommentTable,
    leases: LeaseTable,
}

impl CommentSweeper {
    /// Sweeps the one, guarded by the other; they must belong to one client.
    pub fn new(comments: CommentTable, leases: LeaseTable) -> Self {
        Self { comments, leases }
    }
}
