//! The items of the table of articles and their keys.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | live or withdrawn article, or what keeps its slug when it was deleted or erased | `ARTICLE#<slug>` | `LIVE` |
//! | draft | `DRAFTS#<user id>` | `<draft id>`, which sorts by creation ([`drafts`](super::drafts)) |
//! | a body, compressed, never changed | `REVISION#<draft id>` | `<number>` ([`bodies`](super::bodies)) |
//! | entry of a list | `LIST#<list>` | `<article id>`, which sorts by first publication |
//! | count of `LATEST` or a tag, in shards by article | `COUNT#<shard>` | `<list>` |
//! | count of an author's articles, and which is the newest | `COUNT#AUTHOR#<user id>` | `AUTHOR#<user id>` |
//! | mark of a deleted draft whose bodies are still to be swept | `SWEEP` | `<draft id>` |
//!
//! A list is `LATEST`, `TAG#<folded tag>` or `AUTHOR#<user id>`.

use aws_sdk_dynamodb::types::AttributeValue;
use serde::{Deserialize, Serialize};

use super::{bodies::REVISION, drafts::DRAFTS};
use crate::{
    adapters::dynamodb::{
        error::corrupt,
        store::{Item, Key, from_item, s, to_item},
        stream::{Images, Said},
    },
    domain::{
        ArticleId, DraftId, Timestamp, UserId,
        article::{Article, ArticleFilter, Description, Slug, Standing, Title},
        change::Subject,
        tag::{FoldedTag, Tag},
    },
    ports::{StoreError, sweeps::Mark},
};

/// In how many items a count that everyone moves is kept, so that writers do not wait for each other. May be raised at any
/// time: what the other shards hold still counts.
pub(super) const COUNT_SHARDS: u8 = 8;

const ARTICLE: &str = "ARTICLE#";
const LIST: &str = "LIST#";
const COUNT: &str = "COUNT#";

/// Where the live article is.
pub(super) fn article_key(slug: &Slug) -> Key {
    Key::new(format!("{ARTICLE}{slug}"), "LIVE")
}

/// What a record of the table's change stream says. Drafts are
/// their authors' own; bodies, lists, counts and marks follow from the article.
pub(in crate::adapters::dynamodb) fn said(key: &Key, images: &Images) -> Result<Said, StoreError> {
    if let Some(slug) = key.pk.strip_prefix(ARTICLE) {
        let slug = Slug::parse(slug).ok_or_else(|| corrupt("an article whose address is none"))?;
        return images.versioned(Subject::Article(slug));
    }
    let derived = [DRAFTS, REVISION, LIST, COUNT, MARKS].iter().any(|prefix| key.pk.starts_with(prefix));
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

    /// The shard of the list's count that `article` moves. One author's articles have one count: one writer moves it.
    pub(super) fn count_key(&self, article: ArticleId) -> Key {
        match self {
            Self::Author(author) => author_count_key(*author),
            Self::Latest | Self::Tag(_) => Key::new(count_partition(shard(article)), self.name()),
        }
    }

    /// All shards of the list's count.
    pub(super) fn count_keys(&self) -> Vec<Key> {
        match self {
            Self::Author(author) => vec![author_count_key(*author)],
            Self::Latest | Self::Tag(_) => {
                (0..COUNT_SHARDS).map(|shard| Key::new(count_partition(shard), self.name())).collect()
            }
        }
    }
}

fn shard(article: ArticleId) -> u8 {
    article.to_bytes()[15] % COUNT_SHARDS
}

/// Where the count of an author's articles is, under a key of its own: a feed reads those of all whom its reader follows.
pub(super) fn author_count_key(author: UserId) -> Key {
    Key::new(format!("{COUNT}AUTHOR#{author}"), format!("AUTHOR#{author}"))
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
    draft_id: DraftId,
    slug: Slug,
    author_id: UserId,
    title: Title,
    description: Description,
    tags: Vec<Tag>,
    revision: u32,
    created_at: Timestamp,
    updated_at: Timestamp,
    version: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    withdrawn_at: Option<Timestamp>,
}

