//! Likes: one item for each, under its user, and one write. Counters follow from the change stream.

use async_trait::async_trait;
use aws_sdk_dynamodb::{
    operation::put_item::PutItemError,
    types::{ReturnValue, ReturnValuesOnConditionCheckFailure},
};

use super::{
    InteractionTable, KeptTable,
    items::{Kept, like_key, likes_partition},
};
use crate::{
    adapters::dynamodb::{
        error::store_error,
        store::{Key, from_item, to_item},
    },
    domain::{
        ArticleId, RelationId, UserId,
        article::{Article, ArticleFilter, Listing},
        counting::{Move, Reaction},
        page::Page,
    },
    ports::{
        StoreError,
        reactions::{LikeLists, Likes},
    },
};

#[async_trait]
impl Likes for KeptTable {
    async fn like(&self, user: UserId, article: &Article, id: RelationId) -> Result<Option<Move>, StoreError> {
        let kept = Kept::new(likes_partition(user), article, id, None);
        Ok(self.interactions.relate(&kept, id).await?.then(|| Move::came(Reaction::Like, id)))
    }

    async fn unlike(&self, user: UserId, article: ArticleId) -> Result<Option<Move>, StoreError> {
        self.interactions.part(like_key(user, article), Reaction::Like).await
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
        let found = self.page(likes_partition(user), viewer, page).await?;
        let articles = found.articles.into_iter().map(|(listed, _)| listed).collect();
        Ok(Listing { articles, next: found.next, total: found.total })
    }
}

impl InteractionTable {
    /// Stores a relation unless it is there; `false` if it was. Whether it was `id` that was there a repeated call is told.
    pub(super) async fn relate(&self, kept: &Kept, id: RelationId) -> Result<bool, StoreError> {
        let put = self.dynamo.client.put_item().table_name(&*self.name).set_item(Some(to_item(kept)?));
        let put = put
            .condition_expression("attribute_not_exists(pk)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(refused)) => {
                    // The SDK repeats a call that was not answered: the first may have been done.
                    let there = refused.item.clone().map(from_item::<Kept>).transpose()?;
                    Ok(there.is_some_and(|there| there.id == Some(id)))
                }
                _ => Err(store_error(error)),
            },
        }
    }

    /// Removes the relation at `key`; nothing if it was not there. To delete what is not there makes no record in the change stream.
    pub(super) async fn part(&self, key: Key, reaction: Reaction) -> Result<Option<Move>, StoreError> {
        let delete = self.dynamo.client.delete_item().table_name(&*self.name).set_key(Some(key.attributes()));
        let deleted = delete.return_values(ReturnValue::AllOld).send().await.map_err(store_error)?;
        let gone = deleted.attributes.map(from_item::<Kept>).transpose()?;
        Ok(gone.map(|gone| Move { reaction, relation: gone.id, came: false }))
    }
}
