//! Users, and the guards of what must be unique among them.

mod accounts;
mod credentials;
mod rights;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    SessionTable,
    departures::is_tombstone,
    error::corrupt,
    identities::IDENTITY,
    lockouts::LOCKOUT,
    store::{Dynamo, Item, Key, TableName, from_item, to_item},
    stream::{Images, Said},
    transaction::{NotCommitted, Transaction},
};
use crate::{
    domain::{
        SessionId, Timestamp, UserId,
        change::{FoldedUsername, Subject},
        password::PasswordHash,
        session::Session,
        user::{Bio, EmailAddress, ImageUrl, PhoneNumber, Role, User, Username},
    },
    ports::{
        StoreError,
        users::{Holder, Registrations, SaveUserError, Unique, Users},
    },
};

pub(super) const USER: &str = "USER#";
const USERNAME: &str = "USERNAME#";
const EMAIL: &str = "EMAIL#";
const PHONE: &str = "PHONE#";

/// Where a user is.
pub(super) fn user_key(id: UserId) -> Key {
    Key::new(format!("{USER}{id}"), "USER")
}

/// The item whose existence says that the name is taken.
fn username_guard(username: &Username) -> Key {
    Key::new(format!("{USERNAME}{}", username.folded()), "GUARD")
}

/// The item whose existence says that the address is taken.
fn email_guard(email: &EmailAddress) -> Key {
    Key::new(format!("{EMAIL}{}", email.folded()), "GUARD")
}

/// The item whose existence says that the number is taken.
fn phone_guard(phone: &PhoneNumber) -> Key {
    Key::new(format!("{PHONE}{}", phone.as_str()), "GUARD")
}

/// The guards of what `user` has and nobody else may have.
pub(super) fn guards(user: &User) -> [(Unique, Option<Key>); 3] {
    [
        (Unique::Username, Some(username_guard(&user.username))),
        (Unique::Email, user.email.as_ref().map(email_guard)),
        (Unique::Phone, user.phone.as_ref().map(phone_guard)),
    ]
}

/// Has `transaction` take what `user` has and nobody else may have; answers what each of these parts takes, in their order.
pub(super) fn take_guards(transaction: &mut Transaction, table: &str, user: &User) -> Result<Vec<Unique>, StoreError> {
    let mut takes = Vec::new();
    for (unique, key) in guards(user) {
        let Some(key) = key else { continue };
        transaction.put_new(table, to_item(&GuardItem { key, user_id: user.id, since: user.created_at })?)?;
        takes.push(unique);
    }
    Ok(takes)
}

/// A user without a password, to be stored.
pub(super) fn new_item(user: &User) -> Result<Item, StoreError> {
    to_item(&UserItem::new(user, None))
}

