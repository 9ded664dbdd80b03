//! Drafts, which only their authors see.

use async_trait::async_trait;

use super::{
    StoreError,
    idempotency::Record,
    permission::{Permission, Table},
};
use crate::domain::{
    DraftId, Timestamp, UserId,
    article::Article,
    draft::{Draft, DraftBody, DraftList},
    page::Page,
};

/// Why a draft could not be stored; nothing was.
#[derive(Debug, thiserror::Error)]
pub enum SaveDraftError {
    /// The draft changed, or was deleted, since it was read.
    #[error("the draft changed in the meantime")]
    Changed,
    /// Another request under the same idempotency key has done it or is about to; its record, if there is one, says which.
    #[error("the idempotency key is in use")]
    KeyInUse,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads and writes drafts. Everything is read as last written, and each write is one transaction.
#[async_trait]
pub trait Drafts: Send + Sync {
    /// The author's draft with this id; `None` if there is none, or it is somebody else's.
    async fn find(&self, author: UserId, id: DraftId) -> Result<Option<Draft>, StoreError>;

    /// The body of `draft`; `None` if it has got another since it was read, or was deleted.
    async fn body(&self, draft: &Draft) -> Result<Option<DraftBody>, StoreError>;

    /// One page of the author's drafts, the newest first.
    async fn list(&self, author: UserId, page: Page<DraftId>) -> Result<DraftList, StoreError>;

    /// Stores a new draft, and with it the record of the request that wants it `once`.
    ///
    /// # Errors
    /// [`SaveDraftError::KeyInUse`].
    async fn create(&self, draft: &Draft, body: &DraftBody, once: Option<Record<'_>>) -> Result<(), SaveDraftError>;

    /// Stores `new` in place of `old`, with a new body if there is one. A body that nothing points at any more goes.
    ///
    /// # Errors
    /// [`SaveDraftError::Changed`].
    async fn save(&self, old: &Draft, new: &Draft, body: Option<&DraftBody>) -> Result<(), SaveDraftError>;

    /// Deletes a draft that has no live article, at `now`; of its `withdrawn` article, if there is one, stays the slug, which is
    /// never given again. The bodies are marked for the [sweep](super::sweeps).
    ///
    /// # Errors
    /// [`SaveDraftError::Changed`].
    async fn delete(&self, draft: &Draft, withdrawn: Option<&Article>, now: Timestamp) -> Result<(), SaveDraftError>;
}

/// What [`Drafts`] does to tables.
pub const DRAFTS: &[Permission] = &[
    Permission::new(Table::Articles, "GetItem"),
    Permission::new(Table::Articles, "Query"),
    Permission::new(Table::Articles, "PutItem"),
    Permission::new(Table::Articles, "DeleteItem"),
];
