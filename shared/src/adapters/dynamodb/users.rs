//! Users, and the guards of what must be unique among them.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    SessionTable,
    error::store_error,
    store::{Dynamo, Item, Key, TableName, from_item, n, s, to_item},
    transaction::{Change, NotCommitted, Transaction},
};
use crate::{
    domain::{
        Timestamp, UserId,
        password::PasswordHash,
        session::Session,
        user::{Bio, EmailAddress, ImageUrl, User, Username},
    },
    ports::{
        StoreError,
        users::{Accounts, Credentials, Holder, Registrations, SaveUserError, Unique, Users},
    },
};

/// Where a user is.
pub(super) fn user_key(id: UserId) -> Key {
    Key::new(format!("USER#{id}"), "USER")
}

/// The item whose existence says that the name is taken.
fn username_guard(username: &Username) -> Key {
    Key::new(format!("USERNAME#{}", username.folded()), "GUARD")
}

/// The item whose existence says that the address is taken.
fn email_guard(email: &EmailAddress) -> Key {
    Key::new(format!("EMAIL#{}", email.folded()), "GUARD")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserItem {
    #[serde(flatten)]
    key: Key,
    id: UserId,
    username: Username,
    email: EmailAddress,
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<Bio>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageUrl>,
    password_hash: String,
    created_at: Timestamp,
    version: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct GuardItem {
    #[serde(flatten)]
    key: Key,
    user_id: UserId,
    since: Timestamp,
}

impl UserItem {
    fn new(user: &User, hash: &PasswordHash) -> Self {
        let User { id, username, email, bio, image, created_at, version } = user.clone();
        let password_hash = hash.0.clone();
        Self { key: user_key(id), id, username, email, bio, image, password_hash, created_at, version }
    }

    fn into_parts(self) -> (User, PasswordHash) {
        let Self { key: _, id, username, email, bio, image, password_hash, created_at, version } = self;
        (User { id, username, email, bio, image, created_at, version }, PasswordHash(password_hash))
    }
}

/// A user as stored.
pub(super) fn user_from(item: Item) -> Result<User, StoreError> {
    Ok(from_item::<UserItem>(item)?.into_parts().0)
}

/// The table of users.
#[derive(Clone)]
pub struct UserTable {
    dynamo: Dynamo,
    pub(super) name: TableName,
}

impl UserTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }

    /// The user that a guard stands for.
    async fn guarded(&self, guard: Key) -> Result<Option<Holder>, StoreError> {
        let item = self.dynamo.get(&self.name, guard).await?;
        let guard = item.map(from_item::<GuardItem>).transpose()?;
        Ok(guard.map(|guard| Holder { id: guard.user_id, since: guard.since }))
    }

    async fn user(&self, id: UserId) -> Result<Option<UserItem>, StoreError> {
        self.dynamo.get(&self.name, user_key(id)).await?.map(from_item).transpose()
    }
}

#[async_trait]
impl Users for UserTable {
    async fn by_id(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self.user(id).await?.map(|item| item.into_parts().0))
    }

    async fn holder(&self, username: &Username) -> Result<Option<Holder>, StoreError> {
        self.guarded(username_guard(username)).await
    }
}

#[async_trait]
impl Credentials for UserTable {
    async fn by_email(&self, email: &EmailAddress) -> Result<Option<(User, PasswordHash)>, StoreError> {
        match self.guarded(email_guard(email)).await? {
            Some(holder) => Ok(self.user(holder.id).await?.map(UserItem::into_parts)),
            // The same work as for a known address, so that time does not tell them apart.
            None => self.user(UserId::from_bytes([0; 16])).await.map(|_| None),
        }
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
impl Accounts for UserTable {
    async fn update(
        &self,
        old: &User,
        new: &User,
        hash: Option<&PasswordHash>,
        now: Timestamp,
    ) -> Result<(), SaveUserError> {
        let mut transaction = Transaction::default();
        transaction.update(&self.name, user_key(old.id), user_change(old, new, hash))?;
        let mut guards = Vec::new();
        let moved = [
            (Unique::Username, username_guard(&old.username), username_guard(&new.username)),
            (Unique::Email, email_guard(&old.email), email_guard(&new.email)),
        ];
        for (unique, from, to) in moved.into_iter().filter(|(_, from, to)| from != to) {
            transaction.delete(&self.name, from)?;
            transaction.put_new(&self.name, to_item(&GuardItem { key: to, user_id: new.id, since: now })?)?;
            guards.push(unique);
        }
        transaction.commit(&self.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => SaveUserError::Store(error),
            // Part 0 is the user; each guard is a deletion, which has no condition, and a put.
            NotCommitted::Conditions(failed) if failed.contains(&0) => SaveUserError::Changed,
            NotCommitted::Conditions(failed) => {
                SaveUserError::Taken(failed.into_iter().filter_map(|n| guards.get((n - 1) / 2).copied()).collect())
            }
        })
    }
}

/// What an update must do to `old`'s item to make it `new`'s. The hash is kept where there is no new one.
fn user_change(old: &User, new: &User, hash: Option<&PasswordHash>) -> Change {
    let mut set = vec!["username = :username", "email = :email", "version = :new"];
    let mut remove = Vec::new();
    let mut values = vec![
        (":username", s(new.username.as_str())),
        (":email", s(new.email.as_str())),
        (":new", n(new.version)),
        (":old", n(old.version)),
    ];
    match &new.bio {
        Some(bio) => {
            set.push("bio = :bio");
            values.push((":bio", s(bio.as_str())));
        }
        None => remove.push("bio"),
    }
    match &new.image {
        Some(image) => {
            set.push("image = :image");
            values.push((":image", s(image.as_str())));
        }
        None => remove.push("image"),
    }
    if let Some(hash) = hash {
        set.push("passwordHash = :hash");
        values.push((":hash", s(&hash.0)));
    }
    let mut update = format!("SET {}", set.join(", "));
    if !remove.is_empty() {
        update += &format!(" REMOVE {}", remove.join(", "));
    }
    Change { update, condition: Some("version = :old"), values }
}

/// Sign-up, over the tables of users and of sessions.
#[derive(Clone)]
pub struct Registry {
    users: UserTable,
    sessions: SessionTable,
}

impl Registry {
    /// Registers in these tables, which must belong to one client.
    pub fn new(users: UserTable, sessions: SessionTable) -> Self {
        Self { users, sessions }
    }
}

#[async_trait]
impl Registrations for Registry {
    async fn register(&self, user: &User, hash: &PasswordHash, session: &Session) -> Result<(), SaveUserError> {
        let users = &self.users.name;
        let guards = [(Unique::Username, username_guard(&user.username)), (Unique::Email, email_guard(&user.email))];
        let mut transaction = Transaction::default();
        for (_, key) in guards.clone() {
            transaction.put_new(users, to_item(&GuardItem { key, user_id: user.id, since: user.created_at })?)?;
        }
        transaction.put_new(users, to_item(&UserItem::new(user, hash))?)?;
        transaction.put_new(&self.sessions.name, self.sessions.item(session)?)?;
        transaction.commit(&self.users.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => SaveUserError::Store(error),
            NotCommitted::Conditions(failed) => {
                SaveUserError::Taken(failed.into_iter().filter_map(|n| Some(guards.get(n)?.0)).collect())
            }
        })
    }
}
