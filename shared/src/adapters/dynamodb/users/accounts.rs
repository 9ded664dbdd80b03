//! Changes of users, with the guards of what must be unique among them.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{GuardItem, UserTable, guards, rights::ended_as, user_key};
use crate::{
    adapters::dynamodb::{
        store::{n, s, to_item},
        transaction::{Change, NotCommitted, Transaction},
    },
    domain::{
        Timestamp,
        password::PasswordHash,
        session::Rights,
        user::{Bio, EmailAddress, ImageUrl, PhoneNumber, User},
    },
    ports::users::{Accounts, SaveUserError},
};

#[async_trait]
impl Accounts for UserTable {
    async fn update(
        &self,
        old: &User,
        new: &User,
        hash: Option<&PasswordHash>,
        ends: Option<&Rights>,
        now: Timestamp,
    ) -> Result<(), SaveUserError> {
        let mut transaction = Transaction::default();
        transaction.update(&self.name, user_key(old.id), user_change(old, new, hash, ends))?;
        // Which part of the transaction takes what; part 0 is the user.
        let mut takes = HashMap::new();
        let mut parts = 1;
        for ((unique, from), (_, to)) in guards(old).into_iter().zip(guards(new)).filter(|(from, to)| from.1 != to.1) {
            if let Some(key) = from {
                transaction.delete(&self.name, key)?;
                parts += 1;
            }
            if let Some(key) = to {
                transaction.put_new(&self.name, to_item(&GuardItem { key, user_id: new.id, since: now })?)?;
                takes.insert(parts, unique);
                parts += 1;
            }
        }
        transaction.commit(&self.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => SaveUserError::Store(error),
            NotCommitted::Conditions(failed) if failed.contains(&0) => SaveUserError::Changed,
            NotCommitted::Conditions(failed) => {
                SaveUserError::Taken(failed.into_iter().filter_map(|part| takes.get(&part).copied()).collect())
            }
        })
    }
}

/// What an update must do to `old`'s item to make it `new`'s. The hash is kept where there is no new one, and so is what holds for the
/// user's sessions.
fn user_change(old: &User, new: &User, hash: Option<&PasswordHash>, ends: Option<&Rights>) -> Change {
    let mut set = vec!["username = :username".to_owned(), "version = :new".to_owned()];
    let mut remove = Vec::new();
    let mut values = vec![(":username", s(new.username.as_str())), (":new", n(new.version)), (":old", n(old.version))];
    let optional = [
        ("email", ":email", new.email.as_ref().map(EmailAddress::as_str)),
        ("phone", ":phone", new.phone.as_ref().map(PhoneNumber::as_str)),
        ("bio", ":bio", new.bio.as_ref().map(Bio::as_str)),
        ("image", ":image", new.image.as_ref().map(ImageUrl::as_str)),
    ];
    for (name, value, text) in optional {
        match text {
            Some(text) => {
                set.push(format!("{name} = {value}"));
                values.push((value, s(text)));
            }
            None => remove.push(name),
        }
    }
    if let Some(hash) = hash {
        set.push("passwordHash = :hash".to_owned());
        values.push((":hash", s(&hash.0)));
    }
    let mut condition = "version = :old";
    if let Some(ends) = ends {
        let (sets, removes, ended) = ended_as(ends);
        set.extend(sets.into_iter().map(str::to_owned));
        remove.extend(removes);
        values.extend(ended);
        condition = "version = :old AND (epoch = :epochBefore OR attribute_not_exists(epoch))";
    }
    let mut update = format!("SET {}", set.join(", "));
    if !remove.is_empty() {
        update += &format!(" REMOVE {}", remove.join(", "));
    }
    Change { update, condition: Some(condition), values }
}
