//! What several processes make of one domain: each of these engines knows of the others only what the domain says.

#![allow(clippy::unwrap_used, reason = "all of it is tests")]

mod double;

use std::time::Duration;

use search_contract::{Article, Ask, NOW, put};
use search_opensearch::OpenSearch;
use shared::{
    domain::search::Sort,
    ports::search::{Rebuilds as _, SearchWrites as _},
};

fn engines() -> [OpenSearch; 2] {
    let settings = double::settings();
    [double::engine(settings.clone()), double::engine(settings)]
}

async fn found(engine: &OpenSearch) -> Vec<String> {
    let mut found = Ask::all(Sort::Latest).slugs(engine).await;
    found.sort();
    found
}

#[tokio::test]
async fn all_who_write_first_write_to_one_index() {
    let settings = double::settings();
    let mut writers = tokio::task::JoinSet::new();
    for n in 0..8 {
        let engine = double::engine(settings.clone());
        writers.spawn(async move { engine.apply(&[Article::new(&format!("a{n}")).entry()]).await.unwrap().len() });
    }
    assert_eq!(writers.join_all().await, [0; 8]);
    assert_eq!(found(&double::engine(settings)).await.len(), 8);
}

#[tokio::test]
async fn a_writer_who_knows_of_the_indices_before_goes_on_in_the_new_one() {
    let [writer, builder] = engines();
    put(&writer, [Article::new("a")]).await;
    let build = builder.begin(NOW).await.unwrap();
    builder.fill(&build, &[Article::new("a").entry()], "1").await.unwrap();
    builder.finish(&build).await.unwrap();
    // It still knows the first generation, which is gone.
    put(&writer, [Article::new("b")]).await;
    assert_eq!(found(&builder).await, ["a", "b"]);
}

#[tokio::test]
async fn a_build_may_be_filled_once_nobody_writes_by_what_was_known_before() {
    let mut settings = double::settings();
    settings.settle = Duration::from_secs(35);
    let engine = double::engine(settings.clone());
    let build = engine.begin(NOW).await.unwrap();
    assert_eq!(build.fill_from, NOW.plus(Duration::from_secs(35)));
    assert_eq!(double::engine(settings).under_way().await.unwrap(), Some(build), "another process is told the same");
}

#[tokio::test]
async fn a_text_that_could_be_a_mark_is_no_markup() {
    let [engine, _] = engines();
    put(&engine, [Article::new("a").title("a \u{e000}parser\u{e001}\u{e000}").text("\u{e001}parser")]).await;
    let highlight = Ask::typed("parser").of(&engine).await.hits.remove(0).highlight;
    assert_eq!((highlight.title.as_str(), highlight.body.as_str()), ("a <em>parser</em>", "<em>parser</em>"));
}

#[tokio::test]
async fn one_character_is_found_within_words() {
    let [engine, _] = engines();
    put(&engine, [Article::new("a").title("数据库"), Article::new("b").title("做菜")]).await;
    assert_eq!(Ask::typed("库").slugs(&engine).await, ["a"]);
    assert_eq!(Ask::typed("-库").slugs(&engine).await, ["b"]);
}

#[tokio::test]
async fn parts_of_names_with_dots_and_underscores_are_words() {
    let [engine, _] = engines();
    put(&engine, [Article::new("a").title("Node.js and snake_case"), Article::new("b").title("Other")]).await;
    for typed in ["node", "node.js", "snake_case", "case"] {
        assert_eq!(Ask::typed(typed).slugs(&engine).await, ["a"], "{typed}");
    }
}
