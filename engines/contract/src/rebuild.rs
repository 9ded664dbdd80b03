//! An index that is made anew beside the one that is searched.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::join;
use shared::{
    domain::search::{Entry, Sort},
    ports::search::{Build, SearchEngine},
};

use crate::{Article, Ask, NOW, found_users, person, put, written_by};

fn article(slug: &str, version: u64) -> Article {
    Article::new(slug).title(&format!("{slug} v{version}")).version(version, 0)
}

async fn begun(engine: &dyn SearchEngine) -> Build {
    let build = engine.begin(NOW).await.unwrap();
    assert!(build.fill_from >= NOW && build.mark.is_none(), "{build:?}");
    build
}

async fn fill(engine: &dyn SearchEngine, build: &Build, entries: &[Entry], mark: &str) {
    let refused = engine.fill(build, entries, mark).await.unwrap();
    assert!(refused.is_empty(), "{refused:?}");
}

/// The titles of all articles, sorted.
async fn titles(engine: &dyn SearchEngine) -> Vec<String> {
    let found = Ask::all(Sort::Latest).of(engine).await;
    let mut titles: Vec<_> = found.hits.into_iter().map(|hit| hit.highlight.title).collect();
    titles.sort();
    titles
}

/// Before the first, and after one was finished.
pub async fn without_a_build_there_is_none_under_way(engine: &dyn SearchEngine) {
    assert_eq!(engine.under_way().await.unwrap(), None);
    let build = begun(engine).await;
    assert_eq!(engine.under_way().await.unwrap(), Some(build.clone()));
    engine.finish(&build).await.unwrap();
    assert_eq!(engine.under_way().await.unwrap(), None);
}

/// Then it is all that is found: what it was not filled with is gone.
pub async fn what_is_built_is_not_found_until_it_is_finished(engine: &dyn SearchEngine) {
    put(engine, [article("kept", 1), article("lost", 1)]).await;
    written_by(engine, &[person(1, "ann", "")]).await;
    let build = begun(engine).await;
    fill(engine, &build, &[article("kept", 1).entry(), article("some", 1).entry(), person(2, "bob", "")], "1").await;
    assert_eq!(titles(engine).await, ["kept v1", "lost v1"]);
    assert_eq!((found_users(engine, "ann").await.total, found_users(engine, "bob").await.total), (1, 0));
    engine.finish(&build).await.unwrap();
    assert_eq!(titles(engine).await, ["kept v1", "some v1"]);
    assert_eq!((found_users(engine, "ann").await.total, found_users(engine, "bob").await.total), (0, 1));
}

/// Before it is filled, while it is, and after it is finished.
pub async fn a_change_goes_to_what_is_searched_and_to_what_is_built(engine: &dyn SearchEngine) {
    put(engine, [article("a", 1), article("b", 1)]).await;
    let build = begun(engine).await;
    put(engine, [article("a", 2), article("c", 1)]).await;
    fill(engine, &build, &[article("b", 1).entry()], "1").await;
    put(engine, [article("d", 1)]).await;
    assert_eq!(titles(engine).await, ["a v2", "b v1", "c v1", "d v1"]);
    engine.finish(&build).await.unwrap();
    assert_eq!(titles(engine).await, ["a v2", "b v1", "c v1", "d v1"]);
    put(engine, [article("e", 1), article("a", 3)]).await;
    assert_eq!(titles(engine).await, ["a v3", "b v1", "c v1", "d v1", "e v1"]);
}

/// Whoever comes next is told how far the one before was.
pub async fn a_build_is_gone_on_with_at_its_mark(engine: &dyn SearchEngine) {
    let build = begun(engine).await;
    fill(engine, &build, &[article("a", 1).entry()], "as far as a").await;
    let found = engine.under_way().await.unwrap().unwrap();
    assert_eq!(found, Build { mark: Some("as far as a".to_owned()), ..build.clone() });
    fill(engine, &found, &[], "{\"as far as\": \"nothing\"}").await;
    put(engine, [article("c", 1)]).await;
    fill(engine, &found, &[article("a", 1).entry(), article("b", 1).entry()], "as far as b").await;
    let found = engine.under_way().await.unwrap().unwrap();
    assert_eq!(found.mark.as_deref(), Some("as far as b"));
    engine.finish(&found).await.unwrap();
    assert_eq!(titles(engine).await, ["a v1", "b v1", "c v1"]);
}

