//! What must hold beside words, and what all that is found has in common.

use shared::{
    domain::search::{MAX_FACETS, Sort, TagCount},
    ports::search::SearchEngine,
};

use crate::{Article, Ask, author, hours_ago, library::later, put};

/// A tag in another case and width.
pub async fn only_what_has_the_tag_however_it_is_written(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("lower").tags(&["rust", "web"]).hours_old(1),
        Article::new("upper").tags(&["RUST"]).hours_old(2),
        Article::new("longer").tags(&["rust web"]).hours_old(3),
        Article::new("chinese").tags(&["分布式"]).hours_old(4),
        Article::new("told").title("rust").hours_old(5),
    ];
    put(engine, articles).await;
    for (tag, slugs) in [
        ("Rust", &["lower", "upper"][..]),
        ("ｒｕｓｔ", &["lower", "upper"]),
        ("Rust Web", &["longer"]),
        ("分布式", &["chinese"]),
        ("分布", &[]),
        ("*", &[]),
    ] {
        assert_eq!(Ask::all(Sort::Latest).tag(tag).slugs(engine).await, slugs, "{tag}");
    }
}

/// One author of two.
pub async fn only_what_is_the_authors(engine: &dyn SearchEngine) {
    put(engine, [Article::new("mine"), Article::new("theirs").by(2)]).await;
    assert_eq!(Ask::typed("").author(2).slugs(engine).await, ["theirs"]);
    assert_eq!(Ask::typed("").author(3).of(engine).await.total, 0);
}

/// To the millisecond.
pub async fn only_what_was_published_in_the_span(engine: &dyn SearchEngine) {
    put(engine, [10, 20, 30].map(|hours| Article::new(&format!("h{hours}")).hours_old(hours))).await;
    let all = Ask::all(Sort::Latest);
    assert_eq!(all.clone().from(hours_ago(20)).slugs(engine).await, ["h10", "h20"], "its beginning belongs to it");
    assert_eq!(all.clone().from(later(hours_ago(20), 1)).slugs(engine).await, ["h10"]);
    assert_eq!(all.clone().until(hours_ago(20)).slugs(engine).await, ["h30"], "its end does not");
    assert_eq!(all.clone().until(later(hours_ago(20), 1)).slugs(engine).await, ["h20", "h30"]);
    assert_eq!(all.clone().from(hours_ago(25)).until(hours_ago(15)).slugs(engine).await, ["h20"]);
    assert_eq!(
        all.from(hours_ago(15)).until(hours_ago(25)).of(engine).await.total,
        0,
        "a span that ends before it begins"
    );
}

/// All at the same time, in every order.
pub async fn filters_and_words_hold_together(engine: &dyn SearchEngine) {
    let fits = || Article::new("fits").title("Parsers").tags(&["rust"]).by(2).hours_old(10);
    let mut articles = vec![fits(), fits().tags(&["go"]), fits().by(3), fits().hours_old(30), fits().title("Lexers")];
    for (article, slug) in
        articles.iter_mut().zip(["fits", "other-tag", "other-author", "older", "other-words"]).skip(1)
    {
        *article = article.clone().renamed(slug);
    }
    put(engine, articles).await;
    for sort in [Sort::Relevance, Sort::Latest, Sort::Hot] {
        let ask = Ask::typed("parser -java").tag("rust").author(2).from(hours_ago(20)).until(hours_ago(5)).sorted(sort);
        let found = ask.of(engine).await;
        assert_eq!((crate::slugs(&found), found.total), (vec!["fits".to_owned()], 1), "{sort:?}");
    }
}

/// Tags and authors, of all pages and under a filter.
pub async fn facets_count_all_that_is_found_the_most_frequent_first(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("a").title("Parsers").tags(&["Rust", "Web"]),
        Article::new("b").title("Parsers").tags(&["rust", "db"]).by(2),
        Article::new("c").title("Parsers").tags(&["RUST", "web"]).by(2),
        Article::new("d").title("Parsers").tags(&["Asm"]).by(2),
        Article::new("e").title("Cooking").tags(&["rust", "food"]).by(3),
    ];
    put(engine, articles).await;
    let count = |name: &str, count| TagCount { name: name.to_owned(), count };

    let found = Ask::typed("parsers").limit(1).of(engine).await;
    assert_eq!((found.total, found.hits.len()), (4, 1));
    assert_eq!(found.tags, [count("rust", 3), count("web", 2), count("asm", 1), count("db", 1)]);
    assert_eq!(found.authors, [(author(2), 3), (author(1), 1)]);

    let found = Ask::typed("").author(2).tag("rust").sorted(Sort::Latest).of(engine).await;
    assert_eq!(found.tags, [count("rust", 2), count("db", 1), count("web", 1)]);
    assert_eq!(found.authors, [(author(2), 2)]);
}

/// More tags and authors than are counted out.
pub async fn of_facets_there_are_the_most_frequent(engine: &dyn SearchEngine) {
    let articles = (0..MAX_FACETS as u8 + 3)
        .flat_map(|n| (0..=n).map(move |m| Article::new(&format!("a{n}-{m}")).tags(&[&format!("t{n:02}")]).by(n)));
    put(engine, articles).await;
    let found = Ask::typed("").of(engine).await;
    let tags: Vec<_> = found.tags.iter().map(|tag| (tag.name.as_str(), tag.count)).collect();
    assert_eq!(tags.len(), MAX_FACETS);
    assert_eq!((tags[0], tags[9]), (("t12", 13), ("t03", 4)));
    assert_eq!(found.authors.len(), MAX_FACETS);
    assert_eq!((found.authors[0], found.authors[9]), ((author(12), 13), (author(3), 4)));
}
