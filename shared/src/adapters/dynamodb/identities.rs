//! Identities at others, in the table of users.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | guard of an identity | `IDENTITY#<identity>` | `GUARD` |
//! | identity of a user | `USER#<user id>` | `IDENTITY#<identity>` |
//!
//! The user's own item counts its identities (`identities`), so that the last way to log in can be told by a condition. The sweep
//! of deleted users finds a guard by the sort key under the user, which is the guard's partition; until then a guard of a user who is
//! gone guards nothing.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    SessionTable, UserTable,
    error::corrupt,
    store::{Dynamo, Key, all_pages, from_item, n, s, to_item},
    transaction::{Change, NotCommitted, Transaction},
    users::{self, user_key},
};
use crate::{
    domain::{
        Timestamp, UserId,
        identity::{IdentityId, LinkedIdentity, MAX_IDENTITIES},
        session::Session,
        user::User,
    },
    ports::{
        StoreError,
        identities::{Identities, LinkedIdentities, NotLinked, NotSignedUp, NotUnlinked},
        users::Users as _,
    },
};

/// What keys of guards begin with.
pub(super) const IDENTITY: &str = "IDENTITY#";

/// The item whose existence says whose the identity is.
fn guard_key(id: &IdentityId) -> Key {
    Key::new(format!("{IDENTITY}{id}"), "GUARD")
}

