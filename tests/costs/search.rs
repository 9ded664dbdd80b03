//! Search, the index that follows, and making it anew.

use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, RebuildTable, TableNames},
        host::Host,
        system::OperatingSystem,
    },
    config::read_from,
    ports::indexing::{REBUILD_ORDERS, RebuildOrders as _},
};
use std::sync::Arc;

use crate::meter::{Meter, Operation};

const SHOWN: &str =
    "what is shown is read from the tables, in one batch: nobody is shown what was withdrawn a moment ago";

/// Searches, and has the index follow and be made anew; `token` is an author's.
pub(crate) async fn all(m: &mut Meter<'_>, token: &str) {
    m.platform.drained().await;
    m.platform.calls("search-sync").unwrap().take();
    let new = json!({"article": {"title": "Needle", "description": "Sharp", "body": "In a haystack.", "tagList": ["sewing"]}});
    m.unmeasured_of("publish", Method::POST, "/api/articles", token, new).await;
    m.platform.drained().await;
    let calls: &[_] = &[("BatchGetItem", 2), ("Bulk", 1)];
    let why = "what is at the address, then its text and its counters";
    m.measure_consumer(Operation("have the index follow a batch of changes", "search-sync", calls, why));

    let calls: &[_] = &[("Redis", 1), ("Search", 1), ("BatchGetItem", 1)];
    let found =
        m.measure(Operation("search", "search", calls, SHOWN), Method::GET, "/api/search?q=needle", "", Value::Null);
    assert_eq!(found.await["articlesCount"], 1);
    let users = Operation("search users", "search", calls, SHOWN);
    m.measure(users, Method::GET, "/api/search/users?q=jake", "", Value::Null).await;
    let calls: &[_] = &[("Redis", 1), ("Search", 1)];
    let tags = Operation("search tags", "search", calls, "");
    m.measure(tags, Method::GET, "/api/search/tags?q=sew", "", Value::Null).await;
    let suggest = Operation("suggestions as one types", "search", calls, "");
    m.measure(suggest, Method::GET, "/api/search/suggest?q=need", "", Value::Null).await;

    let idle = Operation("look whether the index is to be made anew", "search-rebuild", &[("GetItem", 1)], "");
    m.measure_worker(idle, json!({})).await;
    order(m).await;
    let calls: &[_] = &[("GetItem", 2), ("UpdateItem", 9), ("Query", 2), ("BatchGetItem", 3), ("Scan", 1), ("Bulk", 3)];
    let why = "a lease is taken and given back; how far it is is reported with each page of articles and of users";
    m.measure_worker(Operation("make the index anew", "search-rebuild", calls, why), json!({})).await;
}

/// Orders a rebuild as `bloghub search reindex` does.
async fn order(m: &Meter<'_>) {
    let lookup = |name: &str| m.platform.services().environment().get(name).cloned();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(REBUILD_ORDERS.to_vec());
    let names = TableNames { coordination: Some("CoordinationTable".to_owned()), ..TableNames::default() };
    let dynamo = host.dynamo(&read_from::<DynamoSettings>(&lookup).unwrap(), names);
    RebuildTable::new(dynamo, "CoordinationTable").order().await.unwrap();
}
