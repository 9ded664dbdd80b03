//! Reading: an article is two calls, and so is a page of a list of the usual length; a batch takes 100 keys.

use std::collections::BTreeMap;

use async_trait::async_trait;
use aws_sdk_dynamodb::operation::query::builders::QueryFluentBuilder;

use super::{
    ArticleTable, ArticleViews, Row,
    bodies::{body_from, body_key, html_from, html_key, html_parts},
    items::{COUNT_SHARDS, Count, Entry, List, TAG_PREFIX, article_key, count_partition, standing_from},
};
use crate::{
    adapters::dynamodb::{
        error::corrupt,
        interactions::Reacted,
        store::{Key, all_pages, from_item, s},
        users::{user_from, user_key},
    },
    domain::{
        ArticleId, UserId,
        article::{Article, ArticleFilter, ArticleHtml, Found, Listing, Read, Seen, Slug, Standing},
        page::{Page, Start},
        tag::FoldedTag,
        view::Reader,
    },
    ports::{
        StoreError,
        articles::{ArticleDetails, ArticleLookups, ArticleReads},
    },
};

/// Tags that are listed at the most, so that the answer stays within what a function may return.
const MAX_TAGS_LISTED: usize = 5_000;

#[async_trait]
impl ArticleLookups for ArticleTable {
    async fn standing(&self, slug: &Slug) -> Result<Option<Standing>, StoreError> {
        let item = self.dynamo.get(&self.name, article_key(slug)).await?;
        Ok(item.map(standing_from).transpose()?.flatten())
    }
}

#[async_trait]
impl ArticleDetails for ArticleViews {
    async fn read(
        &self,
        slug: &Slug,
        viewer: Option<UserId>,
        reader: Option<Reader>,
    ) -> Result<Option<Found<Seen>>, StoreError> {
        let article = match self.articles.standing(slug).await? {
            Some(Standing::Live(article)) => article,
            Some(Standing::Withdrawn(article)) => return Ok(Some(Found::Withdrawn { version: article.version })),
            Some(Standing::Erased { version }) => return Ok(Some(Found::Withdrawn { version })),
            None => return Ok(None),
        };
        let (body, author) = (body_key(article.draft_id, article.revision), user_key(article.author_id));
        let mut wanted = vec![(&*self.articles.name, body.clone()), (&*self.users.name, author.clone())];
        let reacted = self.reactions.reacted(viewer, &[(article.id, article.author_id)], reader).await?;
        let keys = reacted.iter().flat_map(Reacted::keys);
        wanted.extend(keys.map(|key| (&*self.reactions.interactions.name, key)));
        let mut found = self.articles.dynamo.get_all(wanted).await?;
        // Without its body the article was deleted in between.
        let Some(body) = found.remove(&body) else { return Ok(None) };
        let author = found.remove(&author).ok_or_else(|| corrupt("an article without its author"))?;
        let Some(author) = user_from(author)? else {
            // The sweep is about to erase it: this is what it will be then.
            return Ok(Some(Found::Withdrawn { version: article.version + 1 }));
        };
        let reactions = reacted.first().map(|reacted| reacted.reactions(&found)).transpose()?.unwrap_or_default();
        let read = Read { body: body_from(&body)?, author: author.profile(), article };
        Ok(Some(Found::Read(Box::new(Seen { read, reactions }))))
    }

    async fn html(&self, article: &Article) -> Result<Option<ArticleHtml>, StoreError> {
        let (table, key) = (&self.articles, |part| html_key(article.draft_id, article.revision, part));
        let Some(first) = table.dynamo.get(&table.name, key(0)).await? else { return Ok(None) };
        let keys: Vec<_> = (1..html_parts(&first)?).map(key).collect();
        let rest = table.dynamo.get_all(keys.iter().map(|key| (&*table.name, key.clone())).collect()).await?;
        // Without one of its parts the article was deleted in between.
        let Some(rest) = keys.iter().map(|key| rest.get(key)).collect::<Option<Vec<_>>>() else { return Ok(None) };
        html_from([&first].into_iter().chain(rest)).map(Some)
    }
}

