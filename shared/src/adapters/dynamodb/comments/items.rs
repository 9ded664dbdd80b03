//! The items of the table of comments and their keys.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | comment | `ARTICLE#<article id>` | `<comment id>` |
//! | head of a thread, an entry of the list of an article's threads | `THREADS#<article id>` | `<root's id>` |
//! | entry of a thread | `THREAD#<article id>#<root's id>` | `<comment id>` |
//! | a long text | `TEXT#<article id>` | `<comment id>` |
//! | mark of a deleted thread whose comments are still to be swept | `SWEEP` | `<article id>#<root's id>` |
//!
//! In keys a comment's id has sixteen digits, so that it sorts.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::{
    adapters::dynamodb::{
        error::corrupt,
        store::{Item, Key, from_item, to_item},
    },
    domain::{
        ArticleId, Timestamp, UserId,
        comment::{Comment, CommentBody, CommentId, OPENING, Reply},
    },
    ports::{StoreError, sweeps::ThreadMark},
};

/// Bytes of a text that is stored with its comment, wherever that stands. With it an item stays below one write unit, and a head
/// below four. A longer text is an item of its own, stored once.
const SHORT: usize = 600;

/// A comment's id in a key.
pub(super) fn sort_key(id: CommentId) -> String {
    format!("{:016}", id.number())
}

/// The id in a sort key.
pub(super) fn id_of(sk: &str) -> Result<CommentId, StoreError> {
    sk.parse().ok().and_then(CommentId::from_number).ok_or_else(|| corrupt("a key without a comment's id"))
}

/// The partition of all comments on an article.
pub(super) fn comments_of(article: ArticleId) -> String {
    format!("ARTICLE#{article}")
}

/// The partition of an article's threads.
pub(super) fn threads_of(article: ArticleId) -> String {
    format!("THREADS#{article}")
}

/// The partition of the replies in a thread.
pub(super) fn replies_of(article: ArticleId, root: CommentId) -> String {
    format!("THREAD#{article}#{}", sort_key(root))
}

/// Where a comment is.
pub(super) fn comment_key(article: ArticleId, id: CommentId) -> Key {
    Key::new(comments_of(article), sort_key(id))
}

/// Where the head of the thread is that `root` begins.
pub(super) fn head_key(article: ArticleId, root: CommentId) -> Key {
    Key::new(threads_of(article), sort_key(root))
}

/// Where a thread has a reply.
pub(super) fn entry_key(article: ArticleId, root: CommentId, id: CommentId) -> Key {
    Key::new(replies_of(article, root), sort_key(id))
}

/// Where a comment's long text is.
pub(super) fn text_key(article: ArticleId, id: CommentId) -> Key {
    Key::new(format!("TEXT#{article}"), sort_key(id))
}

/// The partition of all marks.
pub(super) const MARKS: &str = "SWEEP";

/// Where the mark of a deleted thread is.
pub(super) fn mark_key(mark: &ThreadMark) -> Key {
    Key::new(MARKS, format!("{}#{}", mark.article, sort_key(mark.root)))
}

/// The mark at a key.
pub(super) fn mark_from(item: Item) -> Result<ThreadMark, StoreError> {
    let key: Key = from_item(item)?;
    let (article, root) = key.sk.split_once('#').ok_or_else(|| corrupt("a mark without a thread"))?;
    Ok(ThreadMark { article: article.parse().map_err(corrupt)?, root: id_of(root)? })
}

/// What all items of one comment hold of it. A comment is never edited, so that its copies cannot differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stored {
    pub(super) id: CommentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) author_id: Option<UserId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<CommentBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    root_id: Option<CommentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent_id: Option<CommentId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply_to: Option<UserId>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl Stored {
    pub(super) fn new(comment: &Comment, body: &CommentBody) -> Self {
        let Comment { id, article: _, author_id, reply, created_at, updated_at } = comment.clone();
        Self {
            id,
            author_id,
            body: (body.as_str().len() <= SHORT).then(|| body.clone()),
            root_id: reply.map(|reply| reply.root),
            parent_id: reply.map(|reply| reply.parent),
            reply_to: reply.and_then(|reply| reply.to),
            created_at,
            updated_at,
        }
    }

    /// Whether its text is an item of its own.
    pub(super) fn is_long(&self) -> bool {
        self.author_id.is_some() && self.body.is_none()
    }

    pub(super) fn is_placeholder(&self) -> bool {
        self.author_id.is_none()
    }

    /// The placeholder that is left when it is deleted at `now`: nobody said it, and nothing was said.
    pub(super) fn placeholder(&self, now: Timestamp) -> Self {
        Self { author_id: None, body: None, updated_at: self.updated_at.next(now), ..self.clone() }
    }

    pub(super) fn comment(&self, article: ArticleId) -> Comment {
        let Self { id, author_id, root_id, parent_id, reply_to, created_at, updated_at, .. } = self.clone();
        let reply = root_id.zip(parent_id).map(|(root, parent)| Reply { root, parent, to: reply_to });
        Comment { id, article, author_id, reply, created_at, updated_at }
    }
}

