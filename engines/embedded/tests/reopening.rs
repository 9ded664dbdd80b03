//! A folder that is closed and opened again after each step, and what a folder may have that is no index.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use std::fs;

use search_contract::{Article, Ask, NOW};
use search_embedded::Embedded;
use shared::{
    domain::{ranking::Scoring, search::Entry, search::Sort},
    ports::search::{Build, Rebuilds, SearchWrites},
};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn open(&self) -> Embedded {
        Embedded::open(self.0.path(), Scoring::default()).unwrap()
    }

    async fn apply(&self, articles: &[Article]) {
        let entries: Vec<Entry> = articles.iter().cloned().map(Article::entry).collect();
        assert!(self.open().apply(&entries).await.unwrap().is_empty());
    }

    async fn fill(&self, build: &Build, article: Article, mark: &str) {
        assert!(self.open().fill(build, &[article.entry()], mark).await.unwrap().is_empty());
    }

    async fn found(&self) -> Vec<String> {
        let mut slugs = Ask::all(Sort::Latest).slugs(&self.open()).await;
        slugs.sort();
        slugs
    }

    fn generations(&self) -> usize {
        let names = fs::read_dir(self.0.path()).unwrap().map(|entry| entry.unwrap().file_name());
        names.filter(|name| name.to_str().unwrap().starts_with("generation-")).count()
    }
}

#[tokio::test]
async fn a_rebuild_goes_on_however_often_the_folder_is_opened() {
    let folder = Folder::new();
    folder.apply(&[Article::new("a"), Article::new("b")]).await;
    assert!(folder.open().needs_rebuild(), "it began with nothing");
    let build = folder.open().begin(NOW).await.unwrap();
    assert_eq!(folder.open().under_way().await.unwrap(), Some(build.clone()));
    folder.fill(&build, Article::new("a"), "1").await;
    folder.apply(&[Article::new("c")]).await;
    let under_way = folder.open().under_way().await.unwrap().unwrap();
    assert_eq!(under_way.mark.as_deref(), Some("1"), "a change keeps the mark");
    folder.fill(&under_way, Article::new("d"), "2").await;
    assert_eq!(folder.found().await, ["a", "b", "c"]);
    assert!(folder.open().needs_rebuild());
    folder.open().finish(&build).await.unwrap();
    assert_eq!(folder.found().await, ["a", "c", "d"]);
    assert!(!folder.open().needs_rebuild());
    folder.open().finish(&build).await.unwrap();
    assert_eq!(folder.open().under_way().await.unwrap(), None);
    assert_eq!(folder.generations(), 1);
}

#[tokio::test]
async fn what_is_gone_stays_gone_when_the_folder_is_opened_again() {
    let folder = Folder::new();
    let article = Article::new("a");
    folder.apply(std::slice::from_ref(&article)).await;
    folder.open().apply(&[article.gone(2)]).await.unwrap();
    folder.apply(&[article.version(2, 5)]).await;
    assert_eq!(folder.found().await, [""; 0]);
}

#[tokio::test]
async fn what_is_no_index_is_replaced_by_one_that_needs_a_rebuild() {
    let breakages: [(&str, Breakage); 5] = [
        ("no list of generations", |folder| fs::write(folder.join("state.json"), "{").unwrap()),
        ("another form", |folder| {
            let state = fs::read_to_string(folder.join("state.json")).unwrap();
            fs::write(folder.join("state.json"), state.replace("\"form\":", "\"form\":9")).unwrap();
        }),
        ("a generation without its list", |folder| {
            fs::write(generation(folder).join("meta.json"), "{}").unwrap();
        }),
        ("a generation that lacks a file", |folder| {
            for entry in fs::read_dir(generation(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|extension| extension == "store") {
                    fs::remove_file(path).unwrap();
                }
            }
        }),
        ("a list that is gone", |folder| fs::remove_file(folder.join("state.json")).unwrap()),
    ];
    for (what, break_it) in breakages {
        let folder = Folder::new();
        folder.apply(&[Article::new("a")]).await;
        let build = folder.open().begin(NOW).await.unwrap();
        folder.open().finish(&build).await.unwrap();
        folder.apply(&[Article::new("a")]).await;
        assert!(!folder.open().needs_rebuild(), "{what}");
        break_it(folder.0.path());
        assert!(folder.open().needs_rebuild(), "{what}");
        assert_eq!(folder.found().await, [""; 0], "{what}");
        assert_eq!(folder.generations(), 1, "{what}: what cannot be used is gone");
        folder.apply(&[Article::new("b")]).await;
        assert_eq!(folder.found().await, ["b"], "{what}");
    }
}

/// What happens to a folder while nobody looks.
type Breakage = fn(&std::path::Path);

/// The only generation.
fn generation(folder: &std::path::Path) -> std::path::PathBuf {
    let mut entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.find(|path| path.is_dir()).unwrap()
}

#[tokio::test]
async fn a_folder_that_cannot_be_is_an_error_and_nothing_is_replaced() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(Embedded::open(file.path(), Scoring::default()).is_err());
    assert!(file.path().is_file());
}

#[tokio::test]
async fn points_that_are_no_number_are_refused_and_the_rest_is_taken() {
    let folder = Folder::new();
    let entries = [Article::new("a").entry(), Article::new("b").points(f64::NAN).entry(), Article::new("c").entry()];
    let refused = folder.open().apply(&entries).await.unwrap();
    assert_eq!(refused.iter().map(|refused| refused.place).collect::<Vec<_>>(), [1]);
    assert_eq!(folder.found().await, ["a", "c"]);
}
