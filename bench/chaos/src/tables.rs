//! The tables as they are in the file of a program that has stopped.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use dynoxide::{AttributeValue, Database};
use serde_json::json;

use crate::Result;

/// An item by its attributes.
pub(crate) type Item = HashMap<String, AttributeValue>;

/// The items of all tables, whose keys tell what each is.
pub(crate) struct Tables {
    by_table: BTreeMap<String, Vec<Item>>,
}

impl Tables {
    /// Reads the file in the program's data folder.
    pub(crate) fn read(data: &Path) -> Result<Self> {
        let file = data.join("dynamodb.sqlite");
        let database = Database::new(file.to_str().ok_or("the folder's path is no Unicode")?)?;
        let names = database.list_tables(serde_json::from_value(json!({}))?)?.table_names;
        let by_table = names.into_iter().map(|name| Ok((name.clone(), scan(&database, &name)?)));
        Ok(Self { by_table: by_table.collect::<Result<_>>()? })
    }

    /// Tables of these items, in DynamoDB's JSON.
    #[cfg(test)]
    pub(crate) fn of(items: Vec<(&str, serde_json::Value)>) -> Self {
        let mut by_table: BTreeMap<String, Vec<Item>> = BTreeMap::new();
        for (table, item) in items {
            by_table.entry(table.to_owned()).or_default().push(serde_json::from_value(item).unwrap());
        }
        Self { by_table }
    }

    /// The items of `table` whose partition key starts with `prefix`, each with what follows in its key, and its sort key.
    pub(crate) fn items<'a>(
        &'a self,
        table: &str,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a Item)> {
        let items = self.by_table.get(table).into_iter().flatten();
        items.filter_map(move |item| Some((text(item, "pk")?.strip_prefix(prefix)?, text(item, "sk")?, item)))
    }
}

fn scan(database: &Database, table: &str) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    let mut start = None;
    loop {
        let mut request: dynoxide::actions::scan::ScanRequest = serde_json::from_value(json!({"TableName": table}))?;
        request.exclusive_start_key = start;
        let page = database.scan(request)?;
        items.extend(page.items.into_iter().flatten());
        start = page.last_evaluated_key;
        if start.is_none() {
            return Ok(items);
        }
    }
}

/// An attribute that is a text.
pub(crate) fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    match item.get(name)? {
        AttributeValue::S(text) => Some(text),
        _ => None,
    }
}

/// An attribute that is a whole number.
pub(crate) fn number(item: &Item, name: &str) -> Option<i64> {
    match item.get(name)? {
        AttributeValue::N(number) => number.parse().ok(),
        _ => None,
    }
}

/// An attribute that is an object.
pub(crate) fn object<'a>(item: &'a Item, name: &str) -> Option<&'a Item> {
    match item.get(name)? {
        AttributeValue::M(object) => Some(object),
        _ => None,
    }
}

/// An attribute that is a list of objects.
pub(crate) fn objects<'a>(item: &'a Item, name: &str) -> Vec<&'a Item> {
    let Some(AttributeValue::L(list)) = item.get(name) else { return Vec::new() };
    let object = |value: &'a AttributeValue| match value {
        AttributeValue::M(object) => Some(object),
        _ => None,
    };
    list.iter().filter_map(object).collect()
}

/// An attribute that is a list of texts.
pub(crate) fn texts<'a>(item: &'a Item, name: &str) -> Vec<&'a str> {
    let Some(AttributeValue::L(list)) = item.get(name) else { return Vec::new() };
    let text = |value: &'a AttributeValue| match value {
        AttributeValue::S(text) => Some(text.as_str()),
        _ => None,
    };
    list.iter().filter_map(text).collect()
}
