//! Tries to log in: one item for each account, unknown name and address that has any.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | tries | `LOCKOUT#<subject>` | `LOCKOUT` |
//!
//! A subject is `ACCOUNT#<user id>`, `NOBODY#<digest of a name that nobody has>` or `ADDRESS#<address>`. DynamoDB's time to live
//! removes an item some time after nothing of it matters any more.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};
use backon::BackoffBuilder as _;
use serde::Deserialize;

use super::{
    UserTable,
    error::{SERVICE, corrupt, store_error},
    store::{Dynamo, Item, Key, TableName, from_item, n, pause, retries},
};
use crate::{
    domain::{
        Timestamp, UserId,
        lockout::{Patience, Patiences, Subject, Tries},
    },
    ports::{
        StoreError,
        lockouts::{Lockouts, Tried, Try},
    },
};

/// What the keys of tries begin with.
pub(super) const LOCKOUT: &str = "LOCKOUT#";

/// Where the tries of `subject` are.
pub(super) fn lockout_key(subject: &Subject) -> Key {
    Key::new(format!("{LOCKOUT}{subject}"), "LOCKOUT")
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TriesItem {
    tries: u32,
    forget_at: Timestamp,
    #[serde(default)]
    locked_until: Option<Timestamp>,
}

fn tries_from(item: Item) -> Result<Tries, StoreError> {
    let TriesItem { tries, forget_at, locked_until } = from_item(item)?;
    Ok(Tries { count: tries, forget_at, locked_until })
}

/// The tries in the table of users.
#[derive(Clone)]
pub struct LockoutTable {
    dynamo: Dynamo,
    name: TableName,
    patiences: Patiences,
}

/// What became of a conditional update.
enum Written {
    /// It was done; this is what is there now, if that was asked for.
    Done(Option<Tries>),
    /// Its condition did not hold for what is there.
    Refused(Option<Tries>),
}

impl LockoutTable {
    /// In `users`, with so much patience.
    pub fn new(users: &UserTable, patiences: Patiences) -> Self {
        Self { dynamo: users.dynamo.clone(), name: users.name.clone(), patiences }
    }

    fn update(&self, subject: &Subject) -> UpdateItemFluentBuilder {
        let key = lockout_key(subject).attributes();
        self.dynamo.client.update_item().table_name(&*self.name).set_key(Some(key))
    }

    /// Counts a try without looking, as long as it and the next are free: what almost every login is.
    async fn count_free(&self, subject: &Subject, patience: Patience, now: Timestamp) -> Result<Written, StoreError> {
        let forget_at = now.plus(patience.memory);
        // The last free try has those wait that come after it: it is counted by `swap`.
        let another = "tries < :last AND forgetAt > :now AND attribute_not_exists(lockedUntil)";
        let free = match patience.free {
            1 => another.to_owned(),
            _ => format!("attribute_not_exists(pk) OR ({another})"),
        };
        let update = self
            .update(subject)
            .update_expression(
                "SET tries = if_not_exists(tries, :none) + :one, forgetAt = if_not_exists(forgetAt, :forget), \
                 expiresAt = if_not_exists(expiresAt, :expires)",
            )
            .condition_expression(free)
            .expression_attribute_values(":none", n(0))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":last", n(patience.free - 1))
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":forget", n(forget_at.as_millis()))
            .expression_attribute_values(":expires", n(forget_at.as_secs() + 1))
            .return_values(ReturnValue::AllNew);
        written(update).await
    }

    /// Puts `new` in the place of `old`, if that is still what is there.
    async fn swap(&self, subject: &Subject, old: Option<Tries>, new: Tries) -> Result<Written, StoreError> {
        let mut set = "SET tries = :tries, forgetAt = :forget, expiresAt = :expires".to_owned();
        let mut update = self
            .update(subject)
            .expression_attribute_values(":tries", n(new.count))
            .expression_attribute_values(":forget", n(new.forget_at.as_millis()))
            .expression_attribute_values(":expires", n(new.expires_at().as_secs() + 1));
        set += match new.locked_until {
            Some(until) => {
                update = update.expression_attribute_values(":until", n(until.as_millis()));
                ", lockedUntil = :until"
            }
            None => " REMOVE lockedUntil",
        };
        update = match old {
            None => update.condition_expression("attribute_not_exists(pk)"),
            Some(old) => {
                let same = "tries = :oldTries AND forgetAt = :oldForget";
                update = update
                    .expression_attribute_values(":oldTries", n(old.count))
                    .expression_attribute_values(":oldForget", n(old.forget_at.as_millis()));
                match old.locked_until {
                    None => update.condition_expression(format!("{same} AND attribute_not_exists(lockedUntil)")),
                    Some(until) => update
                        .expression_attribute_values(":oldUntil", n(until.as_millis()))
                        .condition_expression(format!("{same} AND lockedUntil = :oldUntil")),
                }
            }
        };
        written(update.update_expression(set)).await
    }
}

