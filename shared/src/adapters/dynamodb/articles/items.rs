//! The items of the table of articles and their keys.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | live article, or the tombstone that keeps its slug | `ARTICLE#<slug>` | `LIVE` |
//! | a body, compressed, never changed | `REVISION#<article id>` | `<number>` |
//! | entry of a list | `LIST#<list>` | `<article id>`, which sorts by creation |
//! | count of a list, in shards by article | `COUNT#<shard>` | `<list>` |
//! | mark of a deleted article whose bodies are still to be swept | `SWEEP` | `<article id>` |
//!
//! A list is `LATEST`, `TAG#<folded tag>` or `AUTHOR#<user id>`.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use crate::{
    adapters::dynamodb::{
        compression::{deflate, inflate},
        error::corrupt,
        store::{Item, Key, from_item, s, to_item},
        stream::{Images, Said},
    },
    domain::{
        ArticleId, Timestamp, UserId,
        article::{Article, ArticleBody, ArticleFilter, Description, Slug, Title},
        change::Subject,
        tag::{FoldedTag, Tag},
    },
    ports::{StoreError, sweeps::Mark},
};

/// In how many items a count that everyone moves is kept, so that writers do not wait for each other. May be raised at any
/// time: what the other shards hold still counts.
pub(super) const COUNT_SHARDS: u8 = 8;

const ARTICLE: &str = "ARTICLE#";
const REVISION: &str = "REVISION#";
const LIST: &str = "LIST#";
const COUNT: &str = "COUNT#";

/// Where the live article is.
pub(super) fn article_key(slug: &Slug) -> Key {
    Key::new(format!("{ARTICLE}{slug}"), "LIVE")
}

/// Where a body is.
pub(super) fn revision_key(article: ArticleId, revision: u32) -> Key {
    Key::new(format!("{REVISION}{article}"), format!("{revision:010}"))
}

/// What a record of the table's change stream says. Bodies, lists, counts and marks follow from the article.
pub(in crate::adapters::dynamodb) fn said(key: &Key, images: &Images) -> Result<Said, StoreError> {
    if let Some(slug) = key.pk.strip_prefix(ARTICLE) {
        let slug = Slug::parse(slug).ok_or_else(|| corrupt("an article whose address is none"))?;
        return images.versioned(Subject::Article(slug));
    }
    let derived = [REVISION, LIST, COUNT, MARKS].iter().any(|prefix| key.pk.starts_with(prefix));
    Ok(if derived { Said::Nothing } else { Said::Foreign })
}

/// A list of articles.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum List {
    Latest,
    Tag(FoldedTag),
    Author(UserId),
}

/// What the keys of a tag's count begin with.
pub(super) const TAG_PREFIX: &str = "TAG#";

impl List {
    /// The lists that `article` stands on.
    pub(super) fn of(article: &Article) -> Vec<Self> {
        let tags = article.folded_tags().into_iter().map(Self::Tag);
        [Self::Latest, Self::Author(article.author_id)].into_iter().chain(tags).collect()
    }

    /// The list to read for `filter`: for an author and a tag the author's, which one person writes, where a tag is everyone's.
    pub(super) fn narrowest(filter: &ArticleFilter) -> Self {
        match (&filter.author, &filter.tag) {
            (Some(author), _) => Self::Author(*author),
            (None, Some(tag)) => Self::Tag(tag.clone()),
            (None, None) => Self::Latest,
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Latest => "LATEST".to_owned(),
            Self::Tag(tag) => format!("{TAG_PREFIX}{}", tag.as_str()),
            Self::Author(author) => format!("AUTHOR#{author}"),
        }
    }

    /// The partition of the list's entries.
    pub(super) fn partition(&self) -> String {
        format!("{LIST}{}", self.name())
    }

    /// Where the list has `article`.
    pub(super) fn entry_key(&self, article: ArticleId) -> Key {
        Key::new(self.partition(), article.to_string())
    }

    /// The shard of the list's count that `article` moves. One author's articles share a shard: one writer moves it.
    pub(super) fn count_key(&self, article: ArticleId) -> Key {
        let shard = match self {
            Self::Author(author) => shard(author.to_bytes()),
            Self::Latest | Self::Tag(_) => shard(article.to_bytes()),
        };
        Key::new(count_partition(shard), self.name())
    }

    /// All shards of the list's count.
    pub(super) fn count_keys(&self) -> Vec<Key> {
        let shards = match self {
            Self::Author(author) => shard(author.to_bytes())..shard(author.to_bytes()) + 1,
            Self::Latest | Self::Tag(_) => 0..COUNT_SHARDS,
        };
        shards.map(|shard| Key::new(count_partition(shard), self.name())).collect()
    }
}

fn shard(id: [u8; 16]) -> u8 {
    id[15] % COUNT_SHARDS
}

