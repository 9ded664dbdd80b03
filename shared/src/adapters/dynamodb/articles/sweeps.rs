//! Sweeping: bodies of deleted drafts go in batches, then the mark that said that they were there.

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::{
    ArticleSweeps,
    bodies::bodies_partition,
    items::{MARKS, mark_from, mark_key},
};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        store::{from_item, s},
        transaction::{NotCommitted, Transaction},
    },
    domain::DraftId,
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease},
        sweeps::{Dropped, Mark, Sweeps},
    },
};

#[async_trait]
impl Sweeps for ArticleSweeps {
    async fn marks(&self, limit: u16) -> Result<Vec<Mark>, StoreError> {
        let page = self.first(MARKS, limit).send().await.map_err(store_error)?;
        page.items.unwrap_or_default().into_iter().map(mark_from).collect()
    }

    async fn drop_bodies(&self, draft: DraftId, limit: u16) -> Result<Dropped, StoreError> {
        let page = self
            .first(&bodies_partition(draft), limit)
            .projection_expression("pk, sk")
            .send()
            .await
            .map_err(store_error)?;
        let more = page.last_evaluated_key.is_some();
        let keys = page.items.unwrap_or_default();
        let items = u32::try_from(keys.len()).map_err(corrupt)?;
        let keys = keys.into_iter().map(from_item).collect::<Result<_, _>>()?;
        self.articles.dynamo.delete_all(&self.articles.name, keys).await?;
        Ok(Dropped { items, more })
    }

    async fn settle(&self, draft: DraftId, lease: &Lease) -> Result<(), GuardedWriteError> {
        let mut transaction = Transaction::default();
        self.leases.guard(&mut transaction, lease)?;
        transaction.delete(&self.articles.name, mark_key(draft))?;
        transaction.commit(&self.articles.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => GuardedWriteError::Store(error),
            // The guard has the only condition.
            NotCommitted::Conditions(_) => GuardedWriteError::Fenced,
        })
    }
}

impl ArticleSweeps {
    /// Asks for the first `limit` items of a partition.
    fn first(&self, partition: &str, limit: u16) -> QueryFluentBuilder {
        self.articles
            .dynamo
            .client
            .query()
            .table_name(&*self.articles.name)
            .consistent_read(true)
            .key_condition_expression("pk = :partition")
            .expression_attribute_values(":partition", s(partition))
            .limit(i32::from(limit))
    }
}
