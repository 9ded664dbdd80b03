//! Records of the tables' change streams. What an entity's records say is written beside its keys.

use serde::{Deserialize, de::DeserializeOwned};
use serde_dynamo::Item;
use serde_json::Value;

use super::{articles, error::corrupt, interactions, store::Key, tasks, users};
use crate::{
    domain::{
        change::{Change, Subject},
        counting::{Sequence, Step},
    },
    ports::{
        StoreError,
        changes::ChangeRecords,
        counters::CounterRecords,
        ranking::{ClassRecords, Reclassified},
    },
};

/// Reads the records of every table that has a stream.
#[derive(Debug, Clone, Copy)]
pub struct StreamRecords;

impl ChangeRecords for StreamRecords {
    fn read(&self, record: &Value) -> Result<Option<Change>, StoreError> {
        let record = Record::deserialize(record).map_err(corrupt)?.dynamodb;
        let key: Key = image(&record.keys)?;
        for said in [users::said, articles::said, interactions::said, tasks::said] {
            match said(&key, &record)? {
                Said::Change(change) => return Ok(Some(change)),
                Said::Nothing => return Ok(None),
                Said::Foreign => {}
            }
        }
        Err(corrupt("a record of an item that no table has"))
    }
}

/// Reads the records that counters follow from, of likes and collections, and those that classes follow from, of counters.
#[derive(Debug, Clone, Copy)]
pub struct RelationRecords;

impl CounterRecords for RelationRecords {
    fn read(&self, record: &Value) -> Result<Option<Step>, StoreError> {
        let record = Record::deserialize(record).map_err(corrupt)?.dynamodb;
        let Some((article, moved)) = interactions::moved(&image(&record.keys)?, &record)? else { return Ok(None) };
        let sequence = record.sequence_number.as_deref().ok_or_else(|| corrupt("a record without a number"))?;
        let sequence = Sequence::parse(sequence).map_err(|_| corrupt("a record whose number is none"))?;
        Ok(Some(Step { article, moved, sequence }))
    }
}

impl ClassRecords for RelationRecords {
    fn reclassified(&self, record: &Value) -> Result<Option<Reclassified>, StoreError> {
        let record = Record::deserialize(record).map_err(corrupt)?.dynamodb;
        interactions::reclassified(&image(&record.keys)?, &record)
    }
}

/// What a record says of one entity.
pub(super) enum Said {
    /// It is different.
    Change(Change),
    /// Nothing that anyone else would care for.
    Nothing,
    /// It is another entity's record.
    Foreign,
}

#[derive(Deserialize)]
struct Record {
    dynamodb: Images,
}

/// What an item was before, if it was there, and what it is now, if it still is.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Images {
    keys: Value,
    #[serde(default)]
    sequence_number: Option<String>,
    #[serde(default)]
    old_image: Option<Value>,
    #[serde(default)]
    new_image: Option<Value>,
}

/// What all entities have that count their changes.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versioned {
    version: u64,
    /// Of a tombstone.
    deleted_at: Option<i64>,
}

impl Images {
    /// The change of `subject`, whose item has a version. A write that left the version alone is nobody else's business.
    pub(super) fn versioned(&self, subject: Subject) -> Result<Said, StoreError> {
        let read = |item: &Option<Value>| item.as_ref().map(image::<Versioned>).transpose();
        let (version, gone) = match (read(&self.old_image)?, read(&self.new_image)?) {
            (Some(old), Some(new)) if old.version == new.version => return Ok(Said::Nothing),
            (_, Some(new)) => (new.version, new.deleted_at.is_some()),
            (Some(old), None) => (old.version + 1, true),
            (None, None) => return Err(corrupt("a record without images: the stream must have both")),
        };
        Ok(Said::Change(Change { subject, version: Some(version), gone }))
    }

    /// What the item was and what it is, each if it was there.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<(Option<T>, Option<T>), StoreError> {
        let read = |item: &Option<Value>| item.as_ref().map(image).transpose();
        Ok((read(&self.old_image)?, read(&self.new_image)?))
    }

    /// The change of `subject`, whose item is there or not and has no version.
    pub(super) fn existence(&self, subject: Subject) -> Said {
        Said::Change(Change { subject, version: None, gone: self.new_image.is_none() })
    }
}

/// An item in the form that events have, such as `{"pk": {"S": "…"}}`.
fn image<T: DeserializeOwned>(value: &Value) -> Result<T, StoreError> {
    serde_dynamo::from_item(Item::deserialize(value).map_err(corrupt)?).map_err(corrupt)
}

#[cfg(test)]
pub(super) mod tests {
    use serde_json::json;

    use super::{super::store, *};

    /// A record of an item's change, as Lambda hands it over.
    pub(in crate::adapters::dynamodb) fn record(old: Option<store::Item>, new: Option<store::Item>) -> Value {
        let written = |item: &store::Item| serde_json::to_value(Item::from(item.clone())).unwrap();
        let item = written(new.as_ref().or(old.as_ref()).unwrap());
        let mut images = json!({ "Keys": {"pk": item["pk"], "sk": item["sk"]}, "SequenceNumber": "1" });
        for (name, item) in [("OldImage", &old), ("NewImage", &new)] {
            if let Some(item) = item {
                images[name] = written(item);
            }
        }
        json!({ "eventName": "MODIFY", "dynamodb": images })
    }

    #[test]
    fn what_no_table_has_makes_no_sense() {
        for record in [
            json!(null),
            json!({}),
            json!({"dynamodb": {}}),
            json!({"dynamodb": {"Keys": {"pk": {"S": "PLANET#mars"}, "sk": {"S": "LIVE"}}}}),
            json!({"dynamodb": {"Keys": {"pk": {"N": "1"}, "sk": {"S": "LIVE"}}}}),
            json!({"dynamodb": {"Keys": {"pk": {"S": "ARTICLE#how-to"}, "sk": {"S": "LIVE"}}}}),
            json!({"dynamodb": {"Keys": {"pk": {"S": "ARTICLE#How To"}, "sk": {"S": "LIVE"}},
                "NewImage": {"version": {"N": "1"}}}}),
            json!({"dynamodb": {"Keys": {"pk": {"S": "ARTICLE#how-to"}, "sk": {"S": "LIVE"}},
                "NewImage": {"version": {"S": "one"}}}}),
        ] {
            assert!(StreamRecords.read(&record).is_err(), "{record}");
        }
    }
}
