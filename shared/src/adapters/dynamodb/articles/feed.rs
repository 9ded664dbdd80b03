//! Feeds, merged on reading: nothing is written for anyone's followers when somebody publishes. Of the followees' lists only those are
//! read that can have something on the page, each as deep as the page needs: beside the number of an author's articles stands
//! which is their newest.

use std::collections::{BinaryHeap, HashMap};

use async_trait::async_trait;
use futures_util::future::try_join_all;
use serde::Deserialize;

use super::{
    ArticleViews,
    items::{Count, Entry, List, author_count_key},
};
use crate::{
    adapters::dynamodb::{
        interactions::follows_partition,
        store::{all_pages, from_item, s},
    },
    domain::{
        ArticleId, UserId,
        article::Listing,
        page::{Page, Start},
    },
    ports::{StoreError, feeds::Feeds},
};

/// Lists that are read at the same time.
const LISTS: usize = 16;
/// Entries that are read of a list at once.
const PART: usize = 100;
/// Entries that are read of a list at the least.
const LEAST: usize = 8;
/// How much later than the newest article that its author's count names there may be another, in milliseconds: of two articles
/// that one author publishes at the same time the later one may be stored first. A request that publishes is long over by then.
const OVERTAKEN: u64 = 60_000;

/// A list, or what is left of one.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Rest {
    /// None of its articles is newer.
    newest: ArticleId,
    author: UserId,
    /// Where to read on.
    behind: Option<ArticleId>,
}

#[derive(Deserialize)]
struct Followee {
    sk: UserId,
}

#[async_trait]
impl Feeds for ArticleViews {
    async fn feed(&self, user: UserId, page: Page<ArticleId>) -> Result<Listing, StoreError> {
        let followees = self.followees(user).await?;
        let counts = followees.iter().map(|author| (&*self.articles.name, author_count_key(*author)));
        let mut found = self.articles.dynamo.get_all(counts.collect()).await?;
        let behind = match page.start {
            Start::Behind(last) => Some(last),
            Start::Offset(_) => None,
        };
        let mut total = 0;
        let mut rests = BinaryHeap::new();
        for author in followees {
            let Some(count) = found.remove(&author_count_key(author)) else { continue };
            let Count { n, newest, .. } = from_item(count)?;
            total += n;
            if n > 0 {
                let newest = newest.map_or(ArticleId::from_bytes([0xff; 16]), not_after);
                rests.push(Rest { newest: behind.map_or(newest, |last| newest.min(last)), author, behind });
            }
        }
        // One more shows whether there is a next page.
        let entries = self.newest_of(rests, page.offset() + page.limit + 1).await?;
        Ok(Listing { total: total.unsigned_abs(), ..self.page(entries, Some(user), page, &[]).await? })
    }
}

impl ArticleViews {
    async fn followees(&self, user: UserId) -> Result<Vec<UserId>, StoreError> {
        let query = self.articles.dynamo.client.query().table_name(&*self.reactions.interactions.name);
        let query = query
            .consistent_read(true)
            .key_condition_expression("pk = :list")
            .expression_attribute_values(":list", s(follows_partition(user)));
        let items = all_pages(query, usize::MAX).await?;
        items.into_iter().map(|item| Ok(from_item::<Followee>(item)?.sk)).collect()
    }

    /// The newest `wanted` entries of all lists, newest first: lists are read in the order of what their newest can be, until no
    /// list has anything newer than the last of those.
    async fn newest_of(&self, mut rests: BinaryHeap<Rest>, wanted: usize) -> Result<Vec<Entry>, StoreError> {
        let mut entries: HashMap<ArticleId, Entry> = HashMap::new();
        let mut order: Vec<ArticleId> = Vec::new();
        loop {
            let last = order.get(wanted - 1).copied();
            let mut lists = Vec::new();
            while lists.len() < LISTS && rests.peek().is_some_and(|rest| last.is_none_or(|last| rest.newest > last)) {
                lists.extend(rests.pop());
            }
            if lists.is_empty() {
                return Ok(order.iter().filter_map(|article| entries.remove(article)).collect());
            }
            // Together they are likely to have what is wanted; a list that has more of it is read on.
            let depth = wanted.min(PART).min((2 * wanted / lists.len()).max(LEAST));
            let parts = lists.into_iter().map(|Rest { author, behind, .. }| async move {
                let part = self.articles.entries(&List::Author(author), None, behind, depth).await?;
                Ok::<_, StoreError>((author, part))
            });
            for (author, part) in try_join_all(parts).await? {
                if let Some(end) = part.get(depth - 1) {
                    rests.push(Rest { newest: end.article, author, behind: Some(end.article) });
                }
                order.extend(part.iter().map(|entry| entry.article));
                entries.extend(part.into_iter().map(|entry| (entry.article, entry)));
            }
            order.sort_unstable_by(|a, b| b.cmp(a));
            order.truncate(wanted);
        }
    }
}

/// An id that no article of an author has passed whose count names `newest`.
fn not_after(newest: ArticleId) -> ArticleId {
    let mut bytes = newest.to_bytes();
    let mut millis = [0; 8];
    millis[2..].copy_from_slice(&bytes[..6]);
    let later = (u64::from_be_bytes(millis) + OVERTAKEN).to_be_bytes();
    bytes[..6].copy_from_slice(&later[2..]);
    bytes[6..].fill(0xff);
    ArticleId::from_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Timestamp;

    #[test]
    fn what_was_published_within_the_minute_is_not_after() {
        let at = |millis| ArticleId::new(Timestamp::from_millis(1_700_000_000_000_i64 + millis), [7; 10]);
        assert!(at(60_000) <= not_after(at(0)) && at(60_001) > not_after(at(0)));
    }

    #[test]
    fn the_list_with_the_newest_article_comes_first() {
        let rest = |byte| Rest {
            newest: ArticleId::from_bytes([byte; 16]),
            author: UserId::from_bytes([1; 16]),
            behind: None,
        };
        let mut rests = BinaryHeap::from([rest(1), rest(3), rest(2)]);
        assert_eq!(rests.pop().map(|rest| rest.newest), Some(ArticleId::from_bytes([3; 16])));
    }
}
