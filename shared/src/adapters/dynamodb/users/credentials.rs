//! What proves who somebody is: passwords and phone numbers.

use async_trait::async_trait;

use super::{USERNAME, UserItem, UserTable, email_guard, phone_guard, rights::ended_as, user_key, username_guard};
use crate::{
    adapters::dynamodb::{
        error::store_error,
        store::{Key, s},
    },
    domain::{
        UserId,
        login::LoginName,
        password::PasswordHash,
        session::Rights,
        user::{PhoneNumber, User},
    },
    ports::{
        StoreError,
        users::{Credentials, PasswordChanges, PhoneOwners},
    },
};

#[async_trait]
impl PhoneOwners for UserTable {
    async fn by_phone(&self, phone: &PhoneNumber) -> Result<Option<User>, StoreError> {
        let Some(holder) = self.guarded(phone_guard(phone)).await? else { return Ok(None) };
        let user = self.user(holder.id).await?.map(|item| item.into_parts().0);
        // They may have given it up between the two reads.
        Ok(user.filter(|user| user.phone.as_ref() == Some(phone)))
    }
}

#[async_trait]
impl Credentials for UserTable {
    async fn holder(&self, name: &LoginName) -> Result<Option<UserId>, StoreError> {
        let guard = match name {
            LoginName::Email(email) => email_guard(email),
            LoginName::Username(username) => username_guard(username),
            LoginName::Phone(phone) => phone_guard(phone),
            // Nobody's, and as much work.
            LoginName::Nobody(_) => Key::new(USERNAME, "GUARD"),
        };
        Ok(self.guarded(guard).await?.map(|holder| holder.id))
    }

    async fn account(&self, user: Option<UserId>) -> Result<Option<(User, Option<PasswordHash>)>, StoreError> {
        // Nobody's id, and as much work.
        let id = user.unwrap_or(UserId::from_bytes([0; 16]));
        Ok(self.user(id).await?.map(UserItem::into_parts))
    }

    async fn rehash(&self, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), StoreError> {
        let update = self
            .dynamo
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(user_key(user).attributes()))
            .update_expression("SET passwordHash = :new")
            .condition_expression("passwordHash = :old")
            .expression_attribute_values(":new", s(&new.0))
            .expression_attribute_values(":old", s(&old.0));
        match update.send().await {
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(()),
            other => other.map(drop).map_err(store_error),
        }
    }
}

#[async_trait]
impl PasswordChanges for UserTable {
    async fn change_password(&self, user: UserId, hash: &PasswordHash, ends: &Rights) -> Result<bool, StoreError> {
        let (mut set, remove, values) = ended_as(ends);
        set.push("passwordHash = :hash");
        let mut expression = format!("SET {}", set.join(", "));
        if !remove.is_empty() {
            expression += &format!(" REMOVE {}", remove.join(", "));
        }
        let mut update = self
            .dynamo
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(user_key(user).attributes()))
            .update_expression(expression)
            // Who is gone has no name, and gets no password.
            .condition_expression(
                "attribute_exists(username) AND (epoch = :epochBefore OR attribute_not_exists(epoch))",
            )
            .expression_attribute_values(":hash", s(&hash.0));
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        match update.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                Ok(false)
            }
            Err(error) => Err(store_error(error)),
        }
    }
}
