//! What holds for all sessions of a user. It stands in the user's own item: whoever checks a password, and whoever renews a session,
//! reads that anyway, and ending all sessions is one write that can join any other change of the user.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};

use super::{UserItem, UserTable, item_from, user_key};
use crate::{
    adapters::dynamodb::{
        error::store_error,
        store::{Item, n, s},
    },
    domain::{
        SessionId, UserId,
        session::Rights,
        user::{Role, User},
    },
    ports::{
        StoreError,
        sessions::{Roles, SessionEnds, SessionUsers},
    },
};

impl UserItem {
    fn rights(&self) -> Rights {
        Rights { role: self.role, epoch: self.epoch, ended_before: self.ended_before, kept: self.kept_session }
    }
}

/// What holds for all sessions of a stored user.
pub(in crate::adapters::dynamodb) fn rights_from(item: Item) -> Result<Rights, StoreError> {
    Ok(item_from(item)?.map_or_else(Rights::none, |item| item.rights()))
}

/// The parts of an update of a user's item that end all their sessions but `keep`: what to set, what to remove, and the values.
/// Each value's name begins with `:epoch` or `:kept`.
pub(in crate::adapters::dynamodb) fn end_all(
    keep: Option<SessionId>,
) -> (Vec<&'static str>, Vec<&'static str>, Vec<(&'static str, AttributeValue)>) {
    let mut set = vec![
        "epoch = if_not_exists(epoch, :epochZero) + :epochOne",
        "endedBefore = if_not_exists(epoch, :epochZero) + :epochOne",
    ];
    let mut remove = Vec::new();
    let mut values = vec![(":epochZero", n(0)), (":epochOne", n(1))];
    match keep {
        Some(session) => {
            set.push("keptSession = :kept");
            values.push((":kept", s(session.to_string())));
        }
        None => remove.push("keptSession"),
    }
    (set, remove, values)
}

/// What an update of a user's item sets and removes, and the values.
type Parts = (Vec<&'static str>, Vec<&'static str>, Vec<(&'static str, AttributeValue)>);

/// The parts of an update that has `rights` hold, which end all sessions, on the condition that the user's epoch is `:epochBefore` or
/// that they have none yet.
pub(super) fn ended_as(rights: &Rights) -> Parts {
    let mut set = vec!["epoch = :epoch", "endedBefore = :epoch"];
    let mut values = vec![(":epoch", n(rights.epoch)), (":epochBefore", n(rights.epoch.saturating_sub(1)))];
    let mut remove = Vec::new();
    match rights.kept {
        Some(session) => {
            set.push("keptSession = :kept");
            values.push((":kept", s(session.to_string())));
        }
        None => remove.push("keptSession"),
    }
    (set, remove, values)
}

impl UserTable {
    /// Changes the user's item as `update` says; what holds for their sessions then, or `None` if there is no such user.
    async fn change_rights(
        &self,
        user: UserId,
        update: String,
        names: &[(&str, &str)],
        values: Vec<(&'static str, AttributeValue)>,
    ) -> Result<Option<Rights>, StoreError> {
        let mut change = self
            .dynamo
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(user_key(user).attributes()))
            .update_expression(update)
            .condition_expression("attribute_exists(pk)")
            .return_values(ReturnValue::AllNew);
        for (name, attribute) in names {
            change = change.expression_attribute_names(*name, *attribute);
        }
        for (name, value) in values {
            change = change.expression_attribute_values(name, value);
        }
        match change.send().await {
            Ok(answer) => answer.attributes.map(rights_from).transpose(),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(None)
            }
            Err(error) => Err(store_error(error)),
        }
    }
}

#[async_trait]
impl SessionUsers for UserTable {
    async fn with_rights(&self, id: UserId) -> Result<Option<(User, Rights)>, StoreError> {
        let item = self.user(id).await?;
        Ok(item.map(|item| (item.rights(), item)).map(|(rights, item)| (item.into_parts().0, rights)))
    }
}

#[async_trait]
impl SessionEnds for UserTable {
    async fn end_all(&self, user: UserId, keep: Option<SessionId>) -> Result<Option<Rights>, StoreError> {
        let (set, remove, values) = end_all(keep);
        let mut update = format!("SET {}", set.join(", "));
        if !remove.is_empty() {
            update += &format!(" REMOVE {}", remove.join(", "));
        }
        self.change_rights(user, update, &[], values).await
    }
}

#[async_trait]
impl Roles for UserTable {
    async fn set_role(&self, user: UserId, role: Role) -> Result<Option<Rights>, StoreError> {
        let update = "SET #role = :role, version = version + :one, epoch = if_not_exists(epoch, :zero) + :one";
        let values = vec![(":role", s(role.name())), (":one", n(1)), (":zero", n(0))];
        self.change_rights(user, update.to_owned(), &[("#role", "role")], values).await
    }
}