/// A comment as the list of all has it.
#[derive(Serialize, Deserialize)]
struct CommentItem {
    #[serde(flatten)]
    key: Key,
    said: Stored,
}

/// A comment and how many replies answer it; those to the comment that begins a thread are counted in its head.
#[derive(Deserialize)]
pub(super) struct Answered {
    pub(super) said: Stored,
    #[serde(default)]
    pub(super) answers: u64,
}

/// The comment as it is stored.
pub(super) fn comment_item(article: ArticleId, said: &Stored) -> Result<Item, StoreError> {
    to_item(&CommentItem { key: comment_key(article, said.id), said: said.clone() })
}

/// The reply as its thread has it.
pub(super) fn entry_item(article: ArticleId, root: CommentId, said: &Stored) -> Result<Item, StoreError> {
    to_item(&CommentItem { key: entry_key(article, root, said.id), said: said.clone() })
}

/// What an item holds of its comment.
pub(super) fn said_in(item: Item) -> Result<Stored, StoreError> {
    Ok(from_item::<Answered>(item)?.said)
}

/// A comment that begins a thread, and how the thread stands. Every change of the thread moves `version`.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Head {
    #[serde(flatten)]
    key: Key,
    pub(super) said: Stored,
    /// Replies that are not deleted.
    pub(super) replies_count: u64,
    /// Replies with placeholders.
    pub(super) thread_size: u64,
    /// The first [`OPENING`] of these, or all.
    pub(super) opening: Vec<Stored>,
    /// The id of the last in the opening, or 0: what has a higher one does not belong there.
    opening_last: u64,
    pub(super) version: u64,
}

/// The head of a thread that begins.
pub(super) fn new_head(article: ArticleId, said: &Stored) -> Result<Item, StoreError> {
    let key = head_key(article, said.id);
    to_item(&Head {
        key,
        said: said.clone(),
        replies_count: 0,
        thread_size: 0,
        opening: Vec::new(),
        opening_last: 0,
        version: 1,
    })
}

impl Head {
    /// The last reply of the opening.
    pub(super) fn opening_last(&self) -> Option<CommentId> {
        self.opening.last().map(|said| said.id)
    }

    /// Whether the opening has a reply with one of these ids.
    pub(super) fn opens_with(&self, ids: &[CommentId]) -> bool {
        self.opening.iter().any(|said| ids.contains(&said.id))
    }

    /// Whether the thread has more than its opening.
    pub(super) fn goes_on(&self) -> bool {
        self.thread_size > OPENING as u64
    }
}

/// Replies as a value of the attribute `opening`.
pub(super) fn opening_value(opening: &[Stored]) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(opening).map_err(corrupt)
}

/// A comment as a value of the attribute `said`.
pub(super) fn said_value(said: &Stored) -> Result<AttributeValue, StoreError> {
    serde_dynamo::to_attribute_value(said).map_err(corrupt)
}

#[derive(Serialize, Deserialize)]
struct TextItem {
    #[serde(flatten)]
    key: Key,
    body: CommentBody,
}

/// A long text as it is stored.
pub(super) fn text_item(article: ArticleId, id: CommentId, body: &CommentBody) -> Result<Item, StoreError> {
    to_item(&TextItem { key: text_key(article, id), body: body.clone() })
}

/// The stored long text.
pub(super) fn text_from(item: Item) -> Result<CommentBody, StoreError> {
    Ok(from_item::<TextItem>(item)?.body)
}