/// What a record of the table's change stream says. Who has which address, number or identity is nobody else's business.
pub(super) fn said(key: &Key, images: &Images) -> Result<Said, StoreError> {
    if let Some(id) = key.pk.strip_prefix(USER) {
        if key.sk.starts_with(IDENTITY) {
            return Ok(Said::Nothing);
        }
        return images.versioned(Subject::User(id.parse().map_err(corrupt)?));
    }
    if let Some(name) = key.pk.strip_prefix(USERNAME) {
        let name = FoldedUsername::parse(name).ok_or_else(|| corrupt("a guard without a name"))?;
        return Ok(images.existence(Subject::Username(name)));
    }
    let private = [EMAIL, PHONE, IDENTITY, LOCKOUT].iter().any(|prefix| key.pk.starts_with(prefix));
    Ok(if private { Said::Nothing } else { Said::Foreign })
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserItem {
    #[serde(flatten)]
    key: Key,
    id: UserId,
    username: Username,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<EmailAddress>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<PhoneNumber>,
    role: Role,
    #[serde(skip_serializing_if = "Option::is_none")]
    bio: Option<Bio>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<ImageUrl>,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<String>,
    created_at: Timestamp,
    version: u64,
    #[serde(default)]
    epoch: u64,
    /// Sessions that began in an earlier epoch have ended, but for the one that is kept.
    #[serde(default)]
    ended_before: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_session: Option<SessionId>,
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
    fn new(user: &User, hash: Option<&PasswordHash>) -> Self {
        let User { id, username, email, phone, role, bio, image, created_at, version, epoch } = user.clone();
        Self {
            key: user_key(id),
            id,
            username,
            email,
            phone,
            role,
            bio,
            image,
            password_hash: hash.map(|hash| hash.0.clone()),
            created_at,
            version,
            epoch,
            ended_before: 0,
            kept_session: None,
        }
    }

    fn into_parts(self) -> (User, Option<PasswordHash>) {
        let Self { id, username, email, phone, role, bio, image, password_hash, created_at, version, epoch, .. } = self;
        let user = User { id, username, email, phone, role, bio, image, created_at, version, epoch };
        (user, password_hash.map(PasswordHash))
    }
}

pub(super) use rights::rights_from;

/// A user as stored; `None` for what is left of one who is gone.
pub(super) fn user_from(item: Item) -> Result<Option<User>, StoreError> {
    Ok(item_from(item)?.map(|item| item.into_parts().0))
}

fn item_from(item: Item) -> Result<Option<UserItem>, StoreError> {
    if is_tombstone(&item) { Ok(None) } else { from_item(item).map(Some) }
}

/// The table of users.
#[derive(Clone)]
pub struct UserTable {
    pub(super) dynamo: Dynamo,
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
        Ok(self.dynamo.get(&self.name, user_key(id)).await?.map(item_from).transpose()?.flatten())
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
    async fn register(&self, user: &User, hash: Option<&PasswordHash>, session: &Session) -> Result<(), SaveUserError> {
        let users = &self.users.name;
        let mut transaction = Transaction::default();
        let takes = take_guards(&mut transaction, users, user)?;
        transaction.put_new(users, to_item(&UserItem::new(user, hash))?)?;
        transaction.put_new(&self.sessions.name, self.sessions.item(session)?)?;
        transaction.commit(&self.users.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => SaveUserError::Store(error),
            NotCommitted::Conditions(failed) => {
                SaveUserError::Taken(failed.into_iter().filter_map(|part| takes.get(part).copied()).collect())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::stream::{StreamRecords, tests::record},
        *,
    };
    use crate::{domain::change::Change, ports::changes::ChangeRecords as _};

    fn email() -> EmailAddress {
        EmailAddress::parse("ann@mail.example").unwrap()
    }

    fn phone() -> PhoneNumber {
        PhoneNumber::parse("+8613800138000").unwrap()
    }

    fn user(version: u64) -> User {
        User {
            id: UserId::from_bytes([1; 16]),
            username: Username::parse("Ann").unwrap(),
            email: Some(email()),
            phone: Some(phone()),
            role: Role::Author,
            bio: None,
            image: None,
            created_at: Timestamp::from_millis(0),
            version,
            epoch: 0,
        }
    }

    fn item(version: u64, hash: &str) -> Item {
        to_item(&UserItem::new(&user(version), Some(&PasswordHash(hash.to_owned())))).unwrap()
    }

    #[test]
    fn a_changed_user_is_a_change_and_a_new_hash_alone_is_none() {
        let change = Change { subject: Subject::User(user(1).id), version: Some(2), gone: false };
        let (old, new) = (item(1, "a"), item(2, "b"));
        assert_eq!(StreamRecords.read(&record(Some(old.clone()), Some(new))).unwrap(), Some(change));
        assert_eq!(StreamRecords.read(&record(Some(old), Some(item(1, "b")))).unwrap(), None);
    }

    #[test]
    fn a_name_that_comes_or_goes_is_a_change_and_an_address_a_number_or_an_identity_is_none() {
        let guard = |key| to_item(&GuardItem { key, user_id: user(1).id, since: Timestamp::from_millis(0) }).unwrap();
        let name = || Subject::Username(FoldedUsername::from(&user(1).username));
        let guarded = guard(username_guard(&user(1).username));
        let came = StreamRecords.read(&record(None, Some(guarded.clone()))).unwrap();
        assert_eq!(came, Some(Change { subject: name(), version: None, gone: false }));
        let went = StreamRecords.read(&record(Some(guarded), None)).unwrap();
        assert_eq!(went, Some(Change { subject: name(), version: None, gone: true }));
        let identity = Key::new(user_key(user(1).id).pk, "IDENTITY#x");
        for private in [email_guard(&email()), phone_guard(&phone()), identity, Key::new("IDENTITY#x", "GUARD")] {
            assert_eq!(StreamRecords.read(&record(None, Some(guard(private)))).unwrap(), None);
        }
    }
}
