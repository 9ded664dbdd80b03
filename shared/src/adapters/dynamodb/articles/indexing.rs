//! What an index is told of articles and users.

use std::collections::HashMap;

use async_trait::async_trait;

use super::{
    ArticleTable,
    bodies::{body_from, body_key},
    items::{Count, Entry, List, article_key, standing_from},
};
use crate::{
    adapters::dynamodb::{
        InteractionTable, UserTable,
        error::{corrupt, store_error},
        interactions::{counters_from, counters_key},
        store::{Item, Key, from_item},
        users::{USER, user_from, user_key},
    },
    domain::{
        ArticleId, UserId,
        article::{Article, Slug, Standing},
        user::User,
    },
    ports::{
        StoreError,
        indexing::{AtAddress, IndexSource, IndexSurvey, Material},
    },
};

/// How often an article is read again whose text was replaced in between.
const TRIES: usize = 5;

/// The tables of articles, of users and of what was done about articles, for an index.
#[derive(Clone)]
pub struct IndexTables {
    articles: ArticleTable,
    users: UserTable,
    interactions: InteractionTable,
}

impl IndexTables {
    /// Reads from these tables, which must belong to one client.
    pub fn new(articles: ArticleTable, users: UserTable, interactions: InteractionTable) -> Self {
        Self { articles, users, interactions }
    }

    async fn get_articles(&self, keys: &[Key]) -> Result<HashMap<Key, Item>, StoreError> {
        let name = &*self.articles.name;
        self.articles.dynamo.get_all(keys.iter().map(|key| (name, key.clone())).collect()).await
    }
}

#[async_trait]
impl IndexSource for IndexTables {
    async fn addresses(&self, articles: &[ArticleId]) -> Result<Vec<Option<Slug>>, StoreError> {
        let keys: Vec<_> = articles.iter().map(|article| List::Latest.entry_key(*article)).collect();
        let mut found = self.get_articles(&keys).await?;
        let slug = |key| Ok(found.remove(key).map(from_item::<Entry>).transpose()?.map(|entry| entry.slug));
        keys.iter().map(slug).collect()
    }

    async fn articles(&self, slugs: &[Slug]) -> Result<Vec<AtAddress>, StoreError> {
        let mut found: Vec<Option<AtAddress>> = slugs.iter().map(|_| None).collect();
        for _ in 0..TRIES {
            let open: Vec<_> = (0..slugs.len()).filter(|place| found[*place].is_none()).collect();
            if open.is_empty() {
                break;
            }
            let keys: Vec<_> = open.iter().map(|place| article_key(&slugs[*place])).collect();
            let mut items = self.get_articles(&keys).await?;
            let mut live = Vec::new();
            for (place, key) in open.into_iter().zip(&keys) {
                match items.remove(key).map(standing_from).transpose()?.flatten() {
                    Some(Standing::Live(article)) => live.push((place, article)),
                    Some(Standing::Withdrawn(Article { version, .. }) | Standing::Erased { version }) => {
                        found[place] = Some(AtAddress::Gone(version));
                    }
                    None => found[place] = Some(AtAddress::Nothing),
                }
            }
            self.read_texts(live, &mut found).await?;
        }
        found.into_iter().map(|at| at.ok_or_else(|| corrupt("an article without its text"))).collect()
    }

    async fn users(&self, users: &[UserId]) -> Result<Vec<Option<User>>, StoreError> {
        let keys: Vec<_> = users.iter().map(|user| user_key(*user)).collect();
        let wanted = keys.iter().map(|key| (&*self.users.name, key.clone())).collect();
        let mut found = self.users.dynamo.get_all(wanted).await?;
        keys.iter().map(|key| Ok(found.remove(key).map(user_from).transpose()?.flatten())).collect()
    }
}

impl IndexTables {
    /// Finds texts and counters of the `live` articles at their places. A text that is not there was replaced since its article was read:
    /// that place stays open.
    async fn read_texts(&self, live: Vec<(usize, Article)>, found: &mut [Option<AtAddress>]) -> Result<(), StoreError> {
        let text = |article: &Article| body_key(article.draft_id, article.revision);
        let mut wanted = Vec::new();
        for (_, article) in &live {
            wanted.push((&*self.articles.name, text(article)));
            wanted.push((&*self.interactions.name, counters_key(article.id)));
        }
        let items = self.articles.dynamo.get_all(wanted).await?;
        for (place, article) in live {
            let Some(body) = items.get(&text(&article)) else { continue };
            let counters = counters_from(items.get(&counters_key(article.id)))?;
            found[place] = Some(AtAddress::Live(Box::new(Material { body: body_from(body)?, counters, article })));
        }
        Ok(())
    }
}

#[async_trait]
impl IndexSurvey for IndexTables {
    async fn count(&self) -> Result<u64, StoreError> {
        let found = self.get_articles(&List::Latest.count_keys()).await?;
        let counts = found.into_values().map(|item| Ok(from_item::<Count>(item)?.n));
        Ok(counts.sum::<Result<i64, StoreError>>()?.unsigned_abs())
    }

    async fn article_page(
        &self,
        behind: Option<ArticleId>,
        limit: usize,
    ) -> Result<Vec<(ArticleId, Slug)>, StoreError> {
        let entries = self.articles.entries(&List::Latest, None, behind, limit).await?;
        Ok(entries.into_iter().map(|entry| (entry.article, entry.slug)).collect())
    }

    async fn user_page(&self, mark: Option<&str>) -> Result<(Vec<User>, Option<String>), StoreError> {
        let mark = mark.map(serde_json::from_str::<Key>).transpose().map_err(corrupt)?;
        let scan = self.users.dynamo.client.scan().table_name(&*self.users.name).consistent_read(true);
        let page = scan.set_exclusive_start_key(mark.map(Key::attributes)).send().await.map_err(store_error)?;
        let is_user = |item: &Item| Key::of(item).is_some_and(|key| key.pk.starts_with(USER) && key.sk == "USER");
        let users = page.items.unwrap_or_default().into_iter().filter(is_user);
        let users = users.filter_map(|item| user_from(item).transpose()).collect::<Result<_, _>>()?;
        let next = page.last_evaluated_key.map(|key| {
            let key = Key::of(&key).ok_or_else(|| corrupt("a place in the table without a key"))?;
            serde_json::to_string(&key).map_err(corrupt)
        });
        Ok((users, next.transpose()?))
    }
}
