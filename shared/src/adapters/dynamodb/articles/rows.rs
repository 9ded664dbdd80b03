//! Rows of a page of articles: the articles, their authors, and what was done about them, in one batch.

use std::collections::{BTreeSet, HashMap};

use super::{
    ArticleViews,
    items::{article_from, article_key},
};
use crate::{
    adapters::dynamodb::{
        error::corrupt,
        interactions::Reacted,
        store::{Item, Key},
        users::{user_from, user_key},
    },
    domain::{
        ArticleId, UserId,
        article::{Listed, Slug},
    },
    ports::StoreError,
};

/// Which article stands at a place of a list.
#[derive(Debug, Clone)]
pub(in crate::adapters::dynamodb) struct Row {
    pub(in crate::adapters::dynamodb) article: ArticleId,
    pub(in crate::adapters::dynamodb) slug: Slug,
    pub(in crate::adapters::dynamodb) author: UserId,
}

impl ArticleViews {
    /// What `viewer` sees of each row, which is nothing where the article was withdrawn or deleted, or its author is gone; and those of the items at
    /// `others` that are there.
    pub(in crate::adapters::dynamodb) async fn rows(
        &self,
        rows: &[Row],
        viewer: Option<UserId>,
        others: &[(&str, Key)],
    ) -> Result<(Vec<Option<Listed>>, HashMap<Key, Item>), StoreError> {
        let mut wanted = others.to_vec();
        wanted.extend(rows.iter().map(|row| (&*self.articles.name, article_key(&row.slug))));
        let authors: BTreeSet<_> = rows.iter().map(|row| row.author).collect();
        wanted.extend(authors.into_iter().map(|author| (&*self.users.name, user_key(author))));
        let about: Vec<_> = rows.iter().map(|row| (row.article, row.author)).collect();
        let reacted = self.reactions.reacted(viewer, &about, None).await?;
        // One author's articles share what says whether the viewer follows them.
        let reactions: BTreeSet<_> = reacted.iter().flat_map(Reacted::keys).collect();
        wanted.extend(reactions.into_iter().map(|key| (&*self.reactions.interactions.name, key)));
        let found = self.articles.dynamo.get_all(wanted).await?;
        let listed = |(row, reacted)| listed(row, reacted, &found);
        let listed = rows.iter().zip(&reacted).map(listed).collect::<Result<_, _>>()?;
        Ok((listed, found))
    }
}

fn listed(row: &Row, reacted: &Reacted, found: &HashMap<Key, Item>) -> Result<Option<Listed>, StoreError> {
    let Some(article) = found.get(&article_key(&row.slug)).cloned().map(article_from).transpose()?.flatten() else {
        return Ok(None);
    };
    let author = found.get(&user_key(row.author)).ok_or_else(|| corrupt("an article without its author"))?;
    let Some(author) = user_from(author.clone())? else { return Ok(None) };
    let reactions = reacted.reactions(found)?;
    Ok(Some(Listed { article, author: author.profile(), reactions }))
}
