//! Of two states of one thing the later stays, whatever order they come in.

use shared::{
    domain::search::{Entry, EntryKey, EntryVersion, Sort},
    ports::search::SearchEngine,
};

use crate::{Article, Ask, author, found_users, person, put, written_by};

/// An article in this version; the title says which.
fn article(version: u64, counters: u64) -> Article {
    Article::new("a").title(&format!("Title v{version}c{counters}")).version(version, counters)
}

/// The titles of all articles.
async fn titles(engine: &dyn SearchEngine) -> Vec<String> {
    let found = Ask::all(Sort::Latest).of(engine).await;
    assert_eq!(found.total, found.hits.len() as u64);
    found.hits.into_iter().map(|hit| hit.highlight.title).collect()
}

/// A later version of the article, and later counters of it.
pub async fn a_later_state_takes_the_place_of_an_earlier(engine: &dyn SearchEngine) {
    put(engine, [article(1, 5)]).await;
    put(engine, [article(2, 0)]).await;
    assert_eq!(titles(engine).await, ["Title v2c0"]);
    put(engine, [article(2, 9)]).await;
    assert_eq!(titles(engine).await, ["Title v2c9"]);
    assert_eq!(Ask::typed("v1c5").of(engine).await.total, 0, "the words of the earlier are gone");
}

/// It is not refused: it is just not needed any more.
pub async fn an_earlier_state_that_comes_later_changes_nothing(engine: &dyn SearchEngine) {
    put(engine, [article(2, 9)]).await;
    put(engine, [article(1, 10)]).await;
    put(engine, [article(2, 8), Article::new("b").title("Another")]).await;
    let mut all = titles(engine).await;
    all.sort();
    assert_eq!(all, ["Another", "Title v2c9"], "the rest of its batch is taken");
}

/// Once, and in one batch.
pub async fn the_same_again_changes_nothing(engine: &dyn SearchEngine) {
    put(engine, [article(1, 1)]).await;
    put(engine, [article(1, 1), article(1, 1)]).await;
    assert_eq!(titles(engine).await, ["Title v1c1"]);
}

/// Counters that were read before and come later do not bring it back.
pub async fn what_is_gone_is_gone_for_all_counters_of_its_version(engine: &dyn SearchEngine) {
    put(engine, [article(1, 1)]).await;
    written_by(engine, &[article(1, 1).gone(1)]).await;
    assert_eq!(titles(engine).await, [""; 0]);
    put(engine, [article(1, 1_000_000)]).await;
    assert_eq!(titles(engine).await, [""; 0]);
}

/// The end comes first.
pub async fn what_is_gone_before_it_was_there_stays_gone(engine: &dyn SearchEngine) {
    written_by(engine, &[article(1, 0).gone(3)]).await;
    put(engine, [article(2, 4)]).await;
    assert_eq!(titles(engine).await, [""; 0]);
}

/// A withdrawn article is published again.
pub async fn what_comes_back_is_found(engine: &dyn SearchEngine) {
    put(engine, [article(1, 0)]).await;
    written_by(engine, &[article(1, 0).gone(2)]).await;
    put(engine, [article(3, 0)]).await;
    assert_eq!(titles(engine).await, ["Title v3c0"]);
    written_by(engine, &[article(1, 0).gone(2)]).await;
    assert_eq!(titles(engine).await, ["Title v3c0"], "an end of before is over");
}

/// Three states in every order, of three things at once.
pub async fn of_one_batch_the_latest_state_stays_whatever_the_order(engine: &dyn SearchEngine) {
    let states = |slug: &str| {
        let article = Article::new(slug);
        let state = |version| article.clone().title(&format!("{slug} v{version}")).version(version, 0).entry();
        [state(1), state(3), article.gone(2)]
    };
    for (slug, order) in
        [("a", [0, 1, 2]), ("b", [0, 2, 1]), ("c", [1, 0, 2]), ("d", [1, 2, 0]), ("e", [2, 0, 1]), ("f", [2, 1, 0])]
    {
        let states = states(slug);
        written_by(engine, &order.map(|at| states[at].clone())).await;
    }
    let article = Article::new("g");
    written_by(engine, &[article.gone(2), article.version(1, 7).entry()]).await;
    let mut all = titles(engine).await;
    all.sort();
    assert_eq!(all, ["a v3", "b v3", "c v3", "d v3", "e v3", "f v3"]);
}

/// And does not come back by an earlier state.
pub async fn a_user_who_is_gone_is_not_found(engine: &dyn SearchEngine) {
    let ann = person(1, "ann", "I write.");
    written_by(engine, std::slice::from_ref(&ann)).await;
    assert_eq!(found_users(engine, "ann").await.users, [author(1)]);
    written_by(engine, &[Entry::Gone(EntryKey::User(author(1)), EntryVersion::user(2))]).await;
    written_by(engine, &[ann]).await;
    assert_eq!(found_users(engine, "ann").await.total, 0);
    assert_eq!(engine.suggest("an", 10).await.unwrap().users, [""; 0]);
}
