//! Collections: as likes, and each article in a folder or in none.

use async_trait::async_trait;
use aws_sdk_dynamodb::error::SdkError;

use super::{
    KeptTable,
    items::{Kept, collect_key, collects_partition},
};
use crate::{
    adapters::dynamodb::{
        error::store_error,
        store::{all_pages, from_item, s},
    },
    domain::{
        ArticleId, RelationId, UserId,
        article::Article,
        counting::{Move, Reaction},
        page::{Page, Start},
        reaction::{CollectionPage, Folder, Place},
    },
    ports::{StoreError, reactions::Collections},
};

/// How often a collection is tried while the same user's other requests take the article out again.
const TRIES: usize = 8;

#[async_trait]
impl Collections for KeptTable {
    async fn collect(
        &self,
        user: UserId,
        article: &Article,
        id: RelationId,
        place: &Place,
    ) -> Result<Option<Move>, StoreError> {
        for _ in 0..TRIES {
            let folder = match place {
                Place::AsItIs => None,
                Place::In(folder) => folder.clone(),
            };
            let kept = Kept::new(collects_partition(user), article, id, folder);
            if self.interactions.relate(&kept, id).await? {
                return Ok(Some(Move::came(Reaction::Collect, id)));
            }
            match place {
                Place::AsItIs => return Ok(None),
                Place::In(folder) if self.put_into(user, article.id, folder.as_ref()).await? => return Ok(None),
                Place::In(_) => {}
            }
        }
        Err(StoreError::Contended { service: "the table of interactions" })
    }

    async fn take_out(&self, user: UserId, article: ArticleId) -> Result<Option<Move>, StoreError> {
        self.interactions.part(collect_key(user, article), Reaction::Collect).await
    }

    async fn collection(
        &self,
        user: UserId,
        folder: Option<&Folder>,
        page: Page<ArticleId>,
    ) -> Result<CollectionPage, StoreError> {
        match folder {
            Some(folder) => self.folder(user, folder, page).await,
            None => self.page(collects_partition(user), Some(user), page).await,
        }
    }
}

impl KeptTable {
    /// Moves a collected article into `folder` or out of all; `false` if it is not collected any more.
    async fn put_into(&self, user: UserId, article: ArticleId, folder: Option<&Folder>) -> Result<bool, StoreError> {
        let key = collect_key(user, article).attributes();
        let update = self.interactions.dynamo.client.update_item().table_name(&*self.interactions.name);
        let update = update.set_key(Some(key)).condition_expression("attribute_exists(pk)");
        let update = match folder {
            Some(folder) => update
                .update_expression("SET folder = :folder")
                .expression_attribute_values(":folder", s(folder.as_str())),
            None => update.update_expression("REMOVE folder"),
        };
        match update.send().await {
            Ok(_) => Ok(true),
            Err(SdkError::ServiceError(error)) if error.err().is_conditional_check_failed_exception() => Ok(false),
            Err(error) => Err(store_error(error)),
        }
    }

    /// A page of one folder. All of the collection is read, and the store drops what is elsewhere: it is one person's.
    async fn folder(&self, user: UserId, folder: &Folder, page: Page<ArticleId>) -> Result<CollectionPage, StoreError> {
        let query = self.query(collects_partition(user), None);
        let query =
            query.filter_expression("folder = :folder").expression_attribute_values(":folder", s(folder.as_str()));
        let items = all_pages(query, usize::MAX).await?;
        let mut kept = items.into_iter().map(from_item).collect::<Result<Vec<Kept>, _>>()?;
        let total = kept.len() as u64;
        kept = match page.start {
            Start::Offset(offset) => kept.into_iter().skip(offset).collect(),
            Start::Behind(last) => kept.into_iter().filter(|kept| kept.article < last).collect(),
        };
        let next = page.next(&mut kept, |kept| kept.article);
        let articles = self.listed(kept, Some(user)).await?;
        let hidden = articles.iter().filter(|(listed, _)| listed.is_none()).count() as u64;
        let articles = articles.into_iter().filter_map(|(listed, folder)| Some((listed?, folder))).collect();
        Ok(CollectionPage { articles, next, total: total - hidden })
    }
}
