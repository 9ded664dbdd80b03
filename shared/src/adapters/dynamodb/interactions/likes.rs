//! Likes: one item for each, under its user, in one transaction with the counters of the article and of the user.

use async_trait::async_trait;

use super::{
    KeptTable,
    counters::{Counter, move_counter},
    items::{Kept, like_key, likes_partition},
};
use crate::{
    adapters::dynamodb::{
        store::to_item,
        transaction::{NotCommitted, Transaction},
    },
    domain::{
        ArticleId, UserId,
        article::{Article, ArticleFilter, Listing},
        page::Page,
    },
    ports::{
        StoreError,
        reactions::{LikeLists, Likes},
    },
};

#[async_trait]
impl Likes for KeptTable {
    async fn like(&self, user: UserId, article: &Article) -> Result<bool, StoreError> {
        let table = &*self.interactions.name;
        let mut transaction = Transaction::default();
        transaction.put_new(table, to_item(&Kept::new(likes_partition(user), article, None))?)?;
        move_counter(&mut transaction, table, article.id, Counter::Likes, 1)?;
        self.count(&mut transaction, user, Counter::Likes, 1)?;
        self.done(transaction).await
    }

    async fn unlike(&self, user: UserId, article: ArticleId) -> Result<bool, StoreError> {
        let table = &*self.interactions.name;
        let mut transaction = Transaction::default();
        transaction.delete_when(table, like_key(user, article), "attribute_exists(pk)", Vec::new())?;
        move_counter(&mut transaction, table, article, Counter::Likes, -1)?;
        self.count(&mut transaction, user, Counter::Likes, -1)?;
        self.done(transaction).await
    }
}

#[async_trait]
impl LikeLists for KeptTable {
    async fn likes(
        &self,
        user: UserId,
        filter: &ArticleFilter,
        viewer: Option<UserId>,
        page: Page<ArticleId>,
    ) -> Result<Listing, StoreError> {
        if *filter != ArticleFilter::default() {
            return self.sifted(likes_partition(user), filter, viewer, page).await;
        }
        let found = self.page(likes_partition(user), (user, Counter::Likes), viewer, page).await?;
        let articles = found.articles.into_iter().map(|(listed, _)| listed).collect();
        Ok(Listing { articles, next: found.next, total: found.total })
    }
}

impl KeptTable {
    /// Commits; `false` if the condition of the relation did not hold, which is the only one.
    pub(super) async fn done(&self, transaction: Transaction) -> Result<bool, StoreError> {
        match transaction.commit(&self.interactions.dynamo).await {
            Ok(()) => Ok(true),
            Err(NotCommitted::Conditions(_)) => Ok(false),
            Err(NotCommitted::Store(error)) => Err(error),
        }
    }
}