/// What was read from the tables a while ago comes after what has changed since.
pub async fn what_fills_a_build_does_not_undo_a_change(engine: &dyn SearchEngine) {
    put(engine, [article("changed", 1), article("gone", 1)]).await;
    let build = begun(engine).await;
    written_by(engine, &[article("changed", 2).entry(), article("gone", 1).gone(2)]).await;
    fill(engine, &build, &[article("changed", 1).entry(), article("gone", 1).entry()], "1").await;
    engine.finish(&build).await.unwrap();
    assert_eq!(titles(engine).await, ["changed v2"]);
}

/// Nor finished: what is searched stays.
pub async fn a_build_that_was_replaced_cannot_be_filled(engine: &dyn SearchEngine) {
    put(engine, [article("old", 1)]).await;
    let first = begun(engine).await;
    fill(engine, &first, &[article("a", 1).entry()], "1").await;
    let second = engine.begin(NOW).await.unwrap();
    assert_ne!(first.name, second.name);
    assert_eq!(engine.under_way().await.unwrap(), Some(second.clone()), "it begins without a mark");
    assert!(engine.fill(&first, &[article("a", 2).entry()], "2").await.is_err());
    assert!(engine.finish(&first).await.is_err());
    assert_eq!(titles(engine).await, ["old v1"]);
    fill(engine, &second, &[article("b", 1).entry()], "1").await;
    engine.finish(&second).await.unwrap();
    assert_eq!(titles(engine).await, ["b v1"]);
    assert!(engine.fill(&second, &[article("c", 1).entry()], "2").await.is_err(), "it is not being built any more");
    assert_eq!(titles(engine).await, ["b v1"]);
}

/// Also when another build was begun in between.
pub async fn to_finish_again_changes_nothing(engine: &dyn SearchEngine) {
    let build = begun(engine).await;
    fill(engine, &build, &[article("a", 1).entry()], "1").await;
    engine.finish(&build).await.unwrap();
    engine.finish(&build).await.unwrap();
    let next = begun(engine).await;
    engine.finish(&build).await.unwrap();
    assert_eq!(engine.under_way().await.unwrap(), Some(next));
    assert_eq!(titles(engine).await, ["a v1"]);
}

/// Each with a name of its own.
pub async fn one_build_can_follow_another(engine: &dyn SearchEngine) {
    let mut names = std::collections::HashSet::new();
    for round in 1..=3 {
        let build = begun(engine).await;
        assert!(names.insert(build.name.clone()), "{build:?}");
        fill(engine, &build, &[article("a", round).entry()], "1").await;
        engine.finish(&build).await.unwrap();
        assert_eq!(titles(engine).await, [format!("a v{round}")]);
    }
}

/// Searches from the beginning of it to its end, each of which has everything once.
pub async fn readers_see_no_gap_while_a_build_is_finished(engine: &dyn SearchEngine) {
    let slugs: Vec<_> = (0..20).map(|n| format!("a{n:02}")).collect();
    let entries: Vec<_> = slugs.iter().map(|slug| article(slug, 1).entry()).collect();
    written_by(engine, &entries).await;
    let finished = AtomicBool::new(false);
    let rebuild = async {
        for _ in 0..2 {
            let build = begun(engine).await;
            for (at, part) in entries.chunks(7).enumerate() {
                fill(engine, &build, part, &at.to_string()).await;
            }
            engine.finish(&build).await.unwrap();
        }
        finished.store(true, Ordering::Relaxed);
    };
    let read = async {
        let mut searches = 0;
        while !finished.load(Ordering::Relaxed) {
            let found = Ask::all(Sort::Latest).of(engine).await;
            let mut found_slugs = crate::slugs(&found);
            found_slugs.sort();
            assert_eq!((found_slugs, found.total), (slugs.clone(), 20));
            searches += 1;
        }
        searches
    };
    let ((), searches) = join(rebuild, read).await;
    assert!(searches > 5, "{searches}");
}