/// The partition of one shard of the counts.
pub(super) fn count_partition(shard: u8) -> String {
    format!("{COUNT}{shard}")
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ArticleItem {
    #[serde(flatten)]
    key: Key,
    id: ArticleId,
    slug: Slug,
    author_id: UserId,
    title: Title,
    description: Description,
    tags: Vec<Tag>,
    revision: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
}

/// The live article as it is stored.
pub(super) fn article_item(article: &Article) -> Result<Item, StoreError> {
    let Article { id, slug, author_id, title, description, tags, revision, created_at, updated_at, version } =
        article.clone();
    let key = article_key(&slug);
    to_item(&ArticleItem {
        key,
        id,
        slug,
        author_id,
        title,
        description,
        tags,
        revision,
        created_at,
        updated_at,
        version,
    })
}

/// The stored article; `None` for a tombstone.
pub(super) fn article_from(item: Item) -> Result<Option<Article>, StoreError> {
    if item.contains_key("deletedAt") {
        return Ok(None);
    }
    let ArticleItem {
        key: _,
        id,
        slug,
        author_id,
        title,
        description,
        tags,
        revision,
        created_at,
        updated_at,
        version,
    } = from_item(item)?;
    Ok(Some(Article { id, slug, author_id, title, description, tags, revision, created_at, updated_at, version }))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tombstone {
    #[serde(flatten)]
    key: Key,
    id: ArticleId,
    revision: u32,
    deleted_at: Timestamp,
    version: u64,
}

/// What stays of a deleted article: its slug, and which bodies it had.
pub(super) fn tombstone(article: &Article, deleted_at: Timestamp) -> Result<Item, StoreError> {
    let Article { id, slug, revision, version, .. } = article;
    to_item(&Tombstone { key: article_key(slug), id: *id, revision: *revision, deleted_at, version: version + 1 })
}

/// The partition of all marks. Each deletion writes one, as it does to the list of the latest.
pub(super) const MARKS: &str = "SWEEP";

/// Where the mark of a deleted article is.
pub(super) fn mark_key(article: ArticleId) -> Key {
    Key::new(MARKS, article.to_string())
}

#[derive(Serialize, Deserialize)]
struct MarkItem {
    #[serde(flatten)]
    key: Key,
    revisions: u32,
}

/// A mark as it is stored.
pub(super) fn mark_item(mark: &Mark) -> Result<Item, StoreError> {
    to_item(&MarkItem { key: mark_key(mark.article), revisions: mark.revisions })
}

/// The stored mark.
pub(super) fn mark_from(item: Item) -> Result<Mark, StoreError> {
    let MarkItem { key, revisions } = from_item(item)?;
    Ok(Mark { article: key.sk.parse().map_err(corrupt)?, revisions })
}

/// A body as it is stored.
pub(super) fn revision_item(article: &Article, body: &ArticleBody) -> Result<Item, StoreError> {
    let compressed = deflate(body.as_str().as_bytes())?;
    let mut item = revision_key(article.id, article.revision).attributes();
    item.insert("body".to_owned(), AttributeValue::B(compressed.into()));
    Ok(item)
}

/// The stored body.
pub(super) fn body_from(item: &Item) -> Result<ArticleBody, StoreError> {
    let compressed =
        item.get("body").and_then(|value| value.as_b().ok()).ok_or_else(|| corrupt("a revision without a body"))?;
    let text = String::from_utf8(inflate(compressed.as_ref())?).map_err(corrupt)?;
    ArticleBody::parse(text).map_err(|violation| corrupt(violation.0))
}

/// An entry of a list: which article, by whom, with which tags.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pk: String,
    #[serde(rename = "sk")]
    pub(super) article: ArticleId,
    pub(super) slug: Slug,
    pub(super) author_id: UserId,
    folded_tags: Vec<String>,
}

/// `article`'s entry in `list`, as it is stored.
pub(super) fn entry_item(list: &List, article: &Article) -> Result<Item, StoreError> {
    to_item(&Entry {
        pk: list.partition(),
        article: article.id,
        slug: article.slug.clone(),
        author_id: article.author_id,
        folded_tags: article.folded_tags().iter().map(|tag| tag.as_str().to_owned()).collect(),
    })
}

/// One shard of a count.
#[derive(Deserialize)]
pub(super) struct Count {
    pub(super) n: i64,
    /// How the tag was first written, if it is a tag's.
    #[serde(default)]
    pub(super) written: Option<String>,
}

/// What to show for a list's count: a tag as written.
pub(super) fn written(list: &List, article: &Article) -> AttributeValue {
    let written = match list {
        List::Tag(folded) => article.tags.iter().find(|tag| tag.folded() == *folded).map(Tag::as_str),
        List::Latest | List::Author(_) => None,
    };
    s(written.unwrap_or_default())
}
