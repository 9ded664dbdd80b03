//! Searches beside writes and rebuilds: each sees everything once, in one state.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use search_contract::{Article, Ask, NOW};
use search_embedded::Embedded;
use shared::{
    domain::{ranking::Scoring, search::Entry, search::Sort},
    ports::search::{Rebuilds, SearchWrites},
};

const ARTICLES: usize = 30;

/// All articles in the same version, which their titles say.
fn all(version: u64) -> Vec<Entry> {
    let article = |n| Article::new(&format!("a{n}")).title(&format!("Parser 数据库 v{version}")).version(version, 0);
    (0..ARTICLES).map(|n| article(n).entry()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_whole_batches_while_writers_write_and_builds_are_finished() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Embedded::open(folder.path(), Scoring::default()).unwrap();
    engine.apply(&all(1)).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let searches = Arc::new(AtomicUsize::new(0));
    let readers: Vec<_> = ["parser", "数据库", "parsr", ""]
        .into_iter()
        .map(|typed| {
            let (engine, done, searches) = (engine.clone(), Arc::clone(&done), Arc::clone(&searches));
            tokio::spawn(async move {
                let mut newest = 0;
                while !done.load(Ordering::Relaxed) {
                    let found = Ask::typed(typed).sorted(Sort::Latest).of(&engine).await;
                    assert_eq!((found.total, found.hits.len()), (ARTICLES as u64, ARTICLES), "{typed}");
                    let mut titles: Vec<_> = found.hits.iter().map(|hit| hit.highlight.title.clone()).collect();
                    titles.dedup();
                    assert_eq!(titles.len(), 1, "one state of all: {titles:?}");
                    let version: u64 = titles[0].rsplit_once('v').unwrap().1.parse().unwrap();
                    assert!(version >= newest, "{version} after {newest}");
                    newest = version;
                    searches.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();

    let mut version = 1;
    for _ in 0..3 {
        let build = engine.begin(NOW).await.unwrap();
        for mark in ["1", "2", "3"] {
            version += 1;
            let (written, stale) = (all(version), all(version - 1));
            let (applied, filled) = futures_util::join!(engine.apply(&written), engine.fill(&build, &stale, mark));
            assert!(applied.unwrap().is_empty() && filled.unwrap().is_empty());
        }
        engine.finish(&build).await.unwrap();
    }
    // Readers who are slow have their share too.
    while searches.load(Ordering::Relaxed) < 20 {
        tokio::task::yield_now().await;
    }
    done.store(true, Ordering::Relaxed);
    for reader in readers {
        reader.await.unwrap();
    }
    let found = Ask::typed(&format!("v{version}")).of(&engine).await;
    assert_eq!(found.total, ARTICLES as u64, "the last state");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_writes_at_the_same_time_the_latest_state_stays() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Embedded::open(folder.path(), Scoring::default()).unwrap();
    let writes = (1..=8).map(|version| {
        let engine = engine.clone();
        tokio::spawn(async move { engine.apply(&all(version)).await.unwrap().is_empty() })
    });
    for written in writes.collect::<Vec<_>>() {
        assert!(written.await.unwrap());
    }
    let found = Ask::typed("").of(&engine).await;
    assert_eq!(found.total, ARTICLES as u64);
    assert!(found.hits.iter().all(|hit| hit.highlight.title.ends_with("v8")));
}
