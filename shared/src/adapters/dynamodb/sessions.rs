//! Sessions: a user's logins lie together, so that they can be listed.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::update_item::{UpdateItemError, builders::UpdateItemFluentBuilder},
    types::ReturnValuesOnConditionCheckFailure,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::{Deserialize, Serialize};

use super::{
    UserTable,
    error::{corrupt, store_error},
    store::{Dynamo, Item, Key, TableName, all_pages, from_item, n, s, to_item},
    users::{rights_from, user_key},
};
use crate::{
    domain::{
        SessionId, Timestamp, UserId,
        agent::{Agent, Browser, Device},
        session::{
            FamilyHash, GRACE, Identity, ListedSession, LiveSession, RefreshHash, RefreshToken, Renewal, Rights, Salt,
            Session, SessionState,
        },
    },
    ports::{
        StoreError,
        sessions::{SessionRenewals, SessionStarts, SessionStates},
    },
};

/// Sessions that a list has at the most.
const LISTED: usize = 100;
const SESSION: &str = "SESSION#";

/// The partition of a user's sessions.
pub(super) fn partition(user: UserId) -> String {
    format!("USER#{user}")
}

fn session_key(user: UserId, session: SessionId) -> Key {
    Key::new(partition(user), format!("{SESSION}{session}"))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionItem {
    #[serde(flatten)]
    key: Key,
    /// As in the key, which no filter may name.
    id: SessionId,
    browser: Browser,
    device: Device,
    /// The user's epoch when it began.
    epoch: u64,
    family_hash: String,
    refresh_hash: String,
    /// What the token before the current one hashes to, what made the current one of it, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_hash: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    salt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rotated_at: Option<Timestamp>,
    created_at: Timestamp,
    last_used_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// In seconds: DynamoDB's time to live removes the item some time after.
    expires_at: i64,
}

impl SessionItem {
    fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.expires_at > now.as_secs()
    }

    fn listed(self) -> ListedSession {
        ListedSession {
            id: self.id,
            agent: Agent { browser: self.browser, device: self.device },
            created_at: self.created_at,
            last_used_at: self.last_used_at,
            expires_at: Timestamp::from_millis(self.expires_at.saturating_mul(1_000)),
        }
    }

    /// What `token`, which is not the current one, is good for. The answer to somebody who guesses tells nothing of the session.
    fn without_place(
        &self,
        token: &RefreshToken,
        browser: &Browser,
        rights: &Rights,
        now: Timestamp,
    ) -> Result<Renewal, StoreError> {
        let live = self.is_live(now) && rights.leave(token.session_id, self.epoch);
        if !live || self.family_hash != stored(token.family().0) || self.browser != *browser {
            return Ok(Renewal::Refused);
        }
        let in_time = self.rotated_at.is_some_and(|at| now < at.plus(GRACE));
        match &self.salt {
            Some(salt) if in_time && self.previous_hash == Some(stored(token.hash().0)) => {
                let salt = BASE64_STANDARD.decode(salt).map_err(corrupt)?;
                let salt = Salt(salt.try_into().map_err(|_| corrupt("a salt of another length"))?);
                Ok(Renewal::Renewed(token.successor(salt)))
            }
            _ => Ok(Renewal::Reused),
        }
    }
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
        let FamilyHash(family) = session.family;
        let RefreshHash(refresh) = session.refresh_hash;
        to_item(&SessionItem {
            key: session_key(session.user_id, session.id),
            id: session.id,
            browser: session.agent.browser.clone(),
            device: session.agent.device,
            epoch: session.epoch,
            family_hash: stored(family),
            refresh_hash: stored(refresh),
            previous_hash: None,
            salt: None,
            rotated_at: None,
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

fn stored(bytes: [u8; 32]) -> String {
    BASE64_STANDARD.encode(bytes)
}

/// What became of an update.
enum Updated {
    Done,
    /// Its condition did not hold on this item, if there is one.
    Refused(Option<Item>),
}

async fn updated(update: UpdateItemFluentBuilder) -> Result<Updated, StoreError> {
    let update = update.return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
    match update.send().await {
        Ok(_) => Ok(Updated::Done),
        Err(error) => match error.as_service_error() {
            Some(UpdateItemError::ConditionalCheckFailedException(failed)) => Ok(Updated::Refused(failed.item.clone())),
            _ => Err(store_error(error)),
        },
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
    async fn renew(
        &self,
        token: &RefreshToken,
        browser: &Browser,
        rights: &Rights,
        salt: Salt,
        now: Timestamp,
    ) -> Result<Renewal, StoreError> {
        let successor = token.successor(salt);
        // The one that was kept when others were ended may be of any epoch.
        let since = if rights.kept == Some(token.session_id) { 0 } else { rights.ended_before };
        let update = self
            .update(token.user_id, token.session_id)
            .update_expression(
                "SET refreshHash = :next, previousHash = :hash, salt = :salt, rotatedAt = :now, lastUsedAt = :now",
            )
            .condition_expression(
                "refreshHash = :hash AND browser = :browser AND epoch >= :since AND attribute_not_exists(endedAt) \
                 AND expiresAt > :seconds",
            )
            .expression_attribute_values(":since", n(since))
            .expression_attribute_values(":hash", s(stored(token.hash().0)))
            .expression_attribute_values(":next", s(stored(successor.hash().0)))
            .expression_attribute_values(":salt", s(stored(salt.0)))
            .expression_attribute_values(":browser", s(browser.as_str()))
            .expression_attribute_values(":now", n(now.as_millis()))
            .expression_attribute_values(":seconds", n(now.as_secs()));
        match updated(update).await? {
            Updated::Done => Ok(Renewal::Renewed(successor)),
            Updated::Refused(None) => Ok(Renewal::Refused),
            Updated::Refused(Some(item)) => {
                let renewal = from_item::<SessionItem>(item)?.without_place(token, browser, rights, now)?;
                if matches!(renewal, Renewal::Reused) {
                    self.end(Identity { user_id: token.user_id, session_id: token.session_id }, now).await?;
                }
                Ok(renewal)
            }
        }
    }

    async fn end(&self, identity: Identity, now: Timestamp) -> Result<bool, StoreError> {
        let update = self
            .update(identity.user_id, identity.session_id)
            .update_expression("SET endedAt = :now")
            .condition_expression("attribute_exists(pk) AND attribute_not_exists(endedAt)")
            .expression_attribute_values(":now", n(now.as_millis()));
        Ok(!matches!(updated(update).await?, Updated::Refused(None)))
    }

    async fn list(&self, user: UserId, rights: &Rights, now: Timestamp) -> Result<Vec<ListedSession>, StoreError> {
        let key = session_key(user, SessionId::from_bytes([0; 16]));
        let kept = rights.kept.map_or_else(|| "-".to_owned(), |kept| kept.to_string());
        let query = self
            .dynamo
            .client
            .query()
            .table_name(&*self.name)
            .consistent_read(true)
            .scan_index_forward(false)
            .key_condition_expression("pk = :pk AND begins_with(sk, :sessions)")
            .filter_expression(
                "attribute_not_exists(endedAt) AND expiresAt > :seconds AND (epoch >= :epoch OR id = :kept)",
            )
            .expression_attribute_values(":pk", s(key.pk))
            .expression_attribute_values(":sessions", s(SESSION))
            .expression_attribute_values(":seconds", n(now.as_secs()))
            .expression_attribute_values(":epoch", n(rights.ended_before))
            .expression_attribute_values(":kept", s(kept));
        let mut items = all_pages(query, LISTED).await?;
        items.truncate(LISTED);
        items.into_iter().map(|item| Ok(from_item::<SessionItem>(item)?.listed())).collect()
    }
}

/// The states of sessions, over the tables of sessions and of users.
#[derive(Clone)]
pub struct StateTables {
    sessions: SessionTable,
    users: UserTable,
}

impl StateTables {
    /// Reads these tables, which must belong to one client.
    pub fn new(sessions: SessionTable, users: UserTable) -> Self {
        Self { sessions, users }
    }

    /// The session if it is there, and what holds for all sessions of its user if that is.
    async fn read(&self, identity: Identity) -> Result<Option<(SessionItem, Rights)>, StoreError> {
        let (session, user) = (session_key(identity.user_id, identity.session_id), user_key(identity.user_id));
        let wanted = vec![(&*self.sessions.name, session.clone()), (&*self.users.name, user.clone())];
        let mut found = self.sessions.dynamo.get_all(wanted).await?;
        let session = found.remove(&session).map(from_item::<SessionItem>).transpose()?;
        let rights = found.remove(&user).map(rights_from).transpose()?;
        Ok(session.zip(rights))
    }
}

#[async_trait]
impl SessionStates for StateTables {
    async fn state(&self, identity: Identity, now: Timestamp) -> Result<SessionState, StoreError> {
        let Some((session, rights)) = self.read(identity).await? else { return Ok(SessionState::Ended) };
        if !session.is_live(now) || !rights.leave(identity.session_id, session.epoch) {
            return Ok(SessionState::Ended);
        }
        let Rights { role, epoch: seen, .. } = rights;
        Ok(SessionState::Live(LiveSession { browser: session.browser, role, began: session.epoch, seen }))
    }

    async fn ended_with_all(&self, identity: Identity, now: Timestamp) -> Result<bool, StoreError> {
        let found = self.read(identity).await?;
        Ok(found
            .is_some_and(|(session, rights)| session.is_live(now) && !rights.leave(identity.session_id, session.epoch)))
    }
}
