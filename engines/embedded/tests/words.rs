//! What this engine does with words beyond what every engine promises.

#![allow(clippy::unwrap_used, reason = "a panic is how a test fails")]

use search_contract::{Article, Ask, put};
use search_embedded::Embedded;
use shared::domain::ranking::Scoring;

/// An engine that has `articles`, and the addresses of what is found for each of `searches`.
async fn assert_found(articles: impl IntoIterator<Item = Article>, searches: &[(&str, &[&str])]) {
    let folder = tempfile::tempdir().unwrap();
    let engine = Embedded::open(folder.path(), Scoring::default()).unwrap();
    put(&engine, articles).await;
    for (typed, slugs) in searches {
        assert_eq!(Ask::typed(typed).slugs(&engine).await, *slugs, "{typed}");
    }
}

#[tokio::test]
async fn a_long_chinese_word_is_best_in_one_piece_and_found_in_its_parts() {
    let articles = [
        Article::new("parts").text("北京有很多大学。"),
        Article::new("whole").text("他在北京大学读书。"),
        Article::new("one-part").text("北京的天气很好。"),
    ];
    assert_found(articles, &[("北京大学", &["whole", "parts", "one-part"]), ("\"北京大学\"", &["whole"])]).await;
}

#[tokio::test]
async fn chinese_that_was_cut_in_another_way_is_found_behind_what_was_not() {
    let articles = [
        Article::new("within").title("北京大学"),
        Article::new("word").title("京大"),
        Article::new("apart").title("大京"),
    ];
    assert_found(articles, &[("京大", &["word", "within"])]).await;
}

#[tokio::test]
async fn words_that_say_little_need_not_be_there_unless_they_are_all() {
    let articles = [
        Article::new("guide").title("Writing a parser"),
        Article::new("all").title("How to write a parser"),
        Article::new("unrelated").title("How to cook"),
    ];
    let unrelated_is_not_there = ("how to write a parser", &["all", "guide"][..]);
    assert_found(articles, &[unrelated_is_not_there, ("how to cook", &["unrelated"]), ("how", &["unrelated", "all"])])
        .await;
}

#[tokio::test]
async fn languages_with_a_sign_are_words_of_their_own() {
    let articles = [
        Article::new("c").title("Pure C"),
        Article::new("cpp").title("Modern C++"),
        Article::new("sharp").title("C# 入门"),
    ];
    assert_found(articles, &[("c", &["c"]), ("C++", &["cpp"]), ("c#", &["sharp"])]).await;
}

#[tokio::test]
async fn numbers_have_no_typos_and_the_first_letter_is_right() {
    let articles = [
        Article::new("year").title("Plans of 2024"),
        Article::new("trust").title("Whom to trust"),
        Article::new("rest").title("A long rest"),
    ];
    assert_found(articles, &[("2023", &[]), ("2024", &["year"]), ("rust", &["rest"])]).await;
}

#[tokio::test]
async fn a_word_that_no_article_has_does_not_keep_the_others_from_being_all() {
    let loud = "parser parser parser";
    let articles = [
        Article::new("loud").title(loud).description(loud).text(loud),
        Article::new("both").text("In the end a lexer reads what the parser needs."),
    ];
    assert_found(articles, &[("parser lexer qwrtzpsd", &["both", "loud"])]).await;
}
