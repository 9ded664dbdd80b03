//! Writing: the article, its lists and their counts in one transaction.

use async_trait::async_trait;

use super::{
    ArticleTable, ArticleWriter,
    bodies::{article_body_item, body_from, body_key, html_items},
    drafts::{draft_item, draft_key},
    items::{
        List, article_item, article_key, entry_item, mark_item, standing_from, tombstone, withdrawn_item, written,
    },
};
use crate::{
    adapters::dynamodb::{
        error::corrupt,
        store::{n, s},
        transaction::{Change, NotCommitted, Transaction},
    },
    domain::{
        Timestamp,
        article::{Article, ArticleBody, ArticleHtml, Slug, Standing},
        draft::Draft,
    },
    ports::{
        StoreError,
        articles::{ArticleWrites, DraftMove, SaveArticleError, Text},
        idempotency::Record,
    },
};

#[async_trait]
impl ArticleWrites for ArticleWriter {
    async fn find(&self, slug: &Slug) -> Result<Option<Standing>, StoreError> {
        let item = self.articles.dynamo.get(&self.articles.name, article_key(slug)).await?;
        Ok(item.map(standing_from).transpose()?.flatten())
    }

    async fn body(&self, article: &Article) -> Result<ArticleBody, StoreError> {
        let item = self.articles.dynamo.get(&self.articles.name, body_key(article.draft_id, article.revision)).await?;
        body_from(&item.ok_or_else(|| corrupt("an article without the revision that it shows"))?)
    }

    async fn create(
        &self,
        article: &Article,
        draft: &Draft,
        text: Text<'_>,
        once: Option<Record<'_>>,
    ) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.put_new(&self.articles.name, article_item(article)?)?;
        transaction.put_new(&self.articles.name, draft_item(draft)?)?;
        self.articles.put_text(&mut transaction, article, text)?;
        self.articles.relist(&mut transaction, None, Some(article))?;
        self.commit(transaction, once, true).await
    }

    async fn publish(
        &self,
        before: Option<&Standing>,
        article: &Article,
        draft: DraftMove<'_>,
        html: Option<&ArticleHtml>,
        once: Option<Record<'_>>,
    ) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        let listed = match before {
            None => {
                transaction.put_new(&self.articles.name, article_item(article)?)?;
                None
            }
            Some(Standing::Withdrawn(old)) => {
                transaction.replace(&self.articles.name, article_item(article)?, old.version)?;
                None
            }
            Some(Standing::Live(old)) => {
                transaction.replace(&self.articles.name, article_item(article)?, old.version)?;
                Some(old)
            }
            Some(Standing::Erased { .. }) => return Err(SaveArticleError::Changed),
        };
        self.articles.move_draft(&mut transaction, draft)?;
        if let Some(html) = html {
            self.articles.put_html(&mut transaction, article, html)?;
        }
        self.articles.relist(&mut transaction, listed, Some(article))?;
        self.commit(transaction, once, before.is_none()).await
    }

    async fn confirm(&self, article: &Article, once: Record<'_>) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        let version = vec![(":version", n(article.version))];
        transaction.check(&self.articles.name, article_key(&article.slug), "version = :version", version)?;
        self.commit(transaction, Some(once), false).await
    }

    async fn update(
        &self,
        old: &Article,
        new: &Article,
        draft: Option<DraftMove<'_>>,
        text: Option<Text<'_>>,
    ) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.replace(&self.articles.name, article_item(new)?, old.version)?;
        if let Some(text) = text {
            self.articles.put_text(&mut transaction, new, text)?;
        }
        if let Some(draft) = draft {
            self.articles.move_draft(&mut transaction, draft)?;
        }
        self.articles.relist(&mut transaction, Some(old), Some(new))?;
        self.commit(transaction, None, false).await
    }

    async fn withdraw(
        &self,
        article: &Article,
        draft: DraftMove<'_>,
        now: Timestamp,
        once: Option<Record<'_>>,
    ) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.replace(&self.articles.name, withdrawn_item(article, now)?, article.version)?;
        self.articles.move_draft(&mut transaction, draft)?;
        self.articles.relist(&mut transaction, Some(article), None)?;
        self.commit(transaction, once, false).await
    }

    async fn delete(&self, article: &Article, now: Timestamp) -> Result<(), SaveArticleError> {
        let mut transaction = Transaction::default();
        transaction.replace(&self.articles.name, tombstone(article, now)?, article.version)?;
        // Whatever it has become: nobody can save a draft that is not there.
        transaction.delete(&self.articles.name, draft_key(article.author_id, article.draft_id))?;
        self.articles.relist(&mut transaction, Some(article), None)?;
        transaction.put(&self.articles.name, mark_item(article.draft_id, Some(article.id))?)?;
        self.commit(transaction, None, false).await
    }
}

