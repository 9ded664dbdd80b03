//! Bodies of drafts and articles: compressed, never changed, numbered from 1 within their draft. Beside a body that readers see stands
//! what it looks like in HTML, in as many parts as it takes.

use aws_sdk_dynamodb::types::AttributeValue;

use crate::{
    adapters::dynamodb::{
        compression::{deflate, inflate},
        error::corrupt,
        store::{Item, Key, n},
    },
    domain::{
        DraftId,
        article::{Article, ArticleBody, ArticleHtml},
        draft::{Draft, DraftBody},
    },
    ports::StoreError,
};

pub(super) const REVISION: &str = "REVISION#";

/// Bytes of HTML in one item: below DynamoDB's 400 KB with room for the rest of the item.
const PART: usize = 380_000;

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

/// Where a part of a body's HTML is.
pub(super) fn html_key(draft: DraftId, revision: u32, part: usize) -> Key {
    Key::new(bodies_partition(draft), format!("{revision:010}#HTML#{part}"))
}

/// The HTML of what an article shows as it is stored. The first item knows how many there are.
pub(super) fn html_items(article: &Article, html: &ArticleHtml) -> Result<Vec<Item>, StoreError> {
    let compressed = deflate(html.as_str().as_bytes())?;
    let parts: Vec<_> = compressed.chunks(PART).collect();
    let item = |(part, bytes): (usize, &&[u8])| {
        let mut item = html_key(article.draft_id, article.revision, part).attributes();
        item.insert("html".to_owned(), AttributeValue::B((*bytes).into()));
        if part == 0 {
            item.insert("parts".to_owned(), n(parts.len()));
        }
        item
    };
    Ok(parts.iter().enumerate().map(item).collect())
}

/// How many items a body's HTML has, of which this is the first.
pub(super) fn html_parts(first: &Item) -> Result<usize, StoreError> {
    let parts = first.get("parts").and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok());
    parts.ok_or_else(|| corrupt("HTML without the number of its parts"))
}

/// The HTML that is stored in `items`.
pub(super) fn html_from<'a>(items: impl Iterator<Item = &'a Item>) -> Result<ArticleHtml, StoreError> {
    let mut compressed = Vec::new();
    for item in items {
        let part = item.get("html").and_then(|value| value.as_b().ok());
        compressed.extend_from_slice(part.ok_or_else(|| corrupt("a part of HTML without it"))?.as_ref());
    }
    Ok(ArticleHtml::new(String::from_utf8(inflate(&compressed)?).map_err(corrupt)?))
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
