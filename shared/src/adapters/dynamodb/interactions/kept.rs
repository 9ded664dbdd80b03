//! What users keep: lists of articles that they like or collected, newest article first.

use aws_sdk_dynamodb::{operation::query::builders::QueryFluentBuilder, types::Select};

use super::{InteractionTable, items::Kept};
use crate::{
    adapters::dynamodb::{
        articles::{ArticleViews, Row},
        error::{corrupt, store_error},
        store::{all_pages, from_item, s},
    },
    domain::{
        ArticleId, UserId,
        article::{ArticleFilter, Listed, Listing},
        page::{Page, Start},
        reaction::{CollectionPage, Folder},
    },
    ports::StoreError,
};

/// How often a page is filled up whose articles were withdrawn or deleted. What is missing then stands on the next page.
const ROUNDS: usize = 4;

/// Likes and collections with the articles that they are about.
#[derive(Clone)]
pub struct KeptTable {
    pub(super) interactions: InteractionTable,
    articles: ArticleViews,
}

impl KeptTable {
    /// Over these tables, which must belong to one client.
    pub fn new(interactions: InteractionTable, articles: ArticleViews) -> Self {
        Self { interactions, articles }
    }

    /// Asks for a partition's items, newest article first, behind `behind`.
    pub(super) fn query(&self, partition: String, behind: Option<ArticleId>) -> QueryFluentBuilder {
        let query = self.interactions.dynamo.client.query().table_name(&*self.interactions.name);
        let query = query.consistent_read(true).scan_index_forward(false);
        let query = query.expression_attribute_values(":list", s(partition));
        match behind {
            Some(last) => query
                .key_condition_expression("pk = :list AND sk < :last")
                .expression_attribute_values(":last", s(last.to_string())),
            None => query.key_condition_expression("pk = :list"),
        }
    }

    /// A page of a partition as `viewer` sees it. Articles that were withdrawn or deleted are left out, and others take their
    /// places; those that are met so are taken off the total, which counts records. Nobody keeps that number: where the first page does
    /// not end the list, the records are counted.
    pub(super) async fn page(
        &self,
        partition: String,
        viewer: Option<UserId>,
        page: Page<ArticleId>,
    ) -> Result<CollectionPage, StoreError> {
        let mut articles = Vec::new();
        let (mut start, mut total, mut hidden, mut round) = (page.start, 0, 0, 0);
        loop {
            let part = Page { start, limit: page.limit - articles.len() };
            // One more shows whether there is a next page.
            let depth = part.offset() + part.limit + 1;
            let behind = match start {
                Start::Behind(last) => Some(last),
                Start::Offset(_) => None,
            };
            let query = self.query(partition.clone(), behind).limit(i32::try_from(depth).map_err(corrupt)?);
            let items = all_pages(query, depth).await?;
            if round == 0 {
                let all = behind.is_none() && items.len() < depth;
                total = if all { items.len() as u64 } else { self.count(&partition).await? };
            }
            let items = items.into_iter().skip(part.offset()).map(from_item);
            let mut kept = items.collect::<Result<Vec<Kept>, _>>()?;
            let next = part.next(&mut kept, |kept| kept.article);
            for (listed, folder) in self.listed(kept, viewer).await? {
                match listed {
                    Some(listed) => articles.push((listed, folder)),
                    None => hidden += 1,
                }
            }
            round += 1;
            match &next {
                Some(last) if articles.len() < page.limit && round < ROUNDS => start = Start::Behind(last.0),
                _ => return Ok(CollectionPage { articles, next, total: total.saturating_sub(hidden) }),
            }
        }
    }

    /// How many records a partition has: 1 read unit for some twenty of them.
    async fn count(&self, partition: &str) -> Result<u64, StoreError> {
        let query = self.query(partition.to_owned(), None).select(Select::Count);
        let (mut count, mut start) = (0, None);
        loop {
            let page = query.clone().set_exclusive_start_key(start).send().await.map_err(store_error)?;
            count += u64::from(page.count.unsigned_abs());
            start = page.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    /// A page of those of a partition that pass `filter`. All of it is read, authors by the store and tags here: it is one
    /// person's.
    pub(super) async fn sifted(
        &self,
        partition: String,
        filter: &ArticleFilter,
        viewer: Option<UserId>,
        page: Page<ArticleId>,
    ) -> Result<Listing, StoreError> {
        let mut query = self.query(partition, None);
        if let Some(author) = filter.author {
            query = query
                .filter_expression("authorId = :author")
                .expression_attribute_values(":author", s(author.to_string()));
        }
        let items = all_pages(query, usize::MAX).await?;
        let kept = items.into_iter().map(from_item).collect::<Result<Vec<Kept>, _>>()?;
        let listed = self.listed(kept, viewer).await?;
        let passes =
            |listed: &Listed| filter.tag.as_ref().is_none_or(|wanted| listed.article.folded_tags().contains(wanted));
        let mut articles: Vec<_> = listed.into_iter().filter_map(|(listed, _)| listed).filter(passes).collect();
        let total = articles.len() as u64;
        match page.start {
            Start::Offset(offset) => drop(articles.drain(..offset.min(articles.len()))),
            Start::Behind(last) => articles.retain(|listed| listed.article.id < last),
        }
        let next = page.next(&mut articles, |listed| listed.article.id);
        Ok(Listing { articles, next, total })
    }

    /// What is kept as `viewer` sees it.
    pub(super) async fn listed(
        &self,
        kept: Vec<Kept>,
        viewer: Option<UserId>,
    ) -> Result<Vec<(Option<Listed>, Option<Folder>)>, StoreError> {
        let row = |kept: &Kept| Row { article: kept.article, slug: kept.slug.clone(), author: kept.author_id };
        let rows: Vec<_> = kept.iter().map(row).collect();
        let (listed, _) = self.articles.rows(&rows, viewer, &[]).await?;
        Ok(listed.into_iter().zip(kept.into_iter().map(|kept| kept.folder)).collect())
    }
}
