//! Tasks as they are stored, and what a record of their change stream says.

use std::time::Duration;

use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};
use serde::{Deserialize, Serialize};

use super::super::{
    error::corrupt,
    store::{Item, Key, from_item, to_item},
    stream::{Images, Said},
};
use crate::{
    domain::{
        TaskId, Timestamp,
        change::{Change, Subject},
        sms::{Sealed, Task},
    },
    ports::StoreError,
};

/// Over how many partitions tasks are spread: each takes a thousand writes a second.
pub(super) const SHARDS: u8 = 8;

/// What waits to be sent is in this state; every other is an end.
pub(super) const WAITING: &str = "waiting";

/// How long a task stays whose end nobody has noted, after its code's; longer than any schedule pauses.
const LEFT: Duration = Duration::from_secs(3_600);

const TASKS: &str = "TASKS#";
const COUNTS: &str = "SMS#";

/// The partition of a shard.
pub(super) fn shard_key(shard: u8) -> String {
    format!("{TASKS}{shard}")
}

/// Where a task is: its random bits say in which shard.
pub(super) fn task_key(id: TaskId) -> Key {
    Key::new(shard_key(id.to_bytes()[15] % SHARDS), id.to_string())
}

/// Where counts of `day` are.
pub(super) fn count_key(day: i64, of: &str) -> Key {
    Key::new(format!("{COUNTS}{day}#{of}"), "COUNT")
}

/// A task but for its message, which is bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskItem {
    #[serde(flatten)]
    pub(super) key: Key,
    /// [`WAITING`], or how it ended.
    pub(super) progress: String,
    pub(super) created_at: Timestamp,
    pub(super) not_before: Timestamp,
    pub(super) good_until: Timestamp,
    /// How often it was given to the queue.
    pub(super) releases: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) released_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) claimed_until: Option<Timestamp>,
    pub(super) attempts: u32,
    pub(super) doubts: u32,
    /// Seconds since the epoch, as DynamoDB's time to live wants them.
    pub(super) expires_at: i64,
}

/// A new task as it is stored: what is due goes to the queue at once.
pub(super) fn new_item(task: &Task) -> Result<Item, StoreError> {
    let due = task.is_due();
    let mut item = to_item(&TaskItem {
        key: task_key(task.id),
        progress: WAITING.to_owned(),
        created_at: task.created_at,
        not_before: task.not_before,
        good_until: task.good_until(),
        releases: u32::from(due),
        released_at: due.then_some(task.created_at),
        claimed_until: None,
        attempts: 0,
        doubts: 0,
        expires_at: task.good_until().plus(LEFT).as_secs(),
    })?;
    item.insert("sealed".to_owned(), AttributeValue::B(Blob::new(task.sealed.0.clone())));
    Ok(item)
}

/// A stored task with its message, if it still has it.
pub(super) fn read(mut item: Item) -> Result<(TaskItem, Option<Sealed>), StoreError> {
    let sealed = match item.remove("sealed") {
        Some(AttributeValue::B(bytes)) => Some(Sealed(bytes.into_inner())),
        Some(_) => return Err(corrupt("a task whose message is no bytes")),
        None => None,
    };
    Ok((from_item(item)?, sealed))
}

/// The name of a stored task.
pub(super) fn id_of(item: &TaskItem) -> Result<TaskId, StoreError> {
    item.key.sk.parse().map_err(corrupt)
}

#[derive(Deserialize)]
struct Released {
    releases: u32,
}

/// What a record of the table's change stream says: a task was given to the queue. How it goes on, and counts, are nobody else's
/// business.
pub(in crate::adapters::dynamodb) fn said(key: &Key, images: &Images) -> Result<Said, StoreError> {
    if !key.pk.starts_with(TASKS) {
        return Ok(if key.pk.starts_with(COUNTS) { Said::Nothing } else { Said::Foreign });
    }
    let (old, new) = images.read::<Released>()?;
    let before = old.map_or(0, |task| task.releases);
    match new {
        Some(task) if task.releases > before => {
            let subject = Subject::SmsTask(key.sk.parse().map_err(corrupt)?);
            Ok(Said::Change(Change { subject, version: Some(u64::from(task.releases)), gone: false }))
        }
        _ => Ok(Said::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        adapters::dynamodb::stream::{StreamRecords, tests::record},
        domain::sms::Sealed,
        ports::changes::ChangeRecords as _,
    };

    fn task(wait: u64) -> Task {
        let created_at = Timestamp::from_millis(1_700_000_000_000);
        let not_before = created_at.plus(Duration::from_secs(wait));
        Task { id: TaskId::from_bytes([9; 16]), sealed: Sealed(vec![1, 2, 3]), created_at, not_before }
    }

    fn released(item: Item, releases: u32) -> Item {
        let mut item = item;
        item.insert("releases".to_owned(), AttributeValue::N(releases.to_string()));
        item
    }

    fn change(version: u64) -> Option<Change> {
        Some(Change { subject: Subject::SmsTask(task(0).id), version: Some(version), gone: false })
    }

    #[test]
    fn a_task_that_is_due_is_a_change_and_one_that_waits_is_none_until_it_is_released() {
        let (due, later) = (new_item(&task(0)).unwrap(), new_item(&task(60)).unwrap());
        assert_eq!(StreamRecords.read(&record(None, Some(due))).unwrap(), change(1));
        assert_eq!(StreamRecords.read(&record(None, Some(later.clone()))).unwrap(), None);
        let now = released(later.clone(), 1);
        assert_eq!(StreamRecords.read(&record(Some(later), Some(now))).unwrap(), change(1));
    }

    #[test]
    fn what_its_dispatcher_does_to_a_task_and_what_is_counted_are_nobodys_business() {
        let item = new_item(&task(0)).unwrap();
        let mut claimed = item.clone();
        claimed.insert("attempts".to_owned(), AttributeValue::N("1".to_owned()));
        assert_eq!(StreamRecords.read(&record(Some(item.clone()), Some(claimed))).unwrap(), None);
        assert_eq!(StreamRecords.read(&record(Some(item), None)).unwrap(), None);
        let count = count_key(19_000, "ALL#0").attributes();
        assert_eq!(StreamRecords.read(&record(None, Some(count))).unwrap(), None);
    }

    #[test]
    fn what_is_stored_is_read_again() {
        let (item, sealed) = read(new_item(&task(60)).unwrap()).unwrap();
        assert_eq!(sealed, Some(task(60).sealed));
        assert_eq!((id_of(&item).unwrap(), item.releases, item.released_at), (task(0).id, 0, None));
    }
}