fn item_at(article: &Article, version: u64, withdrawn_at: Option<Timestamp>) -> Result<Item, StoreError> {
    let Article {
        id,
        draft_id,
        slug,
        author_id,
        title,
        description,
        tags,
        revision,
        created_at,
        updated_at,
        version: _,
    } = article.clone();
    let key = article_key(&slug);
    to_item(&ArticleItem {
        key,
        id,
        draft_id,
        slug,
        author_id,
        title,
        description,
        tags,
        revision,
        created_at,
        updated_at,
        version,
        withdrawn_at,
    })
}

/// The live article as it is stored.
pub(super) fn article_item(article: &Article) -> Result<Item, StoreError> {
    item_at(article, article.version, None)
}

/// The article as it is stored when it has been withdrawn, which is a change of it.
pub(super) fn withdrawn_item(article: &Article, at: Timestamp) -> Result<Item, StoreError> {
    item_at(article, article.version + 1, Some(at))
}

/// What is stored of an article; `None` for a tombstone.
pub(super) fn standing_from(item: Item) -> Result<Option<Standing>, StoreError> {
    if item.contains_key("deletedAt") {
        return Ok(None);
    }
    if item.contains_key("withdrawnAt") && !item.contains_key("title") {
        return Ok(Some(Standing::Erased { version: from_item::<Erased>(item)?.version }));
    }
    let ArticleItem {
        key: _,
        id,
        draft_id,
        slug,
        author_id,
        title,
        description,
        tags,
        revision,
        created_at,
        updated_at,
        version,
        withdrawn_at,
    } = from_item(item)?;
    let article =
        Article { id, draft_id, slug, author_id, title, description, tags, revision, created_at, updated_at, version };
    Ok(Some(if withdrawn_at.is_some() { Standing::Withdrawn(article) } else { Standing::Live(article) }))
}

/// The stored article; `None` for one that readers do not see.
pub(super) fn article_from(item: Item) -> Result<Option<Article>, StoreError> {
    Ok(match standing_from(item)? {
        Some(Standing::Live(article)) => Some(article),
        Some(Standing::Withdrawn(_) | Standing::Erased { .. }) | None => None,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tombstone {
    #[serde(flatten)]
    key: Key,
    id: ArticleId,
    deleted_at: Timestamp,
    version: u64,
}

/// What stays of a deleted article: its slug.
pub(super) fn tombstone(article: &Article, deleted_at: Timestamp) -> Result<Item, StoreError> {
    let Article { id, slug, version, .. } = article;
    to_item(&Tombstone { key: article_key(slug), id: *id, deleted_at, version: version + 1 })
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Erased {
    #[serde(flatten)]
    key: Key,
    id: ArticleId,
    withdrawn_at: Timestamp,
    version: u64,
}

/// What stays of an article whose author is gone: readers are told that it was withdrawn.
pub(super) fn erased_item(article: &Article, withdrawn_at: Timestamp) -> Result<Item, StoreError> {
    let Article { id, slug, version, .. } = article;
    to_item(&Erased { key: article_key(slug), id: *id, withdrawn_at, version: version + 1 })
}

/// The partition of all marks. Each deletion writes one, as it does to the list of the latest.
pub(super) const MARKS: &str = "SWEEP";

/// Where the mark of a deleted draft is.
pub(super) fn mark_key(draft: DraftId) -> Key {
    Key::new(MARKS, draft.to_string())
}

#[derive(Serialize, Deserialize)]
struct MarkItem {
    #[serde(flatten)]
    key: Key,
    #[serde(skip_serializing_if = "Option::is_none")]
    article: Option<ArticleId>,
}

/// The mark of a deleted draft, and of its article if it had one, as it is stored.
pub(super) fn mark_item(draft: DraftId, article: Option<ArticleId>) -> Result<Item, StoreError> {
    to_item(&MarkItem { key: mark_key(draft), article })
}

/// The stored mark.
pub(super) fn mark_from(item: Item) -> Result<Mark, StoreError> {
    let MarkItem { key, article } = from_item(item)?;
    Ok(Mark { draft: key.sk.parse().map_err(corrupt)?, article })
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
    /// The article that an author published last, or at the same time as that; it may be gone.
    #[serde(default)]
    pub(super) newest: Option<ArticleId>,
}

/// What to show for a list's count: a tag as written.
pub(super) fn written(list: &List, article: &Article) -> AttributeValue {
    let written = match list {
        List::Tag(folded) => article.tags.iter().find(|tag| tag.folded() == *folded).map(Tag::as_str),
        List::Latest | List::Author(_) => None,
    };
    s(written.unwrap_or_default())
}
