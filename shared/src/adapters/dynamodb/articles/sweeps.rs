//! Sweeping: bodies of deleted drafts go in batches, then the mark that said that they were there.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{DeleteRequest, WriteRequest},
};
use backon::BackoffBuilder;

use super::{
    ArticleSweeps,
    bodies::bodies_partition,
    items::{MARKS, mark_key, marked},
};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        store::{Key, from_item, pause, retries, s},
        transaction::{NotCommitted, Transaction},
    },
    domain::DraftId,
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease},
        sweeps::{Dropped, Sweeps},
    },
};

/// Writes that one `BatchWriteItem` may hold.
const BATCH_WRITE: usize = 25;

#[async_trait]
impl Sweeps for ArticleSweeps {
    async fn marks(&self, limit: u16) -> Result<Vec<DraftId>, StoreError> {
        let page = self.keys(MARKS, limit).send().await.map_err(store_error)?;
        let marks = page.items.unwrap_or_default().into_iter();
        marks.map(|item| marked(&from_item(item)?)).collect()
    }

    async fn drop_bodies(&self, draft: DraftId, limit: u16) -> Result<Dropped, StoreError> {
        let page = self.keys(&bodies_partition(draft), limit).send().await.map_err(store_error)?;
        let more = page.last_evaluated_key.is_some();
        let keys = page.items.unwrap_or_default();
        let items = u32::try_from(keys.len()).map_err(corrupt)?;
        self.drop_all(keys.into_iter().map(from_item).collect::<Result<_, _>>()?).await?;
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
    /// Asks for the first `limit` keys of a partition.
    fn keys(&self, partition: &str, limit: u16) -> QueryFluentBuilder {
        self.articles
            .dynamo
            .client
            .query()
            .table_name(&*self.articles.name)
            .consistent_read(true)
            .key_condition_expression("pk = :partition")
            .expression_attribute_values(":partition", s(partition))
            .projection_expression("pk, sk")
            .limit(i32::from(limit))
    }

    async fn drop_all(&self, keys: Vec<Key>) -> Result<(), StoreError> {
        let deletion = |key: Key| {
            let request = DeleteRequest::builder().set_key(Some(key.attributes())).build().map_err(corrupt)?;
            Ok(WriteRequest::builder().delete_request(request).build())
        };
        let deletions: Vec<_> = keys.into_iter().map(deletion).collect::<Result<_, StoreError>>()?;
        let mut pauses = retries().build();
        for batch in deletions.chunks(BATCH_WRITE) {
            let mut batch = vec![(self.articles.name.to_string(), batch.to_vec())];
            while !batch.is_empty() {
                let request =
                    self.articles.dynamo.client.batch_write_item().set_request_items(Some(batch.into_iter().collect()));
                let answer = request.send().await.map_err(store_error)?;
                batch = answer.unprocessed_items.into_iter().flatten().collect();
                if !batch.is_empty() {
                    pause(&mut pauses).await?;
                }
            }
        }
        Ok(())
    }
}