/// Sends an update. A write of the same item that is under way is waited for: it takes a moment.
async fn written(update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
    let update = update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    let mut pauses = retries().build();
    loop {
        let error = match update.clone().send().await {
            Ok(output) => return Ok(Written::Done(output.attributes.map(tries_from).transpose()?)),
            Err(error) => error,
        };
        if let Some(UpdateItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() {
            return Ok(Written::Refused(refused.item.clone().map(tries_from).transpose()?));
        }
        match store_error(error) {
            StoreError::Contended { .. } => pause(&mut pauses).await?,
            other => return Err(other),
        }
    }
}

#[async_trait]
impl Lockouts for LockoutTable {
    async fn count(&self, subject: &Subject, now: Timestamp) -> Result<Tried, StoreError> {
        let allowed = |counted| Ok(Tried::Allowed(Try { subject: subject.clone(), counted }));
        let Some(patience) = self.patiences.with(subject) else { return allowed(None) };
        let mut there = match self.count_free(subject, patience, now).await? {
            Written::Done(counted) => {
                return allowed(Some(counted.ok_or_else(|| corrupt("a count without its number"))?));
            }
            Written::Refused(there) => there,
        };
        let mut pauses = retries().build();
        loop {
            let next = match Tries::after_one_more(there, patience, now) {
                Ok(next) => next,
                Err(until) => return Ok(Tried::Locked(until)),
            };
            match self.swap(subject, there, next).await? {
                Written::Done(_) => return allowed(Some(next)),
                Written::Refused(now_there) => there = now_there,
            }
            // Others were counted in between. Where that goes on, nobody knows how many there are.
            pause(&mut pauses).await.map_err(|_| StoreError::Contended { service: SERVICE })?;
        }
    }

    async fn give_back(&self, tried: &Try) -> Result<(), StoreError> {
        let Some(counted) = tried.counted else { return Ok(()) };
        let mut update = self.update(&tried.subject).expression_attribute_values(":one", n(1));
        // If it was the one that has the others wait, none was counted since.
        update = match counted.locked_until {
            None => update.update_expression("SET tries = tries - :one").condition_expression("tries >= :one"),
            Some(until) => update
                .update_expression("SET tries = tries - :one REMOVE lockedUntil")
                .condition_expression("tries >= :one AND lockedUntil = :until")
                .expression_attribute_values(":until", n(until.as_millis())),
        };
        match written(update).await? {
            Written::Done(_) | Written::Refused(_) => Ok(()),
        }
    }

    async fn clear(&self, account: UserId) -> Result<(), StoreError> {
        let key = lockout_key(&Subject::Account(account)).attributes();
        let delete = self.dynamo.client.delete_item().table_name(&*self.name).set_key(Some(key));
        delete.send().await.map(drop).map_err(store_error)
    }
}
