//! Articles: the live article, its bodies, the lists it stands on and their counts.

mod items;
mod reads;
#[cfg(test)]
mod tests;
mod writes;

pub(super) use items::said;

use super::{
    UserTable,
    store::{Dynamo, TableName},
};

/// The table of articles, for those who write.
#[derive(Clone)]
pub struct ArticleTable {
    dynamo: Dynamo,
    name: TableName,
}

impl ArticleTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }
}

/// The tables of articles and of their authors, for those who read.
#[derive(Clone)]
pub struct ArticleViews {
    articles: ArticleTable,
    users: UserTable,
}

impl ArticleViews {
    /// Reads from these tables, which must belong to one client.
    pub fn new(articles: ArticleTable, users: UserTable) -> Self {
        Self { articles, users }
    }
}
