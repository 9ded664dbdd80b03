//! What the sweep costs.

use std::sync::Arc;

use bloghub::platform::Platform;
use serde_json::json;
use shared::{
    adapters::{
        dynamodb::{ArticleTable, ArticleWriter, DynamoSettings, IdempotencyTable, TableNames},
        host::Host,
        system::OperatingSystem,
    },
    config::read_from,
    domain::{
        ArticleId, UserId,
        article::{Article, ArticleBody, Description, Slug, Title},
    },
    ports::articles::{ARTICLE_WRITES, ArticleWrites as _},
};

use crate::meter::{Meter, Operation};

/// Sweeps what the operations before have deleted, one article of two bodies; then nothing; then many bodies.
pub(crate) async fn all(m: &mut Meter<'_>) {
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 2), ("BatchWriteItem", 1), ("TransactWriteItems", 1)];
    m.measure_worker(Operation("sweep an article of 2 bodies", "sweep", calls, ""), json!({})).await;
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 1)];
    m.measure_worker(Operation("sweep, nothing to do", "sweep", calls, ""), json!({})).await;
    leave_bodies(m.platform, 101).await;
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 2), ("BatchWriteItem", 5), ("TransactWriteItems", 2)];
    let why = "25 bodies a batch, and a note of what is left after each hundred";
    m.measure_worker(Operation("sweep an article of 101 bodies", "sweep", calls, why), json!({})).await;
}

/// Leaves a deleted article with `revisions` bodies to sweep, of which two are there.
async fn leave_bodies(platform: &Platform, revisions: u32) {
    let name = |name: &str| platform.services().environment()[name].clone();
    let names = TableNames {
        articles: Some(name("ARTICLES_TABLE")),
        coordination: Some(name("COORDINATION_TABLE")),
        ..TableNames::default()
    };
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(ARTICLE_WRITES.to_vec());
    let dynamo = host.dynamo(&read_from::<DynamoSettings>(&lookup).unwrap(), names);
    let table = ArticleTable::new(dynamo.clone(), &name("ARTICLES_TABLE"));
    let writer = ArticleWriter::new(table, IdempotencyTable::new(dynamo, &name("COORDINATION_TABLE")));
    let (now, body) = (host.system.now(), ArticleBody::parse("Text".to_owned()).unwrap());
    let first = Article {
        id: ArticleId::new(now, host.system.random()),
        slug: Slug::parse("edited-often").unwrap(),
        author_id: UserId::new(now, host.system.random()),
        title: Title::parse("Edited often").unwrap(),
        description: Description::parse("Very often").unwrap(),
        tags: Vec::new(),
        revision: 1,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    writer.create(&first, &body, None).await.unwrap();
    let last = Article { revision: revisions, version: 2, ..first.clone() };
    writer.update(&first, &last, Some(&body)).await.unwrap();
    writer.delete(&last, now).await.unwrap();
}