impl ArticleWriter {
    /// Commits `transaction`, whose first part is the article, with the record of the request that wants it `once`. A first part
    /// whose condition fails is a slug that is taken if the article is new, or else an article that has changed.
    async fn commit(
        &self,
        mut transaction: Transaction,
        once: Option<Record<'_>>,
        new: bool,
    ) -> Result<(), SaveArticleError> {
        let record = once.map(|record| self.records.join(&mut transaction, record)).transpose()?;
        transaction.commit(&self.articles.dynamo).await.map_err(|error| match error {
            // Whoever holds the items may be the same request, sent again.
            NotCommitted::Store(StoreError::Contended { .. }) if record.is_some() => SaveArticleError::KeyInUse,
            NotCommitted::Store(error) => SaveArticleError::Store(error),
            // Before the others: what they met may be what the same request, sent before, has done.
            NotCommitted::Conditions(failed) if record.is_some_and(|part| failed.contains(&part)) => {
                SaveArticleError::KeyInUse
            }
            NotCommitted::Conditions(failed) if new && failed == [0] => SaveArticleError::SlugTaken,
            NotCommitted::Conditions(_) => SaveArticleError::Changed,
        })
    }
}

impl ArticleTable {
    /// Has `transaction` do nothing unless `article` is still there for its readers.
    pub(in crate::adapters::dynamodb) fn check_live(
        &self,
        transaction: &mut Transaction,
        article: &Article,
    ) -> Result<(), StoreError> {
        let live = "id = :id AND attribute_not_exists(deletedAt) AND attribute_not_exists(withdrawnAt)";
        transaction.check(&self.name, article_key(&article.slug), live, vec![(":id", s(article.id.to_string()))])
    }

    fn put_text(&self, transaction: &mut Transaction, article: &Article, text: Text<'_>) -> Result<(), StoreError> {
        transaction.put_new(&self.name, article_body_item(article, text.body)?)?;
        self.put_html(transaction, article, text.html)
    }

    fn put_html(&self, transaction: &mut Transaction, article: &Article, html: &ArticleHtml) -> Result<(), StoreError> {
        html_items(article, html)?.into_iter().try_for_each(|item| transaction.put(&self.name, item))
    }

    /// Has the lists and their counts follow from what the live article was to what it is, as far as they differ.
    pub(super) fn relist(
        &self,
        transaction: &mut Transaction,
        old: Option<&Article>,
        new: Option<&Article>,
    ) -> Result<(), StoreError> {
        let lists = |article: Option<&Article>| article.map(List::of).unwrap_or_default();
        let (before, after) = (lists(old), lists(new));
        if let Some(old) = old {
            for list in before.iter().filter(|list| !after.contains(list)) {
                self.leave(transaction, list, old)?;
            }
        }
        let Some(new) = new else { return Ok(()) };
        for list in after.iter().filter(|list| !before.contains(list)) {
            self.enter(transaction, list, new)?;
        }
        if old.is_some_and(|old| old.folded_tags() != new.folded_tags()) {
            for list in after.iter().filter(|list| before.contains(list)) {
                transaction.put(&self.name, entry_item(list, new)?)?;
            }
        }
        Ok(())
    }

    fn enter(&self, transaction: &mut Transaction, list: &List, article: &Article) -> Result<(), StoreError> {
        transaction.put(&self.name, entry_item(list, article)?)?;
        self.count(transaction, list, article, 1)
    }

    fn leave(&self, transaction: &mut Transaction, list: &List, article: &Article) -> Result<(), StoreError> {
        transaction.delete(&self.name, list.entry_key(article.id))?;
        self.count(transaction, list, article, -1)
    }

    fn count(&self, transaction: &mut Transaction, list: &List, article: &Article, by: i8) -> Result<(), StoreError> {
        let mut set = "SET written = if_not_exists(written, :written)".to_owned();
        let mut values = vec![(":written", written(list, article)), (":by", n(by))];
        // What comes back after it was withdrawn is not the newest, and what goes leaves a newest that is none: feeds need to know
        // that there is nothing newer.
        if matches!(list, List::Author(_)) && by > 0 && article.version == 1 {
            set += ", newest = :newest";
            values.push((":newest", s(article.id.to_string())));
        }
        let change = Change { update: format!("{set} ADD n :by"), condition: None, values };
        transaction.update(&self.name, list.count_key(article.id), change)
    }
}
