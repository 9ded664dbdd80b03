//! The table as `docs/cost.md` shows it.

use std::collections::BTreeMap;

/// One operation and what it cost.
pub(crate) struct Row {
    pub(crate) operation: &'static str,
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
        "| operation | Redis round trips | DynamoDB calls | RRU | WRU | more than the floor, because |\n|---|---|---|---|---|---|\n",
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
