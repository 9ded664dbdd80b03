//! What may not be forgotten when the program is killed: messages that nobody has consumed yet, and how far each consumer of a
//! change stream has come. One SQLite file in the data folder.
//!
//! Commits wait for no disk: they survive a killed process, as the tables' own do, not a power failure.

use std::{
    path::Path,
    sync::{Mutex, PoisonError},
};

use rusqlite::{Connection, OptionalExtension as _, params};

const FILE: &str = "ledger.sqlite";

const SCHEMA: &str = "
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    CREATE TABLE IF NOT EXISTS message (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        queue TEXT NOT NULL,
        sent INTEGER NOT NULL,
        visible INTEGER NOT NULL,
        receives INTEGER NOT NULL,
        content TEXT NOT NULL
    );
    CREATE TABLE IF NOT EXISTS position (consumer TEXT PRIMARY KEY, sequence INTEGER NOT NULL);";

/// A message that was sent and not yet deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Letter {
    /// Its id, which it keeps for life.
    pub(crate) id: String,
    /// The name of the queue that it was sent to.
    pub(crate) queue: String,
    /// Milliseconds since the epoch.
    pub(crate) sent: i64,
    /// From when on it can be received, in milliseconds since the epoch.
    pub(crate) visible: i64,
    /// How often it was received, as far as that was noted.
    pub(crate) receives: u32,
    /// Body and attributes, as JSON.
    pub(crate) content: String,
}

/// The ledger. Calls take microseconds, so that they need no thread of their own.
pub(crate) struct Ledger(Mutex<Connection>);

/// Why the ledger could not be read or written.
pub(crate) type LedgerError = rusqlite::Error;

