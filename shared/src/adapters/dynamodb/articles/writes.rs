//! Writing: the article, its lists and their counts in one transaction.

use async_trait::async_trait;

use super::{
    ArticleTable, ArticleWriter,
    items::{
        List, article_from, article_item, article_key, body_from, entry_item, mark_item, revision_item, revision_key,
        tombstone, written,
    },
};
use crate::{
    adapters::dynamodb::{
        error::corrupt,
        store::n,
        transaction::{Change, NotCommitted, Transaction},
    },
    domain::{
        Timestamp,
        article::{Article, ArticleBody, Slug},
    },
    ports::{
        StoreError,
        articles::{ArticleWrites, SaveArticleError},
        idempotency::Record,
        sweeps::Mark,
    },
};

#[async_trait]
impl ArticleWrites for ArticleWriter {
    async fn find(&self, slug: &Slug) -> Result<Option<Article>, StoreError> {
        let item = self.articles.dynamo.get(&self.articles.name, article_key(slug)).await?;
        Ok(item.map(article_from).transpose()?.flatten())
    }

    async fn body(&self, article: &Article) -> Result<ArticleBody, StoreError> {
        let item = self.articles.dynamo.get(&self.articles.name, revision_key(article.id, article.revision)).await?;
        body_from(&item.ok_or_else(|| corrupt("an article without the revision that it shows"))?)
    }

    async fn create(
        &self,
        article: &Article,
        body: &ArticleBody,
        once: Option<Record<'_>>,
    ) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.put_new(&self.articles.name, article_item(article)?)?;
        transaction.put_new(&self.articles.name, revision_item(article, body)?)?;
        for list in List::of(article) {
            self.articles.enter(&mut transaction, &list, article)?;
        }
        let record = once.map(|record| self.records.join(&mut transaction, record)).transpose()?;
        transaction.commit(&self.articles.dynamo).await.map_err(|error| match error {
            // Whoever holds the items may be the same request, sent again.
            NotCommitted::Store(StoreError::Contended { .. }) if record.is_some() => SaveArticleError::KeyInUse,
            NotCommitted::Store(error) => SaveArticleError::Store(error),
            // Before the slug: the article that has it may be that of the same request, sent before.
            NotCommitted::Conditions(failed) if record.is_some_and(|part| failed.contains(&part)) => {
                SaveArticleError::KeyInUse
            }
            NotCommitted::Conditions(failed) if failed == [0] => SaveArticleError::SlugTaken,
            NotCommitted::Conditions(_) => {
                SaveArticleError::Store(corrupt("a new article's first revision was there before"))
            }
        })
    }

    async fn update(&self, old: &Article, new: &Article, body: Option<&ArticleBody>) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.replace(&self.articles.name, article_item(new)?, old.version)?;
        if let Some(body) = body {
            transaction.put_new(&self.articles.name, revision_item(new, body)?)?;
        }
        let (before, after) = (List::of(old), List::of(new));
        for list in before.iter().filter(|list| !after.contains(list)) {
            self.articles.leave(&mut transaction, list, old)?;
        }
        for list in after.iter().filter(|list| !before.contains(list)) {
            self.articles.enter(&mut transaction, list, new)?;
        }
        if old.folded_tags() != new.folded_tags() {
            for list in after.iter().filter(|list| before.contains(list)) {
                transaction.put(&self.articles.name, entry_item(list, new)?)?;
            }
        }
        transaction.commit(&self.articles.dynamo).await.map_err(changed)
    }

    async fn delete(&self, article: &Article, now: Timestamp) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.replace(&self.articles.name, tombstone(article, now)?, article.version)?;
        for list in List::of(article) {
            self.articles.leave(&mut transaction, &list, article)?;
        }
        transaction.put(&self.articles.name, mark_item(&Mark { article: article.id, revisions: article.revision })?)?;
        transaction.commit(&self.articles.dynamo).await.map_err(changed)
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
}
