//! What readers are shown of hot articles. An article's entry in the list of the latest leads from its id to its address; what was
//! withdrawn or deleted has none.

use async_trait::async_trait;

use super::{
    ArticleViews,
    items::{Entry, List, article_from, article_key},
};
use crate::{
    adapters::dynamodb::{
        error::corrupt,
        store::from_item,
        users::{user_from, user_key},
    },
    domain::{article::Listed, ranking::Scored, reaction::Reactions},
    ports::{StoreError, ranking::HotArticles},
};

#[async_trait]
impl HotArticles for ArticleViews {
    async fn show(&self, scored: &[Scored]) -> Result<Vec<Option<Listed>>, StoreError> {
        let keys: Vec<_> = scored.iter().map(|scored| List::Latest.entry_key(scored.article)).collect();
        let articles = &self.articles;
        let found = articles.dynamo.get_all(keys.iter().map(|key| (&*articles.name, key.clone())).collect()).await?;
        let entry = |key| found.get(key).cloned().map(from_item::<Entry>).transpose();
        let entries = keys.iter().map(entry).collect::<Result<Vec<_>, _>>()?;

        let mut wanted = Vec::new();
        for entry in entries.iter().flatten() {
            wanted.push((&*articles.name, article_key(&entry.slug)));
            wanted.push((&*self.users.name, user_key(entry.author_id)));
        }
        // One author's articles share their author.
        wanted.sort();
        wanted.dedup();
        let found = articles.dynamo.get_all(wanted).await?;
        let listed = |(scored, entry): (&Scored, &Option<Entry>)| {
            let Some(entry) = entry else { return Ok(None) };
            let article = found.get(&article_key(&entry.slug)).cloned().map(article_from).transpose()?.flatten();
            let Some(article) = article else { return Ok(None) };
            let author =
                found.get(&user_key(entry.author_id)).ok_or_else(|| corrupt("an article without its author"))?;
            let Some(author) = user_from(author.clone())? else { return Ok(None) };
            let reactions = Reactions::of_stranger(scored.counters);
            Ok(Some(Listed { article, author: author.profile(), reactions }))
        };
        scored.iter().zip(&entries).map(listed).collect()
    }
}
