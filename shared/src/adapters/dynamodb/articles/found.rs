//! What was found, as it is now.

use async_trait::async_trait;

use super::{ArticleViews, Row};
use crate::{
    adapters::dynamodb::{
        FollowTable,
        users::{user_from, user_key},
    },
    domain::{UserId, article::Listed, follow::SeenProfile, search::Hit, user::Username},
    ports::{StoreError, search::FoundViews},
};

/// The tables of articles and of users, for those who show what was found.
#[derive(Clone)]
pub struct FoundTables {
    articles: ArticleViews,
    users: FollowTable,
}

impl FoundTables {
    /// Reads from these tables, which must belong to one client.
    pub fn new(articles: ArticleViews, users: FollowTable) -> Self {
        Self { articles, users }
    }
}

#[async_trait]
impl FoundViews for FoundTables {
    async fn articles(
        &self,
        hits: &[Hit],
        authors: &[UserId],
        viewer: Option<UserId>,
    ) -> Result<(Vec<Option<Listed>>, Vec<Option<Username>>), StoreError> {
        let row = |hit: &Hit| Row { article: hit.article, slug: hit.slug.clone(), author: hit.author };
        let rows: Vec<_> = hits.iter().map(row).collect();
        // The batch asks for each item once.
        let others = authors.iter().filter(|author| rows.iter().all(|row| row.author != **author));
        let others: Vec<_> = others.map(|author| (&*self.articles.users.name, user_key(*author))).collect();
        let (listed, found) = self.articles.rows(&rows, viewer, &others).await?;
        let name = |author: &UserId| {
            let user = found.get(&user_key(*author)).cloned().map(user_from).transpose()?.flatten();
            Ok(user.map(|user| user.username))
        };
        let names = authors.iter().map(name).collect::<Result<_, StoreError>>()?;
        Ok((listed, names))
    }

    async fn users(&self, users: &[UserId], viewer: Option<UserId>) -> Result<Vec<SeenProfile>, StoreError> {
        self.users.profiles(users, viewer).await
    }
}
