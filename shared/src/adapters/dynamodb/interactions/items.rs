//! The keys of the table of interactions.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | that a user likes an article | `LIKES#<user id>` | `<article id>`, which sorts by first publication |
//! | that a user collected an article | `COLLECTS#<user id>` | `<article id>` |
//! | counters of an article | `COUNTERS#<article id>` | `COUNTERS` |
//! | counters of a user's follows | `COUNTERS#<user id>` | `FOLLOWS` |
//! | that a user follows another | `FOLLOWS#<follower's id>` | `<followee's id>` |
//! | the same from the other side | `FOLLOWERS#<followee's id>` | `<follower's id>` |

use serde::{Deserialize, Serialize};

use crate::{
    adapters::dynamodb::{
        error::corrupt,
        store::{Item, Key},
        stream::{Images, Said},
    },
    domain::{
        ArticleId, RelationId, UserId,
        article::{Article, Slug},
        change::{Change, Subject},
        counting::{Move, Reaction},
        reaction::Folder,
    },
    ports::StoreError,
};

const COUNTERS: &str = "COUNTERS#";
const LIKES: &str = "LIKES#";
const COLLECTS: &str = "COLLECTS#";

/// Where an article's counters are.
pub(in crate::adapters::dynamodb) fn counters_key(article: ArticleId) -> Key {
    Key::new(format!("{COUNTERS}{article}"), "COUNTERS")
}

/// The partition of what a user likes.
pub(super) fn likes_partition(user: UserId) -> String {
    format!("{LIKES}{user}")
}

/// The partition of what a user collected.
pub(super) fn collects_partition(user: UserId) -> String {
    format!("{COLLECTS}{user}")
}

/// The item whose existence says that a user likes an article.
pub(super) fn like_key(user: UserId, article: ArticleId) -> Key {
    Key::new(likes_partition(user), article.to_string())
}

/// The item whose existence says that a user collected an article.
pub(super) fn collect_key(user: UserId, article: ArticleId) -> Key {
    Key::new(collects_partition(user), article.to_string())
}

/// A like, or an article in a collection.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Kept {
    pk: String,
    #[serde(rename = "sk")]
    pub(super) article: ArticleId,
    pub(super) slug: Slug,
    pub(super) author_id: UserId,
    /// Absent of what was made before relations had ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) id: Option<RelationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) folder: Option<Folder>,
}

impl Kept {
    /// `article` in a partition.
    pub(super) fn new(partition: String, article: &Article, id: RelationId, folder: Option<Folder>) -> Self {
        let Article { id: number, slug, author_id, .. } = article;
        Self { pk: partition, article: *number, slug: slug.clone(), author_id: *author_id, id: Some(id), folder }
    }
}

/// What of a relation its records have.
#[derive(Deserialize)]
struct Related {
    id: Option<RelationId>,
}

/// The move of an article's counter that a record of the table's change stream tells of, if it is of a relation that came or went.
pub(in crate::adapters::dynamodb) fn moved(
    key: &Key,
    images: &Images,
) -> Result<Option<(ArticleId, Move)>, StoreError> {
    let Some((reaction, article)) = related(key)? else {
        return others(key).then_some(None).ok_or_else(|| corrupt("a record of an item that the table has not"));
    };
    Ok(match images.read::<Related>()? {
        // What came before relations had ids was counted when it came.
        (None, Some(Related { id: Some(id) })) => Some((article, Move::came(reaction, id))),
        (Some(Related { id }), None) => Some((article, Move { reaction, relation: id, came: false })),
        _ => None,
    })
}

/// Which relation to which article an item is, if it is one that is counted.
pub(super) fn related(key: &Key) -> Result<Option<(Reaction, ArticleId)>, StoreError> {
    let reaction = match (key.pk.starts_with(LIKES), key.pk.starts_with(COLLECTS)) {
        (true, _) => Reaction::Like,
        (_, true) => Reaction::Collect,
        _ => return Ok(None),
    };
    Ok(Some((reaction, key.sk.parse().map_err(corrupt)?)))
}

