//! What a port may do to a table.

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
}

/// An action on one table, as IAM names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    /// The table.
    pub table: Table,
    /// The action without its service, such as `GetItem`. The parts of a transaction count as the actions they are.
    pub action: &'static str,
}

impl Permission {
    /// `action` on `table`.
    pub const fn new(table: Table, action: &'static str) -> Self {
        Self { table, action }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {:?}", self.action, self.table)
    }
}
