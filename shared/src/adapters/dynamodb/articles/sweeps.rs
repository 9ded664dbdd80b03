//! Sweeping: bodies of deleted articles go in batches, then the mark that said that they were there.

use std::ops::RangeInclusive;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use backon::BackoffBuilder;

use super::{
    ArticleSweeps,
    items::{MARKS, mark_from, mark_item, mark_key, revision_key},
};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        store::{pause, retries, s},
        transaction::{NotCommitted, Transaction},
    },
    domain::ArticleId,
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease},
        sweeps::{Mark, Sweeps},
    },
};

/// Writes that one `BatchWriteItem` may hold.
const BATCH_WRITE: usize = 25;

#[async_trait]
impl Sweeps for ArticleSweeps {
    async fn marks(&self, limit: u16) -> Result<Vec<Mark>, StoreError> {
        let query = self
            .articles
            .dynamo
            .client
            .query()
            .table_name(&*self.articles.name)
            .consistent_read(true)
            .key_condition_expression("pk = :marks")
            .expression_attribute_values(":marks", s(MARKS))
            .limit(i32::from(limit));
        let page = query.send().await.map_err(store_error)?;
        page.items.unwrap_or_default().into_iter().map(mark_from).collect()
    }

    async fn drop_revisions(&self, article: ArticleId, numbers: RangeInclusive<u32>) -> Result<(), StoreError> {
        let deletion = |number| {
            let key = revision_key(article, number).attributes();
            let request = DeleteRequest::builder().set_key(Some(key)).build().map_err(corrupt)?;
            Ok(WriteRequest::builder().delete_request(request).build())
        };
        let deletions: Vec<_> = numbers.map(deletion).collect::<Result<_, StoreError>>()?;
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

    async fn settle(&self, article: ArticleId, left: u32, lease: &Lease) -> Result<(), GuardedWriteError> {
        let mut transaction = Transaction::default();
        self.leases.guard(&mut transaction, lease)?;
        if left == 0 {
            transaction.delete(&self.articles.name, mark_key(article))?;
        } else {
            transaction.put(&self.articles.name, mark_item(&Mark { article, revisions: left })?)?;
        }
        transaction.commit(&self.articles.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => GuardedWriteError::Store(error),
            // The guard has the only condition.
            NotCommitted::Conditions(_) => GuardedWriteError::Fenced,
        })
    }
}