/// Whose counters an item is, if it is an article's.
pub(super) fn article_of_counters(key: &Key) -> Result<Option<ArticleId>, StoreError> {
    let id = key.pk.strip_prefix(COUNTERS).filter(|_| key.sk == "COUNTERS");
    id.map(|id| id.parse().map_err(corrupt)).transpose()
}

/// Whether the table has such items besides likes and collections. Of users' own counts there may be some left.
fn others(key: &Key) -> bool {
    [COUNTERS, "FOLLOWS#", "FOLLOWERS#", "KEPT#"].iter().any(|prefix| key.pk.starts_with(prefix))
}

/// What a record of the table's change stream says: counters are cached, relations are not.
pub(in crate::adapters::dynamodb) fn said(key: &Key, images: &Images) -> Result<Said, StoreError> {
    let Some(id) = key.pk.strip_prefix(COUNTERS) else {
        let relation = key.pk.starts_with(LIKES) || key.pk.starts_with(COLLECTS);
        return Ok(if relation || others(key) { Said::Nothing } else { Said::Foreign });
    };
    let subject = match key.sk.as_str() {
        "COUNTERS" => {
            let article = id.parse().map_err(corrupt)?;
            if let Some(heated) = heated(article, images)? {
                return Ok(Said::Change(heated));
            }
            Subject::ArticleCounters(article)
        }
        "FOLLOWS" => Subject::FollowCounters(id.parse().map_err(corrupt)?),
        _ => return Err(corrupt("counters of what nobody counts")),
    };
    images.versioned(subject)
}

/// The change of an article's heat, if that is what a record of its counters says: they were put into another class, and stayed as they were.
fn heated(article: ArticleId, images: &Images) -> Result<Option<Change>, StoreError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Classed {
        version: u64,
        hot_class: Option<String>,
    }
    let (Some(old), Some(new)) = images.read::<Classed>()? else { return Ok(None) };
    let heated = old.version == new.version && old.hot_class != new.hot_class;
    let change = Change { subject: Subject::ArticleHeat(article), version: Some(new.version), gone: false };
    Ok(heated.then_some(change))
}

/// Where the counters of a user's follows are.
pub(super) fn follow_counters_key(user: UserId) -> Key {
    Key::new(format!("{COUNTERS}{user}"), "FOLLOWS")
}

/// The partition of those whom a user follows.
pub(in crate::adapters::dynamodb) fn follows_partition(follower: UserId) -> String {
    format!("FOLLOWS#{follower}")
}

/// The partition of those who follow a user.
pub(super) fn followers_partition(followee: UserId) -> String {
    format!("FOLLOWERS#{followee}")
}

/// The item whose existence says that one user follows another.
pub(in crate::adapters::dynamodb) fn follow_key(follower: UserId, followee: UserId) -> Key {
    Key::new(follows_partition(follower), followee.to_string())
}

/// The same in the list of the followee's followers.
pub(super) fn follower_key(follower: UserId, followee: UserId) -> Key {
    Key::new(followers_partition(followee), follower.to_string())
}

/// A number of an item of counters; 0 if it is absent. One that fell below 0 by a fault is 0 to whoever reads it, so that a wrong number
/// is all that comes of it.
pub(super) fn number_of(item: &Item, name: &str) -> Result<u64, StoreError> {
    let Some(value) = item.get(name) else { return Ok(0) };
    let number = value.as_n().map_err(|_| corrupt("a counter that is no number"))?;
    let number: i128 = number.parse().map_err(corrupt)?;
    if number < 0 {
        let pk = item.get("pk").and_then(|pk| pk.as_s().ok());
        tracing::warn!(pk, counter = name, number = %number, "a counter is below 0: something was not counted");
    }
    number.max(0).try_into().map_err(corrupt)
}

