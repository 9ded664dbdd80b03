//! Sessions: a user's logins lie together, so that they can be listed and ended as one.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    error::store_error,
    store::{Dynamo, Item, Key, TableName, from_item, n, s, to_item},
};
use crate::{
    domain::{
        SessionId, Timestamp, UserId,
        session::{Identity, RefreshHash, RefreshToken, Session, SessionState},
    },
    ports::{
        StoreError,
        sessions::{SessionRenewals, SessionStarts, SessionStates},
    },
};

/// The partition of a user's sessions.
pub(super) fn partition(user: UserId) -> String {
    format!("USER#{user}")
}

fn session_key(user: UserId, session: SessionId) -> Key {
    Key::new(partition(user), format!("SESSION#{session}"))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionItem {
    #[serde(flatten)]
    key: Key,
    refresh_hash: String,
    created_at: Timestamp,
    last_used_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// In seconds: DynamoDB's time to live removes the item some time after.
    expires_at: i64,
}

/// The table of sessions.
#[derive(Clone)]
pub struct SessionTable {
    dynamo: Dynamo,
    pub(super) name: TableName,
}

impl SessionTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }

    /// The session as it is stored.
    pub(super) fn item(&self, session: &Session) -> Result<Item, StoreError> {
        to_item(&SessionItem {
            key: session_key(session.user_id, session.id),
            refresh_hash: stored(session.refresh_hash),
            created_at: session.created_at,
            last_used_at: session.created_at,
            ended_at: None,
            expires_at: session.expires_at.as_secs(),
        })
    }

    fn update(&self, user: UserId, session: SessionId) -> UpdateItemFluentBuilder {
        let key = session_key(user, session).attributes();
        self.dynamo.client.update_item().table_name(&*self.name).set_key(Some(key))
    }
}

fn stored(hash: RefreshHash) -> String {
    BASE64_STANDARD.encode(hash.0)
}

/// Sends an update; `false` if its condition did not hold.
async fn applied(update: UpdateItemFluentBuilder) -> Result<bool, StoreError> {
    match update.send().await {
        Ok(_) => Ok(true),
        Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => Ok(false),
        Err(error) => Err(store_error(error)),
    }
}

#[async_trait]
impl SessionStarts for SessionTable {
    async fn start(&self, session: &Session) -> Result<(), StoreError> {
        let item = self.item(session)?;
        self.dynamo.client.put_item().table_name(&*self.name).set_item(Some(item)).send().await.map_err(store_error)?;
        Ok(())
    }
}

#[async_trait]
impl SessionRenewals for SessionTable {
    async fn renew(&self, token: &RefreshToken, now: Timestamp) -> Result<SessionState, StoreError> {
        let update = self
            .update(token.user_id, token.session_id)
            .update_expression("SET lastUsedAt = :now")
            .condition_expression("refreshHash = :hash AND attribute_not_exists(endedAt) AND expiresAt > :seconds")
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":hash", s(stored(token.hash())))
            .expression_attribute_values(":seconds", n(now.as_secs()));
        Ok(if applied(update).await? { SessionState::Live } else { SessionState::Ended })
    }

    async fn end(&self, identity: Identity, now: Timestamp) -> Result<(), StoreError> {
        let update = self
            .update(identity.user_id, identity.session_id)
            .update_expression("SET endedAt = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(endedAt)")
            .expression_attribute_values(":now", n(now.as_millis()));
        applied(update).await.map(drop)
    }
}

#[async_trait]
impl SessionStates for SessionTable {
    async fn state(&self, identity: Identity, now: Timestamp) -> Result<SessionState, StoreError> {
        let item = self.dynamo.get(&self.name, session_key(identity.user_id, identity.session_id)).await?;
        let session: Option<SessionItem> = item.map(from_item).transpose()?;
        let live = session.is_some_and(|session| session.ended_at.is_none() && session.expires_at > now.as_secs());
        Ok(if live { SessionState::Live } else { SessionState::Ended })
    }
}
