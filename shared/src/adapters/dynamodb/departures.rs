//! What is left of a user who is gone: their id, so that others' items that name it make sense, and a mark until the rest is swept.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    error::corrupt,
    store::{Item, Key, from_item, to_item},
    transaction::{NotCommitted, Transaction},
    users::{UserTable, guards, user_key},
};
use crate::{
    domain::{Timestamp, UserId, user::User},
    ports::{
        StoreError,
        departures::{DepartError, Departures},
        sweeps::UserMark,
    },
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tombstone {
    #[serde(flatten)]
    key: Key,
    id: UserId,
    deleted_at: Timestamp,
    version: u64,
}

/// Whether an item is that of a user who is gone.
pub(super) fn is_tombstone(item: &Item) -> bool {
    item.contains_key("deletedAt")
}

/// The partition of all marks. Each deletion of an account writes one.
pub(super) const MARKS: &str = "SWEEP";

/// Where the mark of a user is.
pub(super) fn mark_key(user: UserId) -> Key {
    Key::new(MARKS, user.to_string())
}

#[derive(Serialize, Deserialize)]
struct MarkItem {
    #[serde(flatten)]
    key: Key,
    since: Timestamp,
}

/// The stored mark.
pub(super) fn mark_from(item: Item) -> Result<UserMark, StoreError> {
    let MarkItem { key, since } = from_item(item)?;
    Ok(UserMark { user: key.sk.parse().map_err(corrupt)?, since })
}

#[async_trait]
impl Departures for UserTable {
    async fn depart(&self, user: &User, now: Timestamp) -> Result<(), DepartError> {
        let mut transaction = Transaction::default();
        let tombstone = Tombstone { key: user_key(user.id), id: user.id, deleted_at: now, version: user.version + 1 };
        // A role that was given, or a session that was ended, in between has not changed what is deleted.
        transaction.replace(&self.name, to_item(&tombstone)?, user.version)?;
        for (_, guard) in guards(user) {
            if let Some(guard) = guard {
                transaction.delete(&self.name, guard)?;
            }
        }
        transaction.put(&self.name, to_item(&MarkItem { key: mark_key(user.id), since: now })?)?;
        transaction.commit(&self.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => DepartError::Store(error),
            // The user has the only condition.
            NotCommitted::Conditions(_) => DepartError::Changed,
        })
    }
}