/// The version of an item of counters, which an item that is there has.
pub(super) fn version_of(item: &Item) -> Result<u64, StoreError> {
    match number_of(item, "version")? {
        0 => Err(corrupt("counters without a version")),
        version => Ok(version),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        adapters::dynamodb::{
            store::{n, s},
            stream::{RelationRecords, StreamRecords, tests::record},
        },
        ports::{changes::ChangeRecords as _, counters::CounterRecords as _},
    };

    fn counters(key: Key, version: u64) -> Item {
        let mut item = key.attributes();
        item.insert("version".to_owned(), n(version));
        item
    }

    #[test]
    fn counters_that_moved_are_a_change_of_their_version() {
        let (article, user) = (ArticleId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        for (key, subject) in [
            (counters_key(article), Subject::ArticleCounters(article)),
            (follow_counters_key(user), Subject::FollowCounters(user)),
        ] {
            let (old, new) = (counters(key.clone(), 2), counters(key, 3));
            let change = Change { subject, version: Some(3), gone: false };
            assert_eq!(StreamRecords.read(&record(Some(old), Some(new))).unwrap(), Some(change));
        }
        let foreign = counters(Key::new(format!("{COUNTERS}{article}"), "PLANETS"), 2);
        assert!(StreamRecords.read(&record(None, Some(foreign))).is_err());
    }

    #[test]
    fn counters_of_another_class_are_a_change_of_heat_and_move_nothing() {
        let article = ArticleId::from_bytes([1; 16]);
        let classed = |class: Option<&str>| {
            let mut item = counters(counters_key(article), 3);
            item.extend(class.map(|class| ("hotClass".to_owned(), s(class))));
            Some(item)
        };
        let said = |old, new| StreamRecords.read(&record(old, new)).unwrap();
        let heated = Some(Change { subject: Subject::ArticleHeat(article), version: Some(3), gone: false });
        assert_eq!(said(classed(None), classed(Some("0.1"))), heated);
        assert_eq!(said(classed(Some("3.1")), classed(Some("4.0"))), heated);
        assert_eq!(
            said(classed(Some("3.1")), classed(None)),
            heated,
            "nobody can read it any more, or nothing is left"
        );
        assert_eq!(said(classed(Some("3.1")), classed(Some("3.1"))), None);
    }

    #[test]
    fn relations_that_come_and_go_move_counters_and_those_that_change_do_not() {
        let (article, user) = (ArticleId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let id = RelationId::from_bytes([3; 16]);
        for (key, reaction) in
            [(like_key(user, article), Reaction::Like), (collect_key(user, article), Reaction::Collect)]
        {
            let bare = key.attributes();
            let mut item = bare.clone();
            item.insert("id".to_owned(), s(id.to_string()));
            let step = |old: Option<Item>, new: Option<Item>| {
                let step = RelationRecords.read(&record(old, new)).unwrap();
                step.map(|step| (step.article, step.moved))
            };
            let came = Move::came(reaction, id);
            assert_eq!(step(None, Some(item.clone())), Some((article, came)));
            assert_eq!(step(Some(item.clone()), None), Some((article, Move { came: false, ..came })));
            assert_eq!(step(Some(item.clone()), Some(item)), None);
            let old = Move { reaction, relation: None, came: false };
            assert_eq!(step(None, Some(bare.clone())), None, "it was counted when it came");
            assert_eq!(step(Some(bare), None), Some((article, old)));
        }
        let counters = counters(counters_key(article), 2);
        assert_eq!(RelationRecords.read(&record(None, Some(counters))).unwrap(), None);
        for key in [Key::new("PLANETS#1", "mars"), Key::new("LIKES#1", "mars")] {
            assert!(RelationRecords.read(&record(None, Some(key.attributes()))).is_err());
        }
    }

    #[test]
    fn relations_are_no_changes() {
        let (article, user) = (ArticleId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        let keys = [like_key(user, article), collect_key(user, article), follow_key(user, user)];
        for key in keys.into_iter().chain([follower_key(user, user)]) {
            assert_eq!(StreamRecords.read(&record(None, Some(key.attributes()))).unwrap(), None);
        }
    }
}
