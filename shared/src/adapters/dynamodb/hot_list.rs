//! The hot list as it was last made: one item, which whoever makes a later one replaces.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | hot list | `RANKING` | `HOT` |

use async_trait::async_trait;
use aws_sdk_dynamodb::{primitives::Blob, types::AttributeValue};

use super::{
    LeaseTable,
    compression::{deflate, inflate},
    error::corrupt,
    store::{Dynamo, Key, TableName, n},
    transaction::{NotCommitted, Transaction},
};
use crate::{
    domain::ranking::HotList,
    ports::{
        StoreError,
        leases::{GuardedWriteError, Lease},
        ranking::{HotListReads, HotListWrites},
    },
};

/// Bytes of a compressed list at the most: an item takes 400 KB. A hundred articles have some 20 KB.
const LARGEST: usize = 380_000;

fn key() -> Key {
    Key::new("RANKING", "HOT")
}

/// The table that has the hot list.
#[derive(Clone)]
pub struct HotListTable {
    dynamo: Dynamo,
    name: TableName,
    leases: LeaseTable,
}

impl HotListTable {
    /// The table called `name`, which also has the leases.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { leases: LeaseTable::new(dynamo.clone(), name), dynamo, name: name.into() }
    }
}

/// `list` compressed. If it is larger than `largest`, the end of it is left out: descriptions of a hundred articles may be that long.
fn packed(list: &HotList, largest: usize) -> Result<Vec<u8>, StoreError> {
    let mut list = list.clone();
    loop {
        let bytes = deflate(&serde_json::to_vec(&list).map_err(corrupt)?)?;
        if bytes.len() <= largest || list.articles.is_empty() {
            return Ok(bytes);
        }
        list.articles.truncate(list.articles.len() * 3 / 4);
    }
}

#[async_trait]
impl HotListWrites for HotListTable {
    async fn store(&self, list: &HotList, lease: &Lease) -> Result<(), GuardedWriteError> {
        let mut item = key().attributes();
        item.insert("version".to_owned(), n(list.version));
        item.insert("list".to_owned(), AttributeValue::B(Blob::new(packed(list, LARGEST)?)));
        let mut transaction = Transaction::default();
        self.leases.guard(&mut transaction, lease)?;
        let newer = "attribute_not_exists(pk) OR version < :version";
        transaction.put_when(&self.name, item, newer, vec![(":version", n(list.version))])?;
        transaction.commit(&self.dynamo).await.map_err(|error| match error {
            NotCommitted::Store(error) => GuardedWriteError::Store(error),
            // A later list is a later holder's.
            NotCommitted::Conditions(_) => GuardedWriteError::Fenced,
        })
    }
}

#[async_trait]
impl HotListReads for HotListTable {
    async fn load(&self) -> Result<Option<HotList>, StoreError> {
        let Some(item) = self.dynamo.get(&self.name, key()).await? else { return Ok(None) };
        let packed = item.get("list").and_then(|list| list.as_b().ok()).ok_or_else(|| corrupt("no hot list"))?;
        serde_json::from_slice(&inflate(packed.as_ref())?).map(Some).map_err(corrupt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{ArticleId, Timestamp, article::Listed},
        hot::tests::listed,
    };

    #[test]
    fn a_list_comes_back_as_it_was_and_a_huge_one_without_its_end() {
        let articles: Vec<Listed> =
            (0..100).map(|number| listed(ArticleId::from_bytes([number; 16]), &["a"])).collect();
        let list = HotList { version: 7, ranked_at: Some(Timestamp::from_millis(5)), articles };
        let back = |largest| -> HotList {
            serde_json::from_slice(&inflate(&packed(&list, largest).unwrap()).unwrap()).unwrap()
        };
        let (whole, cut) = (back(LARGEST), back(1_000));
        assert_eq!((whole.version, whole.ranked_at, whole.articles.len()), (7, list.ranked_at, 100));
        assert!(cut.version == 7 && (1..100).contains(&cut.articles.len()), "{}", cut.articles.len());
        let ids = |list: &HotList| list.articles.iter().map(|listed| listed.article.id).collect::<Vec<_>>();
        assert!(ids(&list).starts_with(&ids(&cut)));
    }
}
