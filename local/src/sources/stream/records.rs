//! The change streams' records, read where dynoxide keeps them: the table `_stream_records` of its SQLite file.
//!
//! A connection of its own reads them without holding up the database, learns of commits by `PRAGMA data_version`, adds the
//! index without which each write would look at all records of its table, and removes what every consumer has passed.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, params};
use serde_json::{Map, Value, json};

/// How long another's write is waited for.
const BUSY: Duration = Duration::from_secs(5);
/// How many records are removed in one transaction, so that writers wait for a moment only.
const TRIM: u32 = 1_000;
/// What dynoxide adds to a stored sequence number to make it 21 digits long, as DynamoDB's are.
const PUBLIC: i128 = 100_000_000_000_000_000_000;

/// A change of one item.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Change {
    /// Its place in the stream.
    pub(crate) sequence: i64,
    /// The record as Lambda hands it over.
    pub(crate) record: Value,
}

/// How far the consumer of a stream is behind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Lag {
    /// Records that it has not passed.
    pub(crate) records: u64,
    /// When the oldest of them was made, in seconds since the epoch.
    pub(crate) oldest: Option<i64>,
}

/// The records of all streams.
pub(crate) struct Records(Mutex<Connection>);

/// Why records could not be read.
pub(crate) type RecordsError = rusqlite::Error;

impl Records {
    /// Opens the records in dynoxide's `file`, which exists.
    pub(crate) fn open(file: &Path) -> Result<Self, RecordsError> {
        let connection = Connection::open(file)?;
        connection.busy_timeout(BUSY)?;
        connection.execute_batch(
            "CREATE INDEX IF NOT EXISTS stream_sequence
             ON _stream_records (table_name, CAST(sequence_number AS INTEGER))",
        )?;
        Ok(Self(Mutex::new(connection)))
    }

    /// Opens them for reading only, whether or not a program writes them; `None` if there is no such file.
    pub(crate) fn peek(file: &Path) -> Result<Option<Self>, RecordsError> {
        if !file.exists() {
            return Ok(None);
        }
        let connection = Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        connection.busy_timeout(BUSY)?;
        Ok(Some(Self(Mutex::new(connection))))
    }

    fn with<T>(&self, work: impl FnOnce(&Connection) -> Result<T, RecordsError>) -> Result<T, RecordsError> {
        work(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// A number that changes whenever another connection has committed something.
    pub(crate) fn version(&self) -> Result<i64, RecordsError> {
        self.with(|connection| connection.prepare_cached("PRAGMA data_version")?.query_row([], |row| row.get(0)))
    }

    /// The changes of `table` after `position`, oldest first, `limit` of them at the most.
    pub(crate) fn after(&self, table: &str, position: i64, limit: usize) -> Result<Vec<Change>, RecordsError> {
        self.with(|connection| {
            let mut found = connection.prepare_cached(
                "SELECT CAST(sequence_number AS INTEGER), event_name, keys_json, new_image, old_image,
                        _stream_records.created_at, user_identity, event_id, stream_view_type, stream_label
                 FROM _stream_records JOIN _tables USING (table_name)
                 WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
                 ORDER BY CAST(sequence_number AS INTEGER) LIMIT ?3",
            )?;
            let limit = i64::try_from(limit).unwrap_or(i64::MAX);
            found.query_map(params![table, position, limit], |row| change(table, row))?.collect()
        })
    }

    /// Whether `table` has `number` changes after `position`, or more.
    pub(crate) fn has_after(&self, table: &str, position: i64, number: usize) -> Result<bool, RecordsError> {
        self.with(|connection| {
            let mut found = connection.prepare_cached(
                "SELECT 1 FROM _stream_records WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2
                 ORDER BY CAST(sequence_number AS INTEGER) LIMIT 1 OFFSET ?3",
            )?;
            found.exists(params![table, position, i64::try_from(number.saturating_sub(1)).unwrap_or(i64::MAX)])
        })
    }

    /// The sequence number of the newest record of `table`, 0 if it has none.
    pub(crate) fn end(&self, table: &str) -> Result<i64, RecordsError> {
        self.with(|connection| {
            let mut found = connection.prepare_cached(
                "SELECT COALESCE(MAX(CAST(sequence_number AS INTEGER)), 0) FROM _stream_records WHERE table_name = ?1",
            )?;
            found.query_row([table], |row| row.get(0))
        })
    }

    /// How far a consumer at `position` is behind.
    pub(crate) fn lag(&self, table: &str, position: i64) -> Result<Lag, RecordsError> {
        self.with(|connection| {
            let mut found = connection.prepare_cached(
                "SELECT COUNT(*), MIN(created_at) FROM _stream_records
                 WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) > ?2",
            )?;
            found.query_row(params![table, position], |row| Ok(Lag { records: row.get(0)?, oldest: row.get(1)? }))
        })
    }

    /// Removes the records of each table up to the position that stands beside it; answers how many. The newest stays, as the
    /// next number is counted on from it.
    pub(crate) fn trim(&self, passed: &BTreeMap<String, i64>) -> Result<usize, RecordsError> {
        let mut removed = 0;
        for (table, position) in passed {
            let position = (*position).min(self.end(table)? - 1);
            loop {
                let turn = self.with(|connection| {
                    connection.execute(
                        "DELETE FROM _stream_records WHERE id IN (SELECT id FROM _stream_records
                         WHERE table_name = ?1 AND CAST(sequence_number AS INTEGER) <= ?2 LIMIT ?3)",
                        params![table, position, TRIM],
                    )
                })?;
                removed += turn;
                if turn == 0 {
                    break;
                }
            }
        }
        Ok(removed)
    }
}

/// A sequence number as clients see it.
pub(crate) fn public(sequence: i64) -> String {
    (PUBLIC + i128::from(sequence)).to_string()
}

fn change(table: &str, row: &rusqlite::Row<'_>) -> Result<Change, RecordsError> {
    let sequence = row.get(0)?;
    let number = public(sequence);
    let item = |column| -> Result<Option<(usize, Value)>, RecordsError> {
        let text: Option<String> = row.get(column)?;
        let parse = |text: String| {
            let wrong =
                |error| rusqlite::Error::FromSqlConversionFailure(column, rusqlite::types::Type::Text, Box::new(error));
            Ok((text.len(), serde_json::from_str(&text).map_err(wrong)?))
        };
        text.map(parse).transpose()
    };
    let mut dynamodb = Map::new();
    let mut size = 0;
    for (name, column) in [("Keys", 2), ("NewImage", 3), ("OldImage", 4)] {
        if let Some((bytes, image)) = item(column)? {
            dynamodb.insert(name.to_owned(), image);
            size += bytes;
        }
    }
    let (view, label): (Option<String>, Option<String>) = (row.get(8)?, row.get(9)?);
    dynamodb.insert("ApproximateCreationDateTime".to_owned(), json!(row.get::<_, i64>(5)?));
    dynamodb.insert("SequenceNumber".to_owned(), json!(number));
    dynamodb.insert("SizeBytes".to_owned(), json!(size));
    dynamodb.insert("StreamViewType".to_owned(), json!(view.unwrap_or_default()));
    let mut record = json!({
        "eventID": row.get::<_, Option<String>>(7)?.unwrap_or(number),
        "eventName": row.get::<_, String>(1)?,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": dynoxide::streams::LOCAL_REGION,
        "dynamodb": dynamodb,
        "eventSourceARN": dynoxide::streams::stream_arn(table, &label.unwrap_or_default()),
    });
    if let Some((_, identity)) = item(6)? {
        record["userIdentity"] = identity;
    }
    Ok(Change { sequence, record })
}
