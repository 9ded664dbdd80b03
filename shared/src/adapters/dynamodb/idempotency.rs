//! Answers kept under idempotency keys.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | record, with the answer or its beginning | `IDEMPOTENCY#<user id>` | `<digest>` |
//! | the answer's rest, where it does not fit into one item | `IDEMPOTENCY#<user id>` | `<digest>#<part>` |
//!
//! The digest is SHA-256 of method, path and key in URL-safe base64: of a fixed length, whatever the client sent.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest;

use super::{
    compression::{deflate, inflate},
    error::corrupt,
    store::{Dynamo, Item, Key, TableName, n},
    transaction::Transaction,
};
use crate::{
    domain::{
        Timestamp, UserId,
        idempotency::{Fingerprint, KEPT, KeptAnswer, KeyedRequest},
    },
    ports::{
        StoreError,
        idempotency::{IdempotencyRecords, Kept, Record},
    },
};

/// Bytes of an answer in one item: below DynamoDB's 400 KB with room for the rest of the item. What does not compress, such as
/// 256 KiB of control characters, which JSON writes as six characters each, may need more than one.
const PART: usize = 380_000;

/// The partition of what is kept for `user`.
pub(super) fn partition(user: UserId) -> String {
    format!("IDEMPOTENCY#{user}")
}

/// Where `part` of the answer to `request` is.
fn record_key(request: &KeyedRequest, part: usize) -> Key {
    // Neither a method nor a path nor a key has a line break.
    let named = [&request.method, &request.path, request.key.as_str()].join("\n");
    let digest = BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, named.as_bytes()));
    let sk = if part == 0 { digest } else { format!("{digest}#{part}") };
    Key::new(partition(request.user), sk)
}

/// The table of records.
#[derive(Clone)]
pub struct IdempotencyTable {
    dynamo: Dynamo,
    name: TableName,
}

impl IdempotencyTable {
    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }

    /// Has `transaction` store `record`, and do nothing if there is one that has not expired; answers the part whose condition
    /// this is.
    pub(super) fn join(&self, transaction: &mut Transaction, record: Record<'_>) -> Result<usize, StoreError> {
        let Record { request, answer, now } = record;
        let compressed = deflate(&answer.body)?;
        let parts: Vec<_> = compressed.chunks(PART).collect();
        let expires_at = n(now.plus(KEPT).as_secs());
        let item = |part: usize, bytes: &[u8]| {
            let mut item = record_key(request, part).attributes();
            item.insert("answer".to_owned(), AttributeValue::B(bytes.into()));
            item.insert("expiresAt".to_owned(), expires_at.clone());
            item
        };
        let mut first = item(0, parts.first().copied().unwrap_or_default());
        first.insert("fingerprint".to_owned(), AttributeValue::B(request.fingerprint.0.as_slice().into()));
        first.insert("status".to_owned(), n(answer.status));
        first.insert("parts".to_owned(), n(parts.len()));
        // Expired items may stay for days: DynamoDB deletes them when it has nothing else to do.
        let absent = "attribute_not_exists(pk) OR expiresAt <= :now";
        let conditional = transaction.put_when(&self.name, first, absent, vec![(":now", n(now.as_secs()))])?;
        for (part, bytes) in parts.iter().enumerate().skip(1) {
            transaction.put(&self.name, item(part, bytes))?;
        }
        Ok(conditional)
    }
}

fn number<T: std::str::FromStr>(item: &Item, name: &str) -> Result<T, StoreError> {
    let text = item.get(name).and_then(|value| value.as_n().ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| corrupt("a record without one of its numbers"))
}

fn bytes<'a>(item: &'a Item, name: &str) -> Result<&'a [u8], StoreError> {
    let bytes = item.get(name).and_then(|value| value.as_b().ok());
    bytes.map(AsRef::as_ref).ok_or_else(|| corrupt("a record without its bytes"))
}

#[async_trait]
impl IdempotencyRecords for IdempotencyTable {
    async fn find(&self, request: &KeyedRequest, now: Timestamp) -> Result<Option<Kept>, StoreError> {
        let Some(first) = self.dynamo.get(&self.name, record_key(request, 0)).await? else { return Ok(None) };
        if number::<i64>(&first, "expiresAt")? <= now.as_secs() {
            return Ok(None);
        }
        let mut compressed = bytes(&first, "answer")?.to_vec();
        for part in 1..number(&first, "parts")? {
            let rest = self.dynamo.get(&self.name, record_key(request, part)).await?;
            compressed.extend(bytes(&rest.ok_or_else(|| corrupt("a record without its rest"))?, "answer")?);
        }
        let fingerprint = bytes(&first, "fingerprint")?.try_into().map_err(corrupt)?;
        let answer = KeptAnswer { status: number(&first, "status")?, body: inflate(&compressed)? };
        Ok(Some(Kept { fingerprint: Fingerprint(fingerprint), answer }))
    }
}
