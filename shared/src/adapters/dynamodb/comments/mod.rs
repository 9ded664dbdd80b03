//! Comments: each one, the list of an article's threads, and the threads.

mod deletions;
mod items;
mod reads;
mod replies;
mod sweeps;
mod writes;

use super::{
    ArticleTable, IdempotencyTable, InteractionTable, LeaseTable, UserTable,
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

/// The tables of comments, of their authors, and of who follows whom, for those who read.
#[derive(Clone)]
pub struct CommentViews {
    comments: CommentTable,
    users: UserTable,
    interactions: InteractionTable,
}

impl CommentViews {
    /// Reads from these tables, which must belong to one client.
    pub fn new(comments: CommentTable, users: UserTable, interactions: InteractionTable) -> Self {
        Self { comments, users, interactions }
    }
}

/// The table of comments, that of the articles that they are on, and those of counters and of idempotency keys, for those who write.
#[derive(Clone)]
pub struct CommentWriter {
    comments: CommentTable,
    articles: ArticleTable,
    interactions: InteractionTable,
    records: IdempotencyTable,
}

impl CommentWriter {
    /// Writes to these tables, which must belong to one client.
    pub fn new(
        comments: CommentTable,
        articles: ArticleTable,
        interactions: InteractionTable,
        records: IdempotencyTable,
    ) -> Self {
        Self { comments, articles, interactions, records }
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