impl Ledger {
    /// Opens the ledger in `folder`, which is made if it is missing.
    pub(crate) fn open(folder: &Path) -> Result<Self, LedgerError> {
        let connection = Connection::open(folder.join(FILE))?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Opens the ledger in `folder` for reading only, whether or not a program writes it; `None` if there is none.
    pub(crate) fn peek(folder: &Path) -> Result<Option<Self>, LedgerError> {
        let file = folder.join(FILE);
        if !file.exists() {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(Some(Self(Mutex::new(connection))))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Connection) -> Result<T, LedgerError>) -> Result<T, LedgerError> {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Notes messages that were sent. One that is noted already stays as it is.
    pub(crate) fn sent(&self, letters: &[Letter]) -> Result<(), LedgerError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            for Letter { id, queue, sent, visible, receives, content } in letters {
                transaction.execute(
                    "INSERT INTO message (id, queue, sent, visible, receives, content) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                     ON CONFLICT (id) DO NOTHING",
                    params![id, queue, sent, visible, receives, content],
                )?;
            }
            transaction.commit()
        })
    }

    /// Forgets messages that were consumed.
    pub(crate) fn deleted(&self, ids: &[String]) -> Result<(), LedgerError> {
        self.with(|connection| {
            let transaction = connection.transaction()?;
            for id in ids {
                transaction.execute("DELETE FROM message WHERE id = ?1", [id])?;
            }
            transaction.commit()
        })
    }

    /// Forgets the messages of a queue that were received at least `from` and fewer than `to` times.
    pub(crate) fn purged(&self, queue: &str, from: u32, to: u32) -> Result<(), LedgerError> {
        self.with(|connection| {
            let which = "DELETE FROM message WHERE queue = ?1 AND receives >= ?2 AND receives < ?3";
            connection.execute(which, params![queue, from, to]).map(drop)
        })
    }

    /// Notes how often a message was received.
    pub(crate) fn received(&self, id: &str, times: u32) -> Result<(), LedgerError> {
        self.with(|connection| {
            connection.execute("UPDATE message SET receives = ?2 WHERE id = ?1", params![id, times]).map(drop)
        })
    }

    /// All messages, oldest first.
    pub(crate) fn letters(&self) -> Result<Vec<Letter>, LedgerError> {
        self.with(|connection| {
            let mut found = connection
                .prepare("SELECT id, queue, sent, visible, receives, content FROM message ORDER BY number")?;
            let letter = |row: &rusqlite::Row<'_>| {
                Ok(Letter {
                    id: row.get(0)?,
                    queue: row.get(1)?,
                    sent: row.get(2)?,
                    visible: row.get(3)?,
                    receives: row.get(4)?,
                    content: row.get(5)?,
                })
            };
            found.query_map([], letter)?.collect()
        })
    }

    /// When a message was sent.
    pub(crate) fn sent_at(&self, id: &str) -> Result<Option<i64>, LedgerError> {
        self.with(|connection| {
            connection.query_row("SELECT sent FROM message WHERE id = ?1", [id], |row| row.get(0)).optional()
        })
    }

    /// When the oldest message of `queue` was sent, among those that were received at least `from` and fewer than `to` times.
    pub(crate) fn oldest(&self, queue: &str, from: u32, to: u32) -> Result<Option<i64>, LedgerError> {
        self.with(|connection| {
            connection.query_row(
                "SELECT MIN(sent) FROM message WHERE queue = ?1 AND receives >= ?2 AND receives < ?3",
                params![queue, from, to],
                |row| row.get(0),
            )
        })
    }

    /// How far `consumer` has come, if it ever ran.
    pub(crate) fn position(&self, consumer: &str) -> Result<Option<i64>, LedgerError> {
        self.with(|connection| {
            let mut found = connection.prepare_cached("SELECT sequence FROM position WHERE consumer = ?1")?;
            found.query_row([consumer], |row| row.get(0)).optional()
        })
    }

    /// Notes that `consumer` is done with everything up to `sequence`.
    pub(crate) fn passed(&self, consumer: &str, sequence: i64) -> Result<(), LedgerError> {
        self.with(|connection| {
            let mut noted = connection.prepare_cached(
                "INSERT INTO position (consumer, sequence) VALUES (?1, ?2)
                 ON CONFLICT (consumer) DO UPDATE SET sequence = excluded.sequence",
            )?;
            noted.execute(params![consumer, sequence]).map(drop)
        })
    }

    /// Brings what was committed so far onto the disk: from here on it survives a power failure as well.
    pub(crate) fn flush(&self) -> Result<(), LedgerError> {
        self.with(|connection| connection.query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(id: &str, receives: u32) -> Letter {
        let (queue, content) = ("q".to_owned(), "{}".to_owned());
        Letter { id: id.to_owned(), queue, sent: i64::from(receives) + 1, visible: 0, receives, content }
    }

    #[test]
    fn messages_and_positions_are_there_when_it_is_opened_again() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path()).unwrap();
        ledger.sent(&[letter("a", 0), letter("b", 0), letter("c", 0)]).unwrap();
        ledger.deleted(&["b".to_owned()]).unwrap();
        ledger.received("c", 5).unwrap();
        ledger.passed("relay", 7).unwrap();
        ledger.passed("relay", 9).unwrap();
        drop(ledger);
        let ledger = Ledger::open(folder.path()).unwrap();
        let left: Vec<_> = ledger.letters().unwrap().into_iter().map(|letter| (letter.id, letter.receives)).collect();
        assert_eq!(left, [("a".to_owned(), 0), ("c".to_owned(), 5)]);
        assert_eq!((ledger.position("relay").unwrap(), ledger.position("other").unwrap()), (Some(9), None));
    }

    #[test]
    fn the_oldest_message_is_told_apart_by_how_often_it_was_received() {
        let ledger = Ledger::open(tempfile::tempdir().unwrap().path()).unwrap();
        ledger.sent(&[letter("dead", 5), letter("alive", 2)]).unwrap();
        assert_eq!(ledger.oldest("q", 0, 5).unwrap(), Some(3));
        assert_eq!(ledger.oldest("q", 5, u32::MAX).unwrap(), Some(6));
        assert_eq!(ledger.oldest("other", 0, 5).unwrap(), None);
        ledger.purged("q", 0, 5).unwrap();
        assert_eq!(ledger.letters().unwrap().len(), 1);
    }
}