/// Where a user's identity is.
fn identity_key(user: UserId, id: &IdentityId) -> Key {
    Key::new(user_key(user).pk, format!("{IDENTITY}{id}"))
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GuardItem {
    #[serde(flatten)]
    key: Key,
    user_id: UserId,
    since: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct IdentityItem {
    #[serde(flatten)]
    key: Key,
    through: String,
    linked_at: Timestamp,
}

impl IdentityItem {
    fn into_linked(self) -> Result<LinkedIdentity, StoreError> {
        let id = self.key.sk.strip_prefix(IDENTITY).and_then(|id| IdentityId::parse(id).ok());
        let id = id.ok_or_else(|| corrupt("an identity without a name"))?;
        Ok(LinkedIdentity { id, through: self.through, linked_at: self.linked_at })
    }
}

/// Identities, over the tables of users and of sessions.
#[derive(Clone)]
pub struct IdentityTable {
    users: UserTable,
    sessions: SessionTable,
}

impl IdentityTable {
    /// Identities in the table of users; sign-ups are stored with a session in `sessions`, which belongs to the same client.
    pub fn new(users: UserTable, sessions: SessionTable) -> Self {
        Self { users, sessions }
    }

    fn dynamo(&self) -> &Dynamo {
        &self.users.dynamo
    }

    fn table(&self) -> &str {
        &self.users.name
    }

    /// Adds the identity's two items. That it is nobody's is the condition of the first part; `gone`, who had it, is nobody.
    fn add(
        &self,
        parts: &mut Transaction,
        user: UserId,
        identity: &LinkedIdentity,
        gone: Option<UserId>,
    ) -> Result<(), StoreError> {
        let LinkedIdentity { id, through, linked_at } = identity.clone();
        let guard = to_item(&GuardItem { key: guard_key(&id), user_id: user, since: linked_at })?;
        match gone {
            None => parts.put_new(self.table(), guard)?,
            Some(gone) => {
                let condition = "attribute_not_exists(pk) OR userId = :gone";
                parts.put_when(self.table(), guard, condition, vec![(":gone", s(gone.to_string()))])?;
            }
        }
        parts.put(self.table(), to_item(&IdentityItem { key: identity_key(user, &id), through, linked_at })?)
    }

    /// Which user, who is gone, left a guard of this identity behind that the sweep has not come to.
    async fn left_by(&self, id: &IdentityId) -> Result<Option<UserId>, StoreError> {
        let found = self.dynamo().get_all(vec![(self.table(), guard_key(id))]).await?;
        let Some(guard) = found.into_values().next() else { return Ok(None) };
        let GuardItem { user_id, .. } = from_item(guard)?;
        Ok(self.users.by_id(user_id).await?.is_none().then_some(user_id))
    }

    /// Stores a new user, whose identity is nobody's or that of `gone`.
    async fn register(
        &self,
        user: &User,
        identity: &LinkedIdentity,
        session: Option<&Session>,
        gone: Option<UserId>,
    ) -> Result<(), NotSignedUp> {
        let mut transaction = Transaction::default();
        self.add(&mut transaction, user.id, identity, gone)?;
        let first_guard = transaction.next_part();
        let takes = users::take_guards(&mut transaction, self.table(), user)?;
        let mut item = users::new_item(user)?;
        item.insert("identities".to_owned(), n(1));
        transaction.put_new(self.table(), item)?;
        if let Some(session) = session {
            transaction.put_new(&self.sessions.name, self.sessions.item(session)?)?;
        }
        transaction.commit(self.dynamo()).await.map_err(|error| match error {
            NotCommitted::Store(error) => NotSignedUp::Store(error),
            NotCommitted::Conditions(failed) if failed.contains(&0) => NotSignedUp::Known,
            NotCommitted::Conditions(failed) => {
                let taken = |part: usize| takes.get(part.checked_sub(first_guard)?).copied();
                NotSignedUp::Taken(failed.into_iter().filter_map(taken).collect())
            }
        })
    }

    /// Adds an identity that is nobody's or that of `gone`.
    async fn assign(&self, user: UserId, identity: &LinkedIdentity, gone: Option<UserId>) -> Result<(), NotLinked> {
        let mut transaction = Transaction::default();
        self.add(&mut transaction, user, identity, gone)?;
        let counted = transaction.next_part();
        let room = Change {
            update: "ADD identities :one".to_owned(),
            // Who is gone has no name, and gets no identity.
            condition: Some("attribute_exists(username) AND (attribute_not_exists(identities) OR identities < :most)"),
            values: vec![(":one", n(1)), (":most", n(MAX_IDENTITIES))],
        };
        transaction.update(self.table(), user_key(user), room)?;
        match transaction.commit(self.dynamo()).await {
            Ok(()) => Ok(()),
            Err(NotCommitted::Store(error)) => Err(error.into()),
            // Whose it is, is asked only now: mostly it is nobody's.
            Err(NotCommitted::Conditions(failed)) if failed.contains(&0) => {
                let owner = self.owner(std::slice::from_ref(&identity.id)).await?;
                if owner.is_some_and(|owner| owner.id == user) { Ok(()) } else { Err(NotLinked::Taken) }
            }
            Err(NotCommitted::Conditions(failed)) if failed.contains(&counted) => {
                // A condition does not tell which half of it failed; only an account that is there may have too many.
                let found = self.users.by_id(user).await?;
                Err(if found.is_none() { NotLinked::NoAccount } else { NotLinked::TooMany })
            }
            Err(NotCommitted::Conditions(_)) => Err(corrupt("a condition that nobody made").into()),
        }
    }
}

#[async_trait]
impl Identities for IdentityTable {
    async fn owner(&self, ids: &[IdentityId]) -> Result<Option<User>, StoreError> {
        let wanted = ids.iter().map(|id| (self.table(), guard_key(id))).collect();
        let mut found = self.dynamo().get_all(wanted).await?;
        for guard in ids.iter().filter_map(|id| found.remove(&guard_key(id))) {
            let GuardItem { user_id, .. } = from_item(guard)?;
            if let Some(user) = self.users.by_id(user_id).await? {
                return Ok(Some(user));
            }
        }
        Ok(None)
    }

    async fn sign_up(
        &self,
        user: &User,
        identity: &LinkedIdentity,
        session: Option<&Session>,
    ) -> Result<(), NotSignedUp> {
        let outcome = self.register(user, identity, session, None).await;
        let Err(NotSignedUp::Known) = outcome else { return outcome };
        match self.left_by(&identity.id).await? {
            None => outcome,
            gone => self.register(user, identity, session, gone).await,
        }
    }

    async fn link(&self, user: UserId, identity: &LinkedIdentity) -> Result<(), NotLinked> {
        let outcome = self.assign(user, identity, None).await;
        let Err(NotLinked::Taken) = outcome else { return outcome };
        match self.left_by(&identity.id).await? {
            None => outcome,
            gone => self.assign(user, identity, gone).await,
        }
    }
}

#[async_trait]
impl LinkedIdentities for IdentityTable {
    async fn of(&self, user: UserId) -> Result<Vec<LinkedIdentity>, StoreError> {
        let query = self
            .dynamo()
            .client
            .query()
            .table_name(self.table())
            .consistent_read(true)
            .key_condition_expression("pk = :user AND begins_with(sk, :identity)")
            .expression_attribute_values(":user", s(user_key(user).pk))
            .expression_attribute_values(":identity", s(IDENTITY));
        let items = all_pages(query, usize::MAX).await?;
        items.into_iter().map(|item| from_item::<IdentityItem>(item)?.into_linked()).collect()
    }

    async fn unlink(&self, user: UserId, id: &IdentityId) -> Result<(), NotUnlinked> {
        let mut transaction = Transaction::default();
        let owner = vec![(":user", s(user.to_string()))];
        transaction.delete_when(self.table(), guard_key(id), "userId = :user", owner)?;
        transaction.delete(self.table(), identity_key(user, id))?;
        let another_way = Change {
            update: "ADD identities :less".to_owned(),
            condition: Some("attribute_exists(passwordHash) OR attribute_exists(phone) OR identities > :one"),
            values: vec![(":less", n(-1)), (":one", n(1))],
        };
        transaction.update(self.table(), user_key(user), another_way)?;
        transaction.commit(self.dynamo()).await.map_err(|error| match error {
            NotCommitted::Store(error) => NotUnlinked::Store(error),
            NotCommitted::Conditions(failed) if failed.contains(&0) => NotUnlinked::Unknown,
            NotCommitted::Conditions(_) => NotUnlinked::LastWay,
        })
    }
}
