//! Writing: the article, its lists and their counts in one transaction.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use backon::BackoffBuilder;

use super::{
    ArticleTable,
    items::{
        List, article_from, article_item, article_key, body_from, entry_item, revision_item, revision_key, tombstone,
        written,
    },
};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        store::{n, pause, retries},
        transaction::{Change, NotCommitted, Transaction},
    },
    domain::{
        Timestamp,
        article::{Article, ArticleBody, Slug},
    },
    ports::{
        StoreError,
        articles::{ArticleWrites, SaveArticleError},
    },
    telemetry::chain,
};

/// Writes that one `BatchWriteItem` may hold.
const BATCH_WRITE: u32 = 25;

#[async_trait]
impl ArticleWrites for ArticleTable {
    async fn find(&self, slug: &Slug) -> Result<Option<Article>, StoreError> {
        let item = self.dynamo.get(&self.name, article_key(slug)).await?;
        Ok(item.map(article_from).transpose()?.flatten())
    }

    async fn body(&self, article: &Article) -> Result<ArticleBody, StoreError> {
        let item = self.dynamo.get(&self.name, revision_key(article.id, article.revision)).await?;
        body_from(&item.ok_or_else(|| corrupt("an article without the revision that it shows"))?)
    }

    async fn create(&self, article: &Article, body: &ArticleBody) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.put_new(&self.name, article_item(article)?)?;
        transaction.put_new(&self.name, revision_item(article, body)?)?;
        for list in List::of(article) {
            self.enter(&mut transaction, &list, article)?;
        }
        transaction.commit(&self.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => SaveArticleError::Store(error),
            NotCommitted::Conditions(failed) if failed == [0] => SaveArticleError::SlugTaken,
            NotCommitted::Conditions(_) => {
                SaveArticleError::Store(corrupt("a new article's first revision was there before"))
            }
        })
    }

    async fn update(&self, old: &Article, new: &Article, body: Option<&ArticleBody>) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.replace(&self.name, article_item(new)?, old.version)?;
        if let Some(body) = body {
            transaction.put_new(&self.name, revision_item(new, body)?)?;
        }
        let (before, after) = (List::of(old), List::of(new));
        for list in before.iter().filter(|list| !after.contains(list)) {
            self.leave(&mut transaction, list, old)?;
        }
        for list in after.iter().filter(|list| !before.contains(list)) {
            self.enter(&mut transaction, list, new)?;
        }
        if old.folded_tags() != new.folded_tags() {
            for list in after.iter().filter(|list| before.contains(list)) {
                transaction.put(&self.name, entry_item(list, new)?)?;
            }
        }
        transaction.commit(&self.dynamo).await.map_err(changed)
    }

    async fn delete(&self, article: &Article, now: Timestamp) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.replace(&self.name, tombstone(article, now)?, article.version)?;
        for list in List::of(article) {
            self.leave(&mut transaction, &list, article)?;
        }
        transaction.commit(&self.dynamo).await.map_err(changed)?;
        // The article is gone, which is what was asked for. What is left of it, should this fail, nothing leads to.
        if let Err(error) = self.drop_revisions(article).await {
            let (id, revisions) = (article.id.to_string(), article.revision);
            tracing::warn!(error = chain(&error), id, revisions, "bodies of a deleted article are left");
        }
        Ok(())
    }
}

/// A failed condition of a change is the article's version, or a revision that an overtaking change stored.
fn changed(error: NotCommitted) -> SaveArticleError {
    match error {
        NotCommitted::Store(error) => SaveArticleError::Store(error),
        NotCommitted::Conditions(_) => SaveArticleError::Changed,
    }
}

impl ArticleTable {
    fn enter(&self, transaction: &mut Transaction, list: &List, article: &Article) -> Result<(), StoreError> {
        transaction.put(&self.name, entry_item(list, article)?)?;
        self.count(transaction, list, article, 1)
    }

    fn leave(&self, transaction: &mut Transaction, list: &List, article: &Article) -> Result<(), StoreError> {
        transaction.delete(&self.name, list.entry_key(article.id))?;
        self.count(transaction, list, article, -1)
    }

    fn count(&self, transaction: &mut Transaction, list: &List, article: &Article, by: i8) -> Result<(), StoreError> {
        let change = Change {
            update: "SET written = if_not_exists(written, :written) ADD n :by".to_owned(),
            condition: None,
            values: vec![(":written", written(list, article)), (":by", n(by))],
        };
        transaction.update(&self.name, list.count_key(article.id), change)
    }

    /// Removes the bodies of a deleted article. Nothing leads to them any more; the tombstone says which there were.
    async fn drop_revisions(&self, article: &Article) -> Result<(), StoreError> {
        let mut pauses = retries().build();
        for first in (1..=article.revision).step_by(BATCH_WRITE as usize) {
            let numbers = first..=article.revision.min(first + BATCH_WRITE - 1);
            let deletion = |number| {
                let key = revision_key(article.id, number).attributes();
                let request = DeleteRequest::builder().set_key(Some(key)).build().map_err(corrupt)?;
                Ok::<_, StoreError>(WriteRequest::builder().delete_request(request).build())
            };
            let mut batch = vec![(self.name.to_string(), numbers.map(deletion).collect::<Result<Vec<_>, _>>()?)];
            while !batch.is_empty() {
                let request =
                    self.dynamo.client.batch_write_item().set_request_items(Some(batch.into_iter().collect()));
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
