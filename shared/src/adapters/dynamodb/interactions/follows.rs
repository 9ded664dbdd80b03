//! Follows: two items for each, so that followees and followers are lists of their own, and one item of counters for each user.

use async_trait::async_trait;

use super::{
    InteractionTable,
    items::{
        follow_counters_key, follow_key, follower_key, followers_partition, follows_partition, number_of, version_of,
    },
};
use crate::{
    adapters::dynamodb::{
        UserTable,
        error::{corrupt, store_error},
        store::{Item, Key, from_item, n, s},
        transaction::{Change, NotCommitted, Transaction},
        users::{user_from, user_key},
    },
    domain::{
        UserId,
        follow::{FollowCounters, MAX_FOLLOWING, ProfileList, SeenProfile},
        page::{Page, Start},
    },
    ports::{
        StoreError,
        follows::{FollowError, FollowViews, Follows},
    },
};

/// Follows with the users whom they are about.
#[derive(Clone)]
pub struct FollowTable {
    interactions: InteractionTable,
    users: UserTable,
}

impl FollowTable {
    /// Over these tables, which must belong to one client.
    pub fn new(interactions: InteractionTable, users: UserTable) -> Self {
        Self { interactions, users }
    }

    fn count(
        &self,
        transaction: &mut Transaction,
        user: UserId,
        counter: &str,
        by: i8,
        condition: Option<&'static str>,
    ) -> Result<(), StoreError> {
        count_follow(transaction, &self.interactions.name, user, counter, by, condition)
    }

    /// A page of the users whom a partition lists.
    async fn list(
        &self,
        partition: String,
        viewer: Option<UserId>,
        page: Page<UserId>,
    ) -> Result<ProfileList, StoreError> {
        let query = self.interactions.dynamo.client.query().table_name(&*self.interactions.name);
        let query = query.consistent_read(true).scan_index_forward(false);
        let query = query.expression_attribute_values(":list", s(partition));
        let query = match page.start {
            Start::Offset(_) => query.key_condition_expression("pk = :list"),
            Start::Behind(last) => query
                .key_condition_expression("pk = :list AND sk < :last")
                .expression_attribute_values(":last", s(last.to_string())),
        };
        // One more shows whether there is a next page; so few items are one call's.
        let query = query.limit(i32::try_from(page.limit + 1).map_err(corrupt)?);
        let items = query.send().await.map_err(store_error)?.items.unwrap_or_default();
        let listed = items.into_iter().map(|item| from_item::<Key>(item)?.sk.parse().map_err(corrupt));
        let mut users = listed.collect::<Result<Vec<UserId>, StoreError>>()?;
        let next = page.next(&mut users, |user| *user);
        Ok(ProfileList { profiles: self.profiles(&users, viewer).await?, next })
    }

    /// The users as `viewer` sees them, in one batch.
    pub(in crate::adapters::dynamodb) async fn profiles(
        &self,
        users: &[UserId],
        viewer: Option<UserId>,
    ) -> Result<Vec<SeenProfile>, StoreError> {
        let (interactions, accounts) = (&*self.interactions.name, &*self.users.name);
        let mut wanted = Vec::new();
        for user in users {
            wanted.push((accounts, user_key(*user)));
            wanted.push((interactions, follow_counters_key(*user)));
            wanted.extend(viewer.map(|viewer| (interactions, follow_key(viewer, *user))));
        }
        let found = self.interactions.dynamo.get_all(wanted).await?;
        let seen = |user: &UserId| {
            let account =
                found.get(&user_key(*user)).ok_or_else(|| corrupt("a follow of somebody who is not there"))?;
            // Who is gone is on the list until the sweep takes them off.
            let Some(account) = user_from(account.clone())? else { return Ok(None) };
            Ok(Some(SeenProfile {
                profile: account.profile(),
                following: viewer.is_some_and(|viewer| found.contains_key(&follow_key(viewer, *user))),
                counters: follow_counters_from(found.get(&follow_counters_key(*user)))?,
            }))
        };
        users.iter().filter_map(|user| seen(user).transpose()).collect()
    }
}

