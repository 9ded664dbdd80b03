//! Bodies of drafts and articles: compressed, never changed, numbered from 1 within their draft.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{
    adapters::dynamodb::{
        compression::{deflate, inflate},
        error::corrupt,
        store::{Item, Key},
    },
    domain::{
        DraftId,
        article::{Article, ArticleBody},
        draft::{Draft, DraftBody},
    },
    ports::StoreError,
};

pub(super) const REVISION: &str = "REVISION#";

/// The partition of all bodies of a draft and its article.
pub(super) fn bodies_partition(draft: DraftId) -> String {
    format!("{REVISION}{draft}")
}

/// Where a body is.
pub(super) fn body_key(draft: DraftId, revision: u32) -> Key {
    Key::new(bodies_partition(draft), format!("{revision:010}"))
}

fn body_item(draft: DraftId, revision: u32, text: &str) -> Result<Item, StoreError> {
    let mut item = body_key(draft, revision).attributes();
    item.insert("body".to_owned(), AttributeValue::B(deflate(text.as_bytes())?.into()));
    Ok(item)
}

/// A draft's body as it is stored.
pub(super) fn draft_body_item(draft: &Draft, body: &DraftBody) -> Result<Item, StoreError> {
    body_item(draft.id, draft.revision, body.as_str())
}

/// An article's body as it is stored.
pub(super) fn article_body_item(article: &Article, body: &ArticleBody) -> Result<Item, StoreError> {
    body_item(article.draft_id, article.revision, body.as_str())
}

fn text_from(item: &Item) -> Result<String, StoreError> {
    let compressed =
        item.get("body").and_then(|value| value.as_b().ok()).ok_or_else(|| corrupt("a revision without a body"))?;
    String::from_utf8(inflate(compressed.as_ref())?).map_err(corrupt)
}

/// The stored body of an article.
pub(super) fn body_from(item: &Item) -> Result<ArticleBody, StoreError> {
    ArticleBody::parse(text_from(item)?).map_err(|violation| corrupt(violation.0))
}

/// The stored body of a draft.
pub(super) fn draft_body_from(item: &Item) -> Result<DraftBody, StoreError> {
    DraftBody::parse(text_from(item)?).map_err(|violation| corrupt(violation.0))
}
