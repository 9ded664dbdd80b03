//! The table as `docs/cost.md` shows it.

use std::collections::BTreeMap;

use serde_json::Value;

/// One operation and what it cost.
pub(crate) struct Row {
    pub(crate) operation: &'static str,
    /// Method and path of the request; "" if it is none.
    pub(crate) asked: String,
    /// Calls by operation of DynamoDB; `Redis` is a round trip.
    pub(crate) calls: BTreeMap<&'static str, u64>,
    pub(crate) expected: BTreeMap<&'static str, u64>,
    pub(crate) read_units: f64,
    pub(crate) write_units: f64,
    /// Why it is more than the least possible, if it is.
    pub(crate) why: &'static str,
}

/// The rows as a Markdown table.
pub(crate) fn markdown(rows: &[Row]) -> String {
    let mut table = String::from(
        "| operation | Redis round trips | calls of DynamoDB and of search | RRU | WRU | more than the floor, because |\n|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let redis = row.calls.get("Redis").copied().unwrap_or_default();
        let calls = row.calls.iter().filter(|(name, _)| **name != "Redis").map(|(name, n)| format!("{n} {name}"));
        let calls = calls.collect::<Vec<_>>().join(" + ");
        let calls = if calls.is_empty() { "none".to_owned() } else { calls };
        table += &format!(
            "| {} | {redis} | {calls} | {} | {} | {} |\n",
            row.operation, row.read_units, row.write_units, row.why
        );
    }
    table
}

/// The operations of the API's description that no row is about.
pub(crate) fn without_a_row(rows: &[Row]) -> Vec<String> {
    let api: Value = serde_json::from_str(include_str!("../../openapi.json")).unwrap();
    let paths = api["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        item.as_object().unwrap().keys().map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    let operations: Vec<String> = operations.collect();
    let missing = |operation: &&String| !rows.iter().any(|row| is_of(&row.asked, operation, &operations));
    operations.iter().filter(missing).cloned().collect()
}

/// Whether a request is of this operation: a path that is written out goes before one with parameters.
fn is_of(asked: &str, operation: &str, operations: &[String]) -> bool {
    let fits = |operation: &str| {
        let (asked, template) = (asked.split('/'), operation.split('/'));
        asked.clone().count() == template.clone().count()
            && asked.zip(template).all(|(part, template)| template.starts_with('{') || part == template)
    };
    fits(operation) && (operation == asked || !operations.iter().any(|other| other == asked))
}