#[async_trait]
impl ArticleReads for ArticleViews {
    async fn list(
        &self,
        filter: &ArticleFilter,
        viewer: Option<UserId>,
        page: Page<ArticleId>,
    ) -> Result<Listing, StoreError> {
        let list = List::narrowest(filter);
        let behind = match page.start {
            Start::Behind(last) => Some(last),
            Start::Offset(_) => None,
        };
        // One more shows whether there is a next page.
        let depth = page.offset() + page.limit + 1;
        let Some(tag) = filter.tag.as_ref().filter(|_| filter.author.is_some()) else {
            let entries = self.articles.entries(&list, None, behind, depth).await?;
            return self.page(entries, viewer, page, &list.count_keys()).await;
        };
        // The author's whole list is read, and the store drops what lacks the tag: authors are finite.
        let mut entries = self.articles.entries(&list, Some(tag), None, usize::MAX).await?;
        let total = entries.len() as u64;
        entries.retain(|entry| behind.is_none_or(|last| entry.article < last));
        Ok(Listing { total, ..self.page(entries, viewer, page, &[]).await? })
    }

    async fn tags(&self, prefix: Option<&FoldedTag>) -> Result<Vec<String>, StoreError> {
        let begin = format!("{TAG_PREFIX}{}", prefix.map_or("", FoldedTag::as_str));
        let shards = (0..COUNT_SHARDS).map(|shard| self.tag_counts(shard, &begin));
        let mut tags: BTreeMap<String, (i64, String)> = BTreeMap::new();
        for (key, count) in futures_util::future::try_join_all(shards).await?.into_iter().flatten() {
            let (n, _) = tags.entry(key.sk).or_insert_with(|| (0, count.written.unwrap_or_default()));
            *n += count.n;
        }
        let mut used: Vec<_> = tags.into_values().filter(|(n, _)| *n > 0).collect();
        used.sort_by(|(n, label), (m, other)| m.cmp(n).then_with(|| label.cmp(other)));
        used.truncate(MAX_TAGS_LISTED);
        Ok(used.into_iter().map(|(_, label)| label).collect())
    }
}

impl ArticleTable {
    fn query(&self) -> QueryFluentBuilder {
        self.dynamo.client.query().table_name(&*self.name).consistent_read(true)
    }

    /// The newest `count` entries of `list`, or of those with `tag`; of those behind `behind`, if there is one.
    pub(super) async fn entries(
        &self,
        list: &List,
        tag: Option<&FoldedTag>,
        behind: Option<ArticleId>,
        count: usize,
    ) -> Result<Vec<Entry>, StoreError> {
        let mut query =
            self.query().expression_attribute_values(":list", s(list.partition())).scan_index_forward(false);
        query = match behind {
            Some(last) => query
                .key_condition_expression("pk = :list AND sk < :last")
                .expression_attribute_values(":last", s(last.to_string())),
            None => query.key_condition_expression("pk = :list"),
        };
        query = match tag {
            Some(tag) => query
                .filter_expression("contains(foldedTags, :tag)")
                .expression_attribute_values(":tag", s(tag.as_str())),
            None => query.limit(i32::try_from(count).unwrap_or(i32::MAX)),
        };
        let items = all_pages(query, count).await?;
        items.into_iter().map(from_item).collect()
    }
}

impl ArticleViews {
    /// The page of `entries`, of which there is one more if there is a next page, with articles, authors, reactions and counts in
    /// one batch.
    pub(super) async fn page(
        &self,
        entries: Vec<Entry>,
        viewer: Option<UserId>,
        page: Page<ArticleId>,
        counts: &[Key],
    ) -> Result<Listing, StoreError> {
        let mut entries: Vec<_> = entries.into_iter().skip(page.offset()).collect();
        let next = page.next(&mut entries, |entry| entry.article);
        let row = |entry: Entry| Row { article: entry.article, slug: entry.slug, author: entry.author_id };
        let rows: Vec<_> = entries.into_iter().map(row).collect();
        let others: Vec<_> = counts.iter().map(|key| (&*self.articles.name, key.clone())).collect();
        let (listed, found) = self.rows(&rows, viewer, &others).await?;
        let count =
            |key| found.get(key).cloned().map(from_item::<Count>).transpose().map(|count| count.map_or(0, |c| c.n));
        let total: i64 = counts.iter().map(count).sum::<Result<_, _>>()?;
        // Articles that were withdrawn or deleted since the list was read are left out.
        Ok(Listing { articles: listed.into_iter().flatten().collect(), next, total: total.unsigned_abs() })
    }

    async fn tag_counts(&self, shard: u8, begin: &str) -> Result<Vec<(Key, Count)>, StoreError> {
        let query = self
            .articles
            .query()
            .key_condition_expression("pk = :shard AND begins_with(sk, :tags)")
            .expression_attribute_values(":shard", s(count_partition(shard)))
            .expression_attribute_values(":tags", s(begin));
        let items = all_pages(query, usize::MAX).await?;
        items.into_iter().map(|item| Ok((from_item(item.clone())?, from_item(item)?))).collect()
    }
}