/// Has `transaction` move one of `user`'s counters in `table` by `by`, and with it the counters' version.
pub(super) fn count_follow(
    transaction: &mut Transaction,
    table: &str,
    user: UserId,
    counter: &str,
    by: i8,
    condition: Option<&'static str>,
) -> Result<(), StoreError> {
    let mut values = vec![(":one", n(1)), (":by", n(by))];
    if condition.is_some() {
        values.push((":max", n(MAX_FOLLOWING)));
    }
    let update = format!("SET version = if_not_exists(version, :one) + :one ADD {counter} :by");
    transaction.update(table, follow_counters_key(user), Change { update, condition, values })
}

/// The counters that `item` holds; both 0 if there is none.
fn follow_counters_from(item: Option<&Item>) -> Result<FollowCounters, StoreError> {
    let Some(item) = item else { return Ok(FollowCounters::default()) };
    let (followers, following) = (number_of(item, "followers")?, number_of(item, "following")?);
    Ok(FollowCounters { followers, following, version: version_of(item)? })
}

#[async_trait]
impl Follows for FollowTable {
    async fn follow(&self, follower: UserId, followee: UserId) -> Result<bool, FollowError> {
        let table = &*self.interactions.name;
        let mut transaction = Transaction::default();
        transaction.put_new(table, follow_key(follower, followee).attributes())?;
        let room = "attribute_not_exists(following) OR following < :max";
        self.count(&mut transaction, follower, "following", 1, Some(room))?;
        self.count(&mut transaction, followee, "followers", 1, None)?;
        transaction.put(table, follower_key(follower, followee).attributes())?;
        match transaction.commit(&self.interactions.dynamo).await {
            Ok(()) => Ok(true),
            // Part 0 is the relation: who is followed already may be the last for whom there was room.
            Err(NotCommitted::Conditions(failed)) if failed.contains(&0) => Ok(false),
            Err(NotCommitted::Conditions(_)) => Err(FollowError::TooMany),
            Err(NotCommitted::Store(error)) => Err(error.into()),
        }
    }

    async fn unfollow(&self, follower: UserId, followee: UserId) -> Result<bool, StoreError> {
        let table = &*self.interactions.name;
        let mut transaction = Transaction::default();
        transaction.delete_when(table, follow_key(follower, followee), "attribute_exists(pk)", Vec::new())?;
        self.count(&mut transaction, follower, "following", -1, None)?;
        self.count(&mut transaction, followee, "followers", -1, None)?;
        transaction.delete(table, follower_key(follower, followee))?;
        match transaction.commit(&self.interactions.dynamo).await {
            Ok(()) => Ok(true),
            Err(NotCommitted::Conditions(_)) => Ok(false),
            Err(NotCommitted::Store(error)) => Err(error),
        }
    }

    async fn counters_of(&self, users: [UserId; 2]) -> Result<[FollowCounters; 2], StoreError> {
        let wanted = users.map(|user| (&*self.interactions.name, follow_counters_key(user)));
        let found = self.interactions.dynamo.get_all(wanted.to_vec()).await?;
        let counters = |user| follow_counters_from(found.get(&follow_counters_key(user)));
        Ok([counters(users[0])?, counters(users[1])?])
    }

    async fn followers(
        &self,
        user: UserId,
        viewer: Option<UserId>,
        page: Page<UserId>,
    ) -> Result<ProfileList, StoreError> {
        self.list(followers_partition(user), viewer, page).await
    }

    async fn following(
        &self,
        user: UserId,
        viewer: Option<UserId>,
        page: Page<UserId>,
    ) -> Result<ProfileList, StoreError> {
        self.list(follows_partition(user), viewer, page).await
    }
}

#[async_trait]
impl FollowViews for InteractionTable {
    async fn counters(&self, user: UserId) -> Result<FollowCounters, StoreError> {
        follow_counters_from(self.dynamo.get(&self.name, follow_counters_key(user)).await?.as_ref())
    }

    async fn follows(&self, follower: UserId, followee: UserId) -> Result<bool, StoreError> {
        Ok(self.dynamo.get(&self.name, follow_key(follower, followee)).await?.is_some())
    }
}
