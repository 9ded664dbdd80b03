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
        ArticleId, DraftId, UserId,
        article::{Article, ArticleBody, ArticleHtml, Description, Manuscript, Slug, Title},
        draft::{Draft, DraftChanges},
    },
    ports::articles::{ARTICLE_WRITES, ArticleWrites as _, DraftMove, Text},
};

use crate::meter::{Meter, Operation};

/// Sweeps what the operations before have deleted, one article of two bodies; then nothing; then many bodies.
pub(crate) async fn all(m: &mut Meter<'_>) {
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 6), ("BatchWriteItem", 1), ("TransactWriteItems", 1)];
    m.measure_worker(Operation("sweep an article of 2 bodies, each with its HTML", "sweep", calls, ""), json!({}))
        .await;
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 3)];
    m.measure_worker(Operation("sweep, nothing to do", "sweep", calls, ""), json!({})).await;
    leave_bodies(m.platform, 101).await;
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 8), ("BatchWriteItem", 9), ("TransactWriteItems", 1)];
    let why = "100 keys a query, 25 items a batch";
    m.measure_worker(Operation("sweep an article of 101 bodies, each with its HTML", "sweep", calls, why), json!({}))
        .await;
}

/// Leaves a deleted article with as many bodies to sweep.
async fn leave_bodies(platform: &Platform, bodies: u32) {
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
    let html = ArticleHtml::new("<p>Text</p>".to_owned());
    let text = Text { body: &body, html: &html };
    let author = UserId::new(now, host.system.random());
    let draft = Draft::new(DraftId::new(now, host.system.random()), author, DraftChanges::default(), now);
    let manuscript = Manuscript {
        title: Title::parse("Edited often").unwrap(),
        description: Description::parse("Very often").unwrap(),
        body: body.clone(),
        tags: Vec::new(),
    };
    let slug = Slug::parse("edited-often").unwrap();
    let mut article = draft.article(&manuscript, ArticleId::new(now, host.system.random()), slug, now);
    let mut draft = draft.published(&article.slug);
    writer.create(&article, &draft, text, None).await.unwrap();
    for revision in 2..=bodies {
        let new = Article { revision, version: article.version + 1, ..article.clone() };
        let beside = draft.beside(&new).unwrap();
        let moved = DraftMove { old: &draft, new: &beside };
        writer.update(&article, &new, Some(moved), Some(text)).await.unwrap();
        (article, draft) = (new, beside);
    }
    writer.delete(&article, now).await.unwrap();
}
