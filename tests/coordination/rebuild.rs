//! The function `search-rebuild`: the index is made anew beside the one that is searched, and neither a kill at any point nor changes
//! meanwhile do harm.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use async_trait::async_trait;
use search_embedded::Embedded;
use search_rebuild::{End, Rebuild, Report};
use shared::{
    domain::{
        Timestamp,
        article::{Article, Slug},
        change::Subject,
        page::{Page, Start},
        ranking::Scoring,
        search::{ArticleSearch, Entry, FoundArticles, FoundUsers, SearchText, Sort, Span, Suggestions, TagCount},
    },
    indexing::Indexing,
    ports::{
        StoreError,
        articles::ArticleWrites as _,
        indexing::{IndexSource as _, RebuildOrders as _},
        search::{Build, Rebuilds, Refused, SearchEngine, SearchWrites, Searches},
    },
};

use crate::world::World;

/// More than two pages of a rebuild.
const ARTICLES: usize = 120;

/// The real engine, which dies at a call of a rebuild.
struct Mortal {
    engine: Embedded,
    calls_left: AtomicUsize,
}

impl Mortal {
    /// Dies before its call is done, or when it is done and nobody has heard of it.
    fn call(&self) -> Result<(), StoreError> {
        let left = self.calls_left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        left.map(drop).map_err(|_| StoreError::Unavailable { service: "search", source: "killed".into() })
    }
}

#[async_trait]
impl Rebuilds for Mortal {
    async fn under_way(&self) -> Result<Option<Build>, StoreError> {
        self.call()?;
        self.engine.under_way().await
    }

    async fn begin(&self, now: Timestamp) -> Result<Build, StoreError> {
        self.call()?;
        let begun = self.engine.begin(now).await;
        self.call().and(begun)
    }

    async fn fill(&self, build: &Build, entries: &[Entry], mark: &str) -> Result<Vec<Refused>, StoreError> {
        self.call()?;
        let filled = self.engine.fill(build, entries, mark).await;
        self.call().and(filled)
    }

    async fn finish(&self, build: &Build) -> Result<(), StoreError> {
        self.call()?;
        let finished = self.engine.finish(build).await;
        self.call().and(finished)
    }
}

#[async_trait]
impl SearchWrites for Mortal {
    async fn apply(&self, entries: &[Entry]) -> Result<Vec<Refused>, StoreError> {
        self.engine.apply(entries).await
    }
}

#[async_trait]
impl Searches for Mortal {
    async fn articles(&self, search: &ArticleSearch) -> Result<FoundArticles, StoreError> {
        self.engine.articles(search).await
    }

    async fn users(&self, text: &SearchText, skip: usize, limit: usize) -> Result<FoundUsers, StoreError> {
        self.engine.users(text, skip, limit).await
    }

    async fn tags(&self, text: &str, limit: usize) -> Result<Vec<TagCount>, StoreError> {
        self.engine.tags(text, limit).await
    }

    async fn suggest(&self, typed: &str, limit: usize) -> Result<Suggestions, StoreError> {
        self.engine.suggest(typed, limit).await
    }
}

/// A world with an index in a folder of its own.
struct Library {
    world: World,
    folder: tempfile::TempDir,
    articles: Vec<Article>,
}

impl Library {
    async fn new() -> Self {
        let world = World::new().await;
        let mut articles = Vec::new();
        for _ in 0..ARTICLES {
            articles.push(world.publish(1).await);
            world.clock.pass(std::time::Duration::from_millis(1));
        }
        Self { world, folder: tempfile::tempdir().unwrap(), articles }
    }

    /// The index, opened anew.
    fn open(&self) -> Embedded {
        Embedded::open(self.folder.path(), Scoring::default()).unwrap()
    }

    fn rebuild(&self, engine: Arc<dyn SearchEngine>) -> Rebuild {
        let tables = Arc::new(self.world.index_tables.clone());
        Rebuild {
            orders: Arc::new(self.world.rebuilds.clone()),
            survey: tables.clone(),
            indexing: Indexing { source: tables, scoring: Scoring::default() },
            engine,
            leases: self.world.leases.clone(),
            system: self.world.clock.clone(),
        }
    }

    /// Has `engine` follow a change of what is at `slug`.
    async fn follow(&self, engine: &Embedded, slug: &Slug, version: u64) {
        let indexing = Indexing { source: Arc::new(self.world.index_tables.clone()), scoring: Scoring::default() };
        let subject = Subject::Article(slug.clone());
        let entries = indexing.of_changes(&[(&subject, Some(version))]).await.unwrap();
        let entries: Vec<_> = entries.into_iter().flatten().collect();
        assert!(engine.apply(&entries).await.unwrap().is_empty());
    }

    /// The addresses of all that is found, the latest first.
    async fn found(&self, engine: &Embedded) -> Vec<Slug> {
        let mut slugs = Vec::new();
        let mut start = Start::Offset(0);
        loop {
            let search = ArticleSearch {
                text: SearchText::default(),
                tag: None,
                author: None,
                span: Span::default(),
                sort: Sort::Latest,
                page: Page { start, limit: 100 },
                now: self.world.system().now(),
            };
            let found = engine.articles(&search).await.unwrap();
            slugs.extend(found.hits.into_iter().map(|hit| hit.slug));
            let Some(next) = found.next else { return slugs };
            start = Start::Behind(next);
        }
    }

