//! Orders, and pages in them.

use shared::{
    domain::{
        page::Start,
        search::{Place, Sort},
    },
    ports::search::SearchEngine,
};

use crate::{Article, Ask, hours_ago, put, written_by};

/// By their first publication, newest first, whatever fits best.
pub async fn the_latest_first(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("old").title("Parsers parsers").hours_old(30).points(100.0),
        Article::new("fresh").text("Parsers").hours_old(10),
        Article::new("middle").title("Parsers").hours_old(20),
    ];
    put(engine, articles).await;
    assert_eq!(Ask::typed("parsers").sorted(Sort::Latest).slugs(engine).await, ["fresh", "middle", "old"]);
}

/// Points by age as on the hot list, with its gravity of 1.5: those of 2 hours are divided by 8, those of 14 by 64, those of 0 by 2.83.
pub async fn the_hottest_first(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("young").title("A parser").hours_old(2).points(10.0),
        Article::new("much").title("A parser").hours_old(14).points(90.0),
        Article::new("little").title("Parsers parsers parsers").hours_old(14).points(70.0),
        Article::new("newest").title("A parser").hours_old(0).points(3.0),
        Article::new("nothing").title("A parser").hours_old(0),
    ];
    put(engine, articles).await;
    let found = Ask::typed("parser").sorted(Sort::Hot).of(engine).await;
    assert_eq!(crate::slugs(&found), ["much", "young", "little", "newest", "nothing"]);
}

/// A dozen articles: the same words, the same age to the millisecond, the same points.
fn alike() -> impl Iterator<Item = Article> {
    (0..12).map(|n| Article::new(&format!("alike-{n}")).title("A parser").points(1.0))
}

/// Holds pages of five against the dozen.
fn assert_everything_once(pages: &[Vec<String>]) {
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [5, 5, 2]);
    let mut all = pages.concat();
    all.sort();
    let mut expected: Vec<_> = (0..12).map(|n| format!("alike-{n}")).collect();
    expected.sort();
    assert_eq!(all, expected);
}

/// Articles that fit alike.
pub async fn pages_by_relevance_have_everything_once(engine: &dyn SearchEngine) {
    put(engine, alike()).await;
    let ask = Ask::typed("parser").limit(5);
    assert_everything_once(&ask.pages(engine, async || ()).await);
    assert_eq!(ask.start(Start::Behind(Place::After(5))).of(engine).await.total, 12, "of all pages");
}

/// Articles that are as hot.
pub async fn pages_of_the_hottest_have_everything_once(engine: &dyn SearchEngine) {
    put(engine, alike()).await;
    assert_everything_once(&Ask::typed("parser").sorted(Sort::Hot).limit(5).pages(engine, async || ()).await);
}

/// Articles of the same millisecond; between the pages come newer ones.
pub async fn pages_of_the_latest_have_everything_once_while_new_ones_arrive(engine: &dyn SearchEngine) {
    put(engine, alike()).await;
    let newer = std::sync::atomic::AtomicUsize::new(0);
    let arrive = async || {
        let n = newer.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        put(engine, [Article::new(&format!("newer-{n}")).title("A parser").hours_old(1)]).await;
    };
    let ask = Ask::typed("parser").sorted(Sort::Latest).limit(5);
    let pages = ask.pages(engine, arrive).await;
    assert_everything_once(&pages);
    assert_eq!(ask.limit(100).slugs(engine).await[2..], pages.concat(), "the newer ones are before them");
}

/// The last article of a page is withdrawn before the next is asked for.
pub async fn a_page_begins_behind_what_is_gone(engine: &dyn SearchEngine) {
    let articles = [10, 20, 30].map(|hours| Article::new(&format!("h{hours}")).hours_old(hours));
    put(engine, articles.clone()).await;
    let found = Ask::all(Sort::Latest).limit(2).of(engine).await;
    assert_eq!(found.next, Some(Place::Behind(articles[1].id())));
    written_by(engine, &[articles[1].gone(1)]).await;
    let behind = Ask::all(Sort::Latest).limit(2).start(Start::Behind(found.next.unwrap())).of(engine).await;
    assert_eq!((crate::slugs(&behind), behind.next), (vec!["h30".to_owned()], None));
}

/// As many as a page has.
pub async fn a_page_that_is_just_full_is_the_last(engine: &dyn SearchEngine) {
    put(engine, alike().take(5)).await;
    for sort in [Sort::Relevance, Sort::Latest, Sort::Hot] {
        let found = Ask::typed("parser").sorted(sort).limit(5).of(engine).await;
        assert_eq!((found.hits.len(), found.next), (5, None), "{sort:?}");
    }
    let beyond = Ask::typed("parser").start(Start::Behind(Place::After(5))).of(engine).await;
    assert_eq!((beyond.hits.len(), beyond.total, beyond.next), (0, 5, None));
}

/// Counted off in every order.
pub async fn a_page_may_begin_at_an_offset(engine: &dyn SearchEngine) {
    let articles = [10, 20, 30].map(|hours| Article::new(&format!("h{hours}")).hours_old(hours).points(1.0));
    put(engine, articles).await;
    for sort in [Sort::Latest, Sort::Hot] {
        let found = Ask::all(sort).limit(1).start(Start::Offset(1)).of(engine).await;
        assert_eq!(crate::slugs(&found), ["h20"], "{sort:?}");
        let next = Ask::all(sort).limit(1).start(Start::Behind(found.next.unwrap())).of(engine).await;
        assert_eq!(crate::slugs(&next), ["h30"], "{sort:?}");
    }
    let span = Ask::all(Sort::Latest).from(hours_ago(25)).start(Start::Offset(1));
    assert_eq!(span.slugs(engine).await, ["h20"]);
}
