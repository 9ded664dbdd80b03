//! Sweeping: the comments of deleted threads and of deleted articles go in batches. What leads to the others goes last, so that
//! whatever is killed in between is found again.

use async_trait::async_trait;

use super::{
    CommentSweeper,
    items::{
        MARKS, Stored, comment_key, comments_of, entry_key, head_key, mark_from, mark_key, replies_of, said_in,
        text_key,
    },
};
use crate::{
    adapters::dynamodb::{
        error::store_error,
        store::{Item, Key, s},
        transaction::{NotCommitted, Transaction},
    },
    domain::ArticleId,
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease},
        sweeps::{CommentSweeps, ThreadMark},
    },
};

#[async_trait]
impl CommentSweeps for CommentSweeper {
    async fn marks(&self, limit: u16) -> Result<Vec<ThreadMark>, StoreError> {
        self.first(MARKS, limit).await?.into_iter().map(mark_from).collect()
    }

    async fn drop_replies(&self, mark: &ThreadMark, limit: u16) -> Result<u32, StoreError> {
        let ThreadMark { article, root } = *mark;
        let replies = self.first(&replies_of(article, root), limit).await?;
        let replies = replies.into_iter().map(said_in).collect::<Result<Vec<_>, _>>()?;
        self.delete(replies.iter().flat_map(|said| comment(article, said))).await?;
        self.delete(replies.iter().map(|said| entry_key(article, root, said.id))).await?;
        Ok(u32::try_from(replies.len()).unwrap_or(u32::MAX))
    }

    async fn drop_comments(&self, article: ArticleId, limit: u16) -> Result<u32, StoreError> {
        let comments = self.first(&comments_of(article), limit).await?;
        let comments = comments.into_iter().map(said_in).collect::<Result<Vec<_>, _>>()?;
        let place = |said: &Stored| match said.comment(article).reply {
            None => head_key(article, said.id),
            Some(reply) => entry_key(article, reply.root, said.id),
        };
        self.delete(comments.iter().map(place)).await?;
        self.delete(comments.iter().flat_map(|said| comment(article, said))).await?;
        Ok(u32::try_from(comments.len()).unwrap_or(u32::MAX))
    }

    async fn settle(&self, mark: &ThreadMark, lease: &Lease) -> Result<(), GuardedWriteError> {
        let mut transaction = Transaction::default();
        self.leases.guard(&mut transaction, lease)?;
        transaction.delete(&self.comments.name, mark_key(mark))?;
        transaction.commit(&self.comments.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => GuardedWriteError::Store(error),
            // The guard has the only condition.
            NotCommitted::Conditions(_) => GuardedWriteError::Fenced,
        })
    }
}

/// Where a comment is with its text.
fn comment(article: ArticleId, said: &Stored) -> impl Iterator<Item = Key> + use<> {
    let text = said.is_long().then(|| text_key(article, said.id));
    text.into_iter().chain([comment_key(article, said.id)])
}

impl CommentSweeper {
    /// The first items of a partition, at most `limit`.
    async fn first(&self, partition: &str, limit: u16) -> Result<Vec<Item>, StoreError> {
        let query = self
            .comments
            .dynamo
            .client
            .query()
            .table_name(&*self.comments.name)
            .consistent_read(true)
            .key_condition_expression("pk = :partition")
            .expression_attribute_values(":partition", s(partition))
            .limit(i32::from(limit));
        Ok(query.send().await.map_err(store_error)?.items.unwrap_or_default())
    }

    async fn delete(&self, keys: impl Iterator<Item = Key>) -> Result<(), StoreError> {
        self.comments.dynamo.delete_all(&self.comments.name, keys.collect()).await
    }
}
