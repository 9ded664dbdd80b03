//! What was done about an article, as somebody sees it.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{
    InteractionTable,
    counters::counters_from,
    items::{collect_key, counters_key, follow_key, like_key},
};
use crate::{
    adapters::dynamodb::store::{Item, Key},
    domain::{
        ArticleId, UserId,
        reaction::{ArticleCounters, Flags, Reactions},
    },
    ports::{
        StoreError,
        reactions::{CounterViews, ReactionViews},
    },
};

/// The items that say it.
pub(in crate::adapters::dynamodb) fn reactions_keys(
    viewer: Option<UserId>,
    article: ArticleId,
    author: UserId,
) -> Vec<Key> {
    let mut keys = vec![counters_key(article)];
    if let Some(viewer) = viewer {
        keys.extend([like_key(viewer, article), collect_key(viewer, article), follow_key(viewer, author)]);
    }
    keys
}

/// What those of the items say that were `found`.
pub(in crate::adapters::dynamodb) fn reactions_from(
    viewer: Option<UserId>,
    article: ArticleId,
    author: UserId,
    found: &HashMap<Key, Item>,
) -> Result<Reactions, StoreError> {
    let counters = counters_from(found.get(&counters_key(article)))?;
    let flags = viewer.map(|viewer| Flags {
        liked: found.contains_key(&like_key(viewer, article)),
        collected: found.contains_key(&collect_key(viewer, article)),
        follows_author: found.contains_key(&follow_key(viewer, author)),
    });
    Ok(Reactions { counters, flags: flags.unwrap_or_default() })
}

#[async_trait]
impl ReactionViews for InteractionTable {
    async fn reactions(&self, viewer: UserId, article: ArticleId, author: UserId) -> Result<Reactions, StoreError> {
        let keys = reactions_keys(Some(viewer), article, author);
        let found = self.dynamo.get_all(keys.into_iter().map(|key| (&*self.name, key)).collect()).await?;
        reactions_from(Some(viewer), article, author, &found)
    }
}

#[async_trait]
impl CounterViews for InteractionTable {
    async fn counters(&self, article: ArticleId) -> Result<ArticleCounters, StoreError> {
        counters_from(self.dynamo.get(&self.name, counters_key(article)).await?.as_ref())
    }
}