    fn expected(&self) -> Vec<Slug> {
        self.articles.iter().rev().map(|article| article.slug.clone()).collect()
    }
}

#[tokio::test]
async fn nothing_is_done_that_nobody_ordered() {
    let library = Library::new().await;
    let engine = library.open();
    let report = library.rebuild(Arc::new(engine.clone())).run().await.unwrap();
    assert_eq!(report, Report { end: End::Idle, entries: 0, refused: 0 });
    assert!(library.found(&engine).await.is_empty());
}

#[tokio::test]
async fn an_order_fills_a_new_index_and_says_how_far_it_is() {
    let library = Library::new().await;
    let engine = library.open();
    assert_eq!(library.world.rebuilds.order().await.unwrap(), 1);
    let report = library.rebuild(Arc::new(engine.clone())).run().await.unwrap();
    assert_eq!((report.end, report.refused), (End::Done, 0));
    assert_eq!(library.found(&engine).await, library.expected());
    let standing = library.world.rebuilds.standing().await.unwrap();
    assert_eq!((standing.done, standing.filled, standing.total), (1, ARTICLES as u64, ARTICLES as u64));
    let again = library.rebuild(Arc::new(engine)).run().await.unwrap();
    assert_eq!(again.end, End::Idle);
}

#[tokio::test]
async fn wherever_it_is_killed_it_is_gone_on_with_and_readers_see_one_whole_index() {
    let library = Library::new().await;
    // What is searched meanwhile: all but what is changed below.
    let engine = library.open();
    library.world.rebuilds.order().await.unwrap();
    library.rebuild(Arc::new(engine.clone())).run().await.unwrap();
    drop(engine);
    let mut deaths = 0;
    for calls in 0.. {
        library.world.rebuilds.order().await.unwrap();
        let mortal = Mortal { engine: library.open(), calls_left: calls.into() };
        let outcome = library.rebuild(Arc::new(mortal)).run().await;
        // The process is gone: the index is opened anew, and the lease of who was killed runs out.
        library.world.clock.pass(search_rebuild::LIFE);
        let engine = library.open();
        assert_eq!(library.found(&engine).await, library.expected(), "after {calls} calls");
        if outcome.is_ok() {
            break;
        }
        deaths += 1;
        let report = library.rebuild(Arc::new(engine.clone())).run().await.unwrap();
        assert_eq!(report.end, End::Done, "after {calls} calls");
        assert_eq!(library.found(&engine).await, library.expected(), "after {calls} calls");
    }
    assert!(deaths > 8, "{deaths}");
}

#[tokio::test]
async fn what_was_filled_before_a_kill_is_not_filled_again() {
    let library = Library::new().await;
    library.world.rebuilds.order().await.unwrap();
    // Asked for a build, begun (twice counted), and filled once.
    let mortal = Mortal { engine: library.open(), calls_left: 5.into() };
    assert!(library.rebuild(Arc::new(mortal)).run().await.is_err());
    library.world.clock.pass(search_rebuild::LIFE);
    let report = library.rebuild(Arc::new(library.open())).run().await.unwrap();
    assert_eq!(report.end, End::Done);
    assert_eq!(report.entries, (ARTICLES - 50) as u64);
}

#[tokio::test]
async fn changes_meanwhile_are_in_the_new_index_and_in_the_one_that_is_searched() {
    let mut library = Library::new().await;
    let engine = library.open();
    library.world.rebuilds.order().await.unwrap();
    library.rebuild(Arc::new(engine.clone())).run().await.unwrap();

    library.world.rebuilds.order().await.unwrap();
    let mortal = Mortal { engine: engine.clone(), calls_left: 5.into() };
    assert!(library.rebuild(Arc::new(mortal)).run().await.is_err());
    // One that was filled in and one that was not are deleted, and one is new.
    for place in [ARTICLES - 1, 0] {
        let gone = library.articles.remove(place);
        library.world.articles.delete(&gone, library.world.system().now()).await.unwrap();
        library.follow(&engine, &gone.slug, gone.version + 1).await;
    }
    let new = library.world.publish(1).await;
    library.follow(&engine, &new.slug, 1).await;
    library.articles.push(new);
    assert_eq!(library.found(&engine).await, library.expected(), "before the swap");
    library.world.clock.pass(search_rebuild::LIFE);
    assert_eq!(library.rebuild(Arc::new(engine.clone())).run().await.unwrap().end, End::Done);
    assert_eq!(library.found(&engine).await, library.expected(), "after the swap");
}

#[tokio::test]
async fn an_article_that_went_while_it_was_read_is_nothing_to_an_index() {
    let library = Library::new().await;
    let article = &library.articles[0];
    library.world.articles.delete(article, library.world.system().now()).await.unwrap();
    let found = library.world.index_tables.articles(std::slice::from_ref(&article.slug)).await.unwrap();
    assert!(matches!(found[..], [shared::ports::indexing::AtAddress::Nothing]), "{found:?}");
    let addresses = library.world.index_tables.addresses(&[article.id, library.articles[1].id]).await.unwrap();
    assert_eq!(addresses, [None, Some(library.articles[1].slug.clone())]);
}
