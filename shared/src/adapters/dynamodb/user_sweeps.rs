//! Sweeping what was a deleted user's. What leads to the rest goes last, so that whatever is killed in between is found again.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{
    ArticleTable, InteractionTable, LeaseTable, SessionTable, UserTable,
    departures::{MARKS, mark_from, mark_key},
    error::store_error,
    idempotency,
    lockouts::lockout_key,
    sessions,
    store::{Dynamo, Key, TableName, from_item, s},
    transaction::{NotCommitted, Transaction},
    users::user_key,
};
use crate::{
    domain::{Timestamp, UserId, lockout::Subject},
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease},
        sweeps::{Remains, UserMark, UserSweeps},
    },
};

/// Transactions of one sweep that are under way at the same time. Each moves a count of somebody else's.
const AT_ONCE: usize = 8;

/// The tables that hold what is a user's, and that of leases.
#[derive(Clone)]
pub struct UserSweeper {
    users: UserTable,
    sessions: SessionTable,
    articles: ArticleTable,
    interactions: InteractionTable,
    coordination: TableName,
    leases: LeaseTable,
}

impl UserSweeper {
    /// Sweeps these tables, which must belong to one client; idempotency keys are in that of leases, which is called `coordination`.
    pub fn new(
        users: UserTable,
        sessions: SessionTable,
        articles: ArticleTable,
        interactions: InteractionTable,
        leases: LeaseTable,
        coordination: &str,
    ) -> Self {
        Self { users, sessions, articles, interactions, coordination: coordination.into(), leases }
    }

    fn dynamo(&self) -> &Dynamo {
        &self.users.dynamo
    }

    /// Asks for the first `limit` keys of a partition.
    fn first(&self, table: &str, partition: &str, limit: u16) -> QueryFluentBuilder {
        self.dynamo()
            .client
            .query()
            .table_name(table)
            .consistent_read(true)
            .key_condition_expression("pk = :partition")
            .expression_attribute_values(":partition", s(partition))
            .limit(i32::from(limit))
    }

    async fn keys(&self, query: QueryFluentBuilder) -> Result<Vec<Key>, StoreError> {
        let items = query.projection_expression("pk, sk").send().await.map_err(store_error)?.items.unwrap_or_default();
        items.into_iter().map(from_item).collect()
    }

    /// Deletes the first `limit` items of a partition.
    async fn empty(&self, table: &str, partition: &str, limit: u16) -> Result<u32, StoreError> {
        let keys = self.keys(self.first(table, partition, limit)).await?;
        let count = counted(&keys);
        self.dynamo().delete_all(table, keys).await?;
        Ok(count)
    }

    /// Deletes what is under a user's key beside the user, and the tries to log in as them.
    async fn drop_identities(&self, user: UserId, limit: u16) -> Result<u32, StoreError> {
        let table = &*self.users.name;
        let own = user_key(user);
        let mut keys = self.keys(self.first(table, &own.pk, limit)).await?;
        keys.retain(|key| *key != own);
        let count = counted(&keys);
        for key in &keys {
            self.free(user, key).await?;
        }
        // There or not, and not counted: this is done once at the end.
        if count == 0 {
            keys.push(lockout_key(&Subject::Account(user)));
        }
        self.dynamo().delete_all(table, keys).await?;
        Ok(count)
    }

    /// Deletes the guard of what lies at `key`, under a partition that is called as the sort key is; unless it is another user's by now.
    async fn free(&self, user: UserId, key: &Key) -> Result<(), StoreError> {
        let mut transaction = Transaction::default();
        let own = vec![(":user", s(user.to_string()))];
        transaction.delete_when(&self.users.name, Key::new(key.sk.clone(), "GUARD"), "userId = :user", own)?;
        match transaction.commit(self.dynamo()).await {
            Ok(()) | Err(NotCommitted::Conditions(_)) => Ok(()),
            Err(NotCommitted::Store(error)) => Err(error),
        }
    }

    /// Has a transaction of its own for each of the first `limit` relations of a partition.
    async fn each_relation(
        &self,
        partition: &str,
        limit: u16,
        remove: impl Fn(&mut Transaction, &str) -> Result<(), StoreError>,
    ) -> Result<u32, StoreError> {
        let keys = self.keys(self.first(&self.interactions.name, partition, limit)).await?;
        let removals = keys.iter().map(|key| {
            let mut transaction = Transaction::default();
            let made = remove(&mut transaction, &key.sk);
            async move {
                made?;
                match transaction.commit(self.dynamo()).await {
                    // It went in between.
                    Ok(()) | Err(NotCommitted::Conditions(_)) => Ok(()),
                    Err(NotCommitted::Store(error)) => Err(error),
                }
            }
        });
        stream::iter(removals.collect::<Vec<_>>()).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        Ok(counted(&keys))
    }

    async fn drop_writings(&self, user: UserId, limit: u16, now: Timestamp) -> Result<u32, StoreError> {
        let drafts = self.articles.first_drafts(user, limit).await?;
        for draft in &drafts {
            self.articles.erase(draft, now).await?;
        }
        Ok(counted(&drafts))
    }
}

fn counted<T>(all: &[T]) -> u32 {
    u32::try_from(all.len()).unwrap_or(u32::MAX)
}

#[async_trait]
impl UserSweeps for UserSweeper {
    async fn marks(&self, last: Option<UserId>, limit: u16) -> Result<Vec<UserMark>, StoreError> {
        let start = last.map(|last| mark_key(last).attributes());
        let query = self.first(&self.users.name, MARKS, limit).set_exclusive_start_key(start);
        let page = query.send().await.map_err(store_error)?;
        page.items.unwrap_or_default().into_iter().map(mark_from).collect()
    }

    async fn drop_remains(
        &self,
        user: UserId,
        remains: Remains,
        limit: u16,
        now: Timestamp,
    ) -> Result<u32, StoreError> {
        let others = &self.interactions;
        match remains {
            Remains::Identities => self.drop_identities(user, limit).await,
            Remains::Sessions => self.empty(&self.sessions.name, &sessions::partition(user), limit).await,
            Remains::Answers => self.empty(&self.coordination, &idempotency::partition(user), limit).await,
            Remains::Writings => self.drop_writings(user, limit, now).await,
            Remains::Likes => self.empty(&others.name, &others.likes_of(user), limit).await,
            Remains::Collection => self.empty(&others.name, &others.collection_of(user), limit).await,
            Remains::Followees => {
                let remove = |transaction: &mut Transaction, sk: &str| others.remove_followee(transaction, user, sk);
                self.each_relation(&others.followees_of(user), limit, remove).await
            }
            Remains::Followers => {
                let remove = |transaction: &mut Transaction, sk: &str| others.remove_follower(transaction, user, sk);
                self.each_relation(&others.followers_of(user), limit, remove).await
            }
            Remains::Counts => {
                self.dynamo().delete_all(&others.name, others.counts_of(user)).await?;
                self.dynamo().delete_all(&self.articles.name, vec![self.articles.count_of(user)]).await?;
                Ok(0)
            }
        }
    }

    async fn settle(&self, user: UserId, lease: &Lease) -> Result<(), GuardedWriteError> {
        let mut transaction = Transaction::default();
        self.leases.guard(&mut transaction, lease)?;
        transaction.delete(&self.users.name, mark_key(user))?;
        transaction.commit(self.dynamo()).await.map_err(|error| match error {
            NotCommitted::Store(error) => GuardedWriteError::Store(error),
            // The guard has the only condition.
            NotCommitted::Conditions(_) => GuardedWriteError::Fenced,
        })
    }
}
