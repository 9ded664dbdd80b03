//! Drafts, under their authors: one query lists an author's, one get finds one, and nobody else's is ever looked at.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::{
    ArticleTable, ArticleWriter,
    bodies::{body_key, draft_body_from, draft_body_item},
    items::{mark_item, tombstone},
};
use crate::{
    adapters::dynamodb::{
        error::{corrupt, store_error},
        store::{Item, Key, from_item, n, s, to_item},
        transaction::{NotCommitted, Transaction},
    },
    domain::{
        DraftId, Timestamp, UserId,
        article::{Article, Description, Slug, Title},
        draft::{Draft, DraftBody, DraftList, Publication},
        page::{Page, Start},
        tag::Tag,
    },
    ports::{
        StoreError,
        articles::DraftMove,
        drafts::{Drafts, SaveDraftError},
        idempotency::Record,
    },
};

pub(super) const DRAFTS: &str = "DRAFTS#";

/// The partition of an author's drafts.
pub(super) fn partition(author: UserId) -> String {
    format!("{DRAFTS}{author}")
}

/// Where a draft is.
pub(super) fn draft_key(author: UserId, id: DraftId) -> Key {
    Key::new(partition(author), id.to_string())
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct DraftItem {
    #[serde(flatten)]
    key: Key,
    id: DraftId,
    author_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    title: Option<Title>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    description: Option<Description>,
    tags: Vec<Tag>,
    revision: u32,
    last_revision: u32,
    shown: bool,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
    writes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    slug: Option<Slug>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    live: Option<u64>,
}

/// A draft as it is stored.
pub(super) fn draft_item(draft: &Draft) -> Result<Item, StoreError> {
    let Draft {
        id,
        author_id,
        title,
        description,
        tags,
        revision,
        last_revision,
        shown,
        created_at,
        updated_at,
        version,
        writes,
        publication,
    } = draft.clone();
    let (slug, live) = publication.map_or((None, None), |publication| (Some(publication.slug), publication.live));
    to_item(&DraftItem {
        key: draft_key(author_id, id),
        id,
        author_id,
        title,
        description,
        tags,
        revision,
        last_revision,
        shown,
        created_at,
        updated_at,
        version,
        writes,
        slug,
        live,
    })
}

/// The stored draft.
pub(super) fn draft_from(item: Item) -> Result<Draft, StoreError> {
    let DraftItem {
        key: _,
        id,
        author_id,
        title,
        description,
        tags,
        revision,
        last_revision,
        shown,
        created_at,
        updated_at,
        version,
        writes,
        slug,
        live,
    } = from_item(item)?;
    Ok(Draft {
        id,
        author_id,
        title,
        description,
        tags,
        revision,
        last_revision,
        shown,
        created_at,
        updated_at,
        version,
        writes,
        publication: slug.map(|slug| Publication { slug, live }),
    })
}

impl ArticleTable {
    /// Has `transaction` move a draft, if it is still as it was read; answers the part whose condition this is.
    pub(super) fn move_draft(
        &self,
        transaction: &mut Transaction,
        DraftMove { old, new }: DraftMove<'_>,
    ) -> Result<usize, StoreError> {
        transaction.put_when(&self.name, draft_item(new)?, "writes = :writes", vec![(":writes", n(old.writes))])
    }
}

/// A failed condition is the draft's, or that of its withdrawn article.
fn not_saved(error: NotCommitted) -> SaveDraftError {
    match error {
        NotCommitted::Store(error) => SaveDraftError::Store(error),
        NotCommitted::Conditions(_) => SaveDraftError::Changed,
    }
}

#[async_trait]
impl Drafts for ArticleWriter {
    async fn find(&self, author: UserId, id: DraftId) -> Result<Option<Draft>, StoreError> {
        let item = self.articles.dynamo.get(&self.articles.name, draft_key(author, id)).await?;
        item.map(draft_from).transpose()
    }

    async fn body(&self, draft: &Draft) -> Result<Option<DraftBody>, StoreError> {
        let item = self.articles.dynamo.get(&self.articles.name, body_key(draft.id, draft.revision)).await?;
        item.as_ref().map(draft_body_from).transpose()
    }

    async fn list(&self, author: UserId, page: Page<DraftId>) -> Result<DraftList, StoreError> {
        // One more shows whether there is a next page. The longest drafts of a page stay below the megabyte at which a query stops.
        let query = self
            .articles
            .dynamo
            .client
            .query()
            .table_name(&*self.articles.name)
            .consistent_read(true)
            .scan_index_forward(false)
            .limit(i32::try_from(page.offset() + page.limit + 1).map_err(corrupt)?)
            .expression_attribute_values(":author", s(partition(author)));
        let query = match page.start {
            Start::Offset(_) => query.key_condition_expression("pk = :author"),
            Start::Behind(last) => query
                .key_condition_expression("pk = :author AND sk < :last")
                .expression_attribute_values(":last", s(last.to_string())),
        };
        let found = query.send().await.map_err(store_error)?.items.unwrap_or_default();
        let found = found.into_iter().skip(page.offset()).map(draft_from);
        let mut drafts = found.collect::<Result<Vec<_>, _>>()?;
        let next = page.next(&mut drafts, |draft| draft.id);
        Ok(DraftList { drafts, next })
    }

    async fn create(&self, draft: &Draft, body: &DraftBody, once: Option<Record<'_>>) -> Result<(), SaveDraftError> {
        let mut transaction = Transaction::default();
        transaction.put_new(&self.articles.name, draft_item(draft)?)?;
        transaction.put_new(&self.articles.name, draft_body_item(draft, body)?)?;
        let keyed = once.map(|record| self.records.join(&mut transaction, record)).transpose()?.is_some();
        transaction.commit(&self.articles.dynamo).await.map_err(|error| match error {
            // Whoever holds the items may be the same request, sent again; nobody else knows the draft.
            NotCommitted::Store(StoreError::Contended { .. }) | NotCommitted::Conditions(_) if keyed => {
                SaveDraftError::KeyInUse
            }
            error => not_saved(error),
        })
    }

    async fn save(&self, old: &Draft, new: &Draft, body: Option<&DraftBody>) -> Result<(), SaveDraftError> {
        let mut transaction = Transaction::default();
        self.articles.move_draft(&mut transaction, DraftMove { old, new })?;
        if let Some(body) = body {
            transaction.put_new(&self.articles.name, draft_body_item(new, body)?)?;
        }
        if let Some(orphan) = old.orphan(new) {
            transaction.delete(&self.articles.name, body_key(old.id, orphan))?;
        }
        transaction.commit(&self.articles.dynamo).await.map_err(not_saved)
    }

    async fn delete(&self, draft: &Draft, withdrawn: Option<&Article>, now: Timestamp) -> Result<(), SaveDraftError> {
        let mut transaction = Transaction::default();
        let unchanged = ("writes = :writes", vec![(":writes", n(draft.writes))]);
        transaction.delete_when(&self.articles.name, draft_key(draft.author_id, draft.id), unchanged.0, unchanged.1)?;
        if let Some(article) = withdrawn {
            transaction.replace(&self.articles.name, tombstone(article, now)?, article.version)?;
        }
        transaction.put(&self.articles.name, mark_item(draft.id, withdrawn.map(|article| article.id))?)?;
        transaction.commit(&self.articles.dynamo).await.map_err(not_saved)
    }
}
