//! Chinese, and how letters are written.

use shared::ports::search::SearchEngine;

use crate::{Article, Ask, put};

/// A word of a sentence without white space.
pub async fn chinese_words_are_found_within_sentences(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("text").text("这篇文章介绍了数据库的性能优化方法。"),
        Article::new("title").title("我们怎样设计一个数据库"),
        Article::new("other").title("如何学习做菜").text("今天天气很好。"),
    ];
    put(engine, articles).await;
    assert_eq!(Ask::typed("数据库").slugs(engine).await, ["title", "text"]);
    assert_eq!(Ask::typed("天气").slugs(engine).await, ["other"]);
    assert_eq!(Ask::typed("火车").of(engine).await.total, 0);
}

/// Several words in one piece, as is typed in Chinese.
pub async fn a_chinese_sentence_finds_what_has_most_of_its_words(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("one").title("数据库入门"),
        Article::new("both").title("数据库性能"),
        Article::new("none").title("做菜"),
    ];
    put(engine, articles).await;
    let found = Ask::typed("数据库性能优化").slugs(engine).await;
    assert_eq!(found[0], "both");
    assert!(found.contains(&"one".to_owned()) && !found.contains(&"none".to_owned()), "{found:?}");
}

/// A phrase within a sentence, and its words apart.
pub async fn a_chinese_phrase_is_there_as_it_is_written(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("there").text("我们讨论分布式系统的设计。"),
        Article::new("turned").text("系统是分布式的，设计也是。"),
    ];
    put(engine, articles).await;
    assert_eq!(Ask::typed("\"分布式系统\"").slugs(engine).await, ["there"]);
    assert_eq!(Ask::typed("\"系统的设计\"").slugs(engine).await, ["there"]);
    assert_eq!(Ask::typed("分布式系统").of(engine).await.total, 2, "words find both");
}

/// A word with a minus.
pub async fn chinese_that_is_unwanted_is_not_there(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("with").title("数据库性能").text("关于分布式系统。"),
        Article::new("without").title("数据库性能"),
    ];
    put(engine, articles).await;
    assert_eq!(Ask::typed("数据库 -分布式").slugs(engine).await, ["without"]);
}

/// Both languages in one sentence and in one search.
pub async fn chinese_and_english_mix(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("mixed").title("用Rust写异步程序的经验"),
        Article::new("rust").title("Learning Rust"),
        Article::new("async").title("异步与同步"),
        Article::new("neither").title("Cooking 做菜"),
    ];
    put(engine, articles).await;
    for typed in ["Rust异步", "rust 异步", "异步 RUST"] {
        let found = Ask::typed(typed).slugs(engine).await;
        assert_eq!((found[0].as_str(), found.len()), ("mixed", 3), "{typed}: {found:?}");
    }
}

/// What is the same to a reader.
pub async fn case_width_and_accents_make_no_difference(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("wide").title("ＦＵＬＬ Ｗｉｄｔｈ"),
        Article::new("accents").title("Un café à la crème"),
        Article::new("apart").title("Cafe\u{301} in two pieces"),
        Article::new("capitals").title("SHOUTING"),
    ];
    put(engine, articles).await;
    for (typed, slugs) in [
        ("full", &["wide"][..]),
        ("ｆｕｌｌ", &["wide"]),
        ("cafe", &["accents", "apart"]),
        ("CAFÉ", &["accents", "apart"]),
        ("creme", &["accents"]),
        ("shouting", &["capitals"]),
    ] {
        let mut found = Ask::typed(typed).slugs(engine).await;
        found.sort();
        assert_eq!(found, slugs, "{typed}");
    }
}
