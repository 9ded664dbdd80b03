//! Erasing what somebody wrote who is gone: drafts with their articles, whether live or withdrawn. An article keeps its address, where
//! readers are told that it was withdrawn; its bodies, and the comments on it, are marked for the sweep.

use super::{
    ArticleTable,
    drafts::{draft_from, draft_key, partition},
    items::{article_key, author_count_key, erased_item, mark_item, standing_from},
};
use crate::{
    adapters::dynamodb::{
        error::{SERVICE, store_error},
        store::{Key, s},
        transaction::{NotCommitted, Transaction},
    },
    domain::{Timestamp, UserId, article::Standing, draft::Draft},
    ports::StoreError,
};

/// How often an article is tried to be erased while a request of its author's is under way.
const TRIES: usize = 8;

impl ArticleTable {
    /// The first `limit` drafts of `author`, the oldest first.
    pub(in crate::adapters::dynamodb) async fn first_drafts(
        &self,
        author: UserId,
        limit: u16,
    ) -> Result<Vec<Draft>, StoreError> {
        let query = self.dynamo.client.query().table_name(&*self.name).consistent_read(true);
        let query = query
            .key_condition_expression("pk = :author")
            .expression_attribute_values(":author", s(partition(author)))
            .limit(i32::from(limit));
        let items = query.send().await.map_err(store_error)?.items.unwrap_or_default();
        items.into_iter().map(draft_from).collect()
    }

    /// Where the count of `author`'s articles is.
    pub(in crate::adapters::dynamodb) fn count_of(&self, author: UserId) -> Key {
        author_count_key(author)
    }

    /// Erases `draft`, and its article if it has one, at `now`.
    pub(in crate::adapters::dynamodb) async fn erase(&self, draft: &Draft, now: Timestamp) -> Result<(), StoreError> {
        for _ in 0..TRIES {
            let standing = match &draft.publication {
                Some(publication) => {
                    let item = self.dynamo.get(&self.name, article_key(&publication.slug)).await?;
                    item.map(standing_from).transpose()?.flatten()
                }
                None => None,
            };
            let mut transaction = Transaction::default();
            // Whatever it has become: nobody can save a draft that is not there.
            transaction.delete(&self.name, draft_key(draft.author_id, draft.id))?;
            let article = standing.as_ref().and_then(Standing::article);
            if let Some(article) = article {
                transaction.replace(&self.name, erased_item(article, now)?, article.version)?;
                if matches!(standing, Some(Standing::Live(_))) {
                    self.relist(&mut transaction, Some(article), None)?;
                }
            }
            transaction.put(&self.name, mark_item(draft.id, article.map(|article| article.id))?)?;
            match transaction.commit(&self.dynamo).await {
                Ok(()) => return Ok(()),
                // The article has changed since it was read.
                Err(NotCommitted::Conditions(_)) => {}
                Err(NotCommitted::Store(error)) => return Err(error),
            }
        }
        Err(StoreError::Contended { service: SERVICE })
    }
}
