//! Words, phrases and what must not be there.

use shared::{domain::search::Sort, ports::search::SearchEngine};

use crate::{Article, Ask, put};

/// The same word in one field each.
pub async fn a_title_counts_more_than_tags_and_those_more_than_the_description_and_that_more_than_the_text(
    engine: &dyn SearchEngine,
) {
    let articles = [
        Article::new("in-text").text("A compiler reads it."),
        Article::new("in-title").title("A compiler"),
        Article::new("in-description").description("A compiler"),
        Article::new("in-tags").tags(&["compiler"]),
        Article::new("nowhere"),
    ];
    put(engine, articles).await;
    assert_eq!(Ask::typed("compiler").slugs(engine).await, ["in-title", "in-tags", "in-description", "in-text"]);
}

/// Words that are far apart in a long text, against a title that says one of them again and again.
pub async fn what_has_all_words_comes_before_what_has_some(engine: &dyn SearchEngine) {
    let long = format!("A compiler {} and a parser.", "goes on and on about many other things ".repeat(40));
    let loud = "compiler compiler compiler";
    let articles = [
        Article::new("some").title(loud).description(loud).tags(&["compiler"]).text(loud),
        Article::new("all").text(&long),
        Article::new("some-other").title("parser"),
        Article::new("none"),
    ];
    put(engine, articles).await;
    let found = Ask::typed("compiler parser").of(engine).await;
    let slugs = crate::slugs(&found);
    assert_eq!(slugs[0], "all");
    assert_eq!((slugs.len(), found.total), (3, 3), "{slugs:?}");
}

/// The words of a phrase in this order, in the other order, and apart.
pub async fn a_phrase_must_be_there_in_this_order(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("there").text("It is a zero cost abstraction."),
        Article::new("in-title").title("Zero cost"),
        Article::new("turned").title("Cost zero"),
        Article::new("apart").title("Zero is the cost"),
    ];
    put(engine, articles).await;
    let mut found = Ask::typed("\"zero cost\"").slugs(engine).await;
    found.sort();
    assert_eq!(found, ["in-title", "there"]);
    let with_a_word = Ask::typed("abstraction \"zero cost\"").slugs(engine).await;
    assert_eq!(with_a_word, ["there", "in-title"], "the phrase must be there, the word counts");
    assert_eq!(Ask::typed("\"zero cost\" \"cost zero\"").of(engine).await.total, 0, "every phrase must be there");
}

/// A word with a minus, in any field.
pub async fn what_is_unwanted_is_not_there(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("wanted").title("Garbage collection"),
        Article::new("tagged").title("Garbage collection").tags(&["java"]),
        Article::new("told").title("Garbage collection").text("As in Java."),
        Article::new("described").title("Garbage collection").description("Of Java"),
        Article::new("titled").title("Garbage collection in Java"),
        Article::new("like-it").title("Garbage collection").text("With javelins."),
    ];
    put(engine, articles).await;
    let mut found = Ask::typed("garbage -java").slugs(engine).await;
    found.sort();
    assert_eq!(found, ["like-it", "wanted"]);
}

/// A phrase with a minus.
pub async fn an_unwanted_phrase_leaves_its_words_apart_alone(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("turned").title("Exceptions").text("The pointer null."),
        Article::new("there").title("Exceptions").text("A null pointer again."),
        Article::new("apart").title("Exceptions").text("A pointer that is null."),
    ];
    put(engine, articles).await;
    let mut found = Ask::typed("exceptions -\"null pointer\"").slugs(engine).await;
    found.sort();
    assert_eq!(found, ["apart", "turned"]);
}

/// Nothing but a word with a minus.
pub async fn whatever_is_unwanted_alone_leaves_the_rest(engine: &dyn SearchEngine) {
    put(engine, [Article::new("java").title("Java"), Article::new("rust").title("Rust")]).await;
    assert_eq!(Ask::typed("-java").slugs(engine).await, ["rust"]);
    assert_eq!(Ask::typed("-java").sorted(Sort::Latest).slugs(engine).await, ["rust"]);
}

/// One letter too few, one too many, another, and two the other way round.
pub async fn a_typo_is_found_behind_what_is_written_right(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("wrong").title("The kernal"),
        Article::new("right").title("The kernel"),
        Article::new("other").title("The shell"),
    ];
    put(engine, articles).await;
    assert_eq!(Ask::typed("kernel").slugs(engine).await, ["right", "wrong"]);
    for typo in ["kernl", "kernnel", "kermel", "kenrel"] {
        let found = Ask::typed(typo).slugs(engine).await;
        assert!(found.contains(&"right".to_owned()), "{typo}: {found:?}");
        assert!(!found.contains(&"other".to_owned()), "{typo}: {found:?}");
    }
}

/// Words of two and three letters.
pub async fn short_words_match_as_they_are(engine: &dyn SearchEngine) {
    put(engine, [Article::new("go").title("Go"), Article::new("cat").title("Cat"), Article::new("car").title("Car")])
        .await;
    assert_eq!(Ask::typed("cat").slugs(engine).await, ["cat"]);
    assert_eq!(Ask::typed("cap").of(engine).await.total, 0);
    assert_eq!(Ask::typed("ge").of(engine).await.total, 0);
}

/// Two from eight letters on, one below.
pub async fn longer_words_may_have_two_typos(engine: &dyn SearchEngine) {
    put(engine, [Article::new("long").title("Algorithm"), Article::new("short").title("Bridge")]).await;
    assert_eq!(Ask::typed("algoritm").slugs(engine).await, ["long"], "one");
    assert_eq!(Ask::typed("algorythem").slugs(engine).await, ["long"], "two");
    assert_eq!(Ask::typed("bridje").slugs(engine).await, ["short"], "one");
    assert_eq!(Ask::typed("britje").of(engine).await.total, 0, "two");
}

/// Forms of one word.
pub async fn words_match_by_their_stem(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("run").title("How programs run"),
        Article::new("running").title("Running programs"),
        Article::new("runs").title("It runs"),
        Article::new("sit").title("It sits"),
    ];
    put(engine, articles).await;
    for typed in ["run", "running", "Runs"] {
        let mut found = Ask::typed(typed).slugs(engine).await;
        found.sort();
        assert_eq!(found, ["run", "running", "runs"], "{typed}");
    }
}

/// All articles, in every order.
pub async fn without_anything_typed_all_is_found(engine: &dyn SearchEngine) {
    assert_eq!(Ask::typed("").of(engine).await.total, 0, "an index that has nothing");
    put(engine, (0..5).map(|n| Article::new(&format!("a{n}")))).await;
    for sort in [Sort::Relevance, Sort::Latest, Sort::Hot] {
        let found = Ask::all(sort).of(engine).await;
        assert_eq!((found.total, found.hits.len()), (5, 5), "{sort:?}");
    }
}

/// What looks like a language, and what is no text at all.
pub async fn whatever_is_typed_gives_an_answer(engine: &dyn SearchEngine) {
    put(engine, [Article::new("a").title("Tables").tags(&["sql"])]).await;
    let emoji = "😀".repeat(256);
    let letters = "x".repeat(256);
    let words = "ab ".repeat(85);
    let unwanted = "-ab ".repeat(64);
    let chinese = "数据库性能".repeat(51);
    let zalgo = "a\u{301}\u{302}\u{303}".repeat(60);
    let hostile = [
        "*",
        "*:*",
        "?",
        "a*",
        "title:tables",
        "tables^1000",
        "tables~9",
        "[a TO z]",
        "{a TO b}",
        "/.*/",
        "/[/",
        "(((",
        ")))",
        "((a) OR",
        "AND",
        "a AND",
        "NOT",
        "|| &&",
        "a || b && !c",
        "+a -b",
        "\"",
        "\"a",
        "a\"b\"c",
        "\"a\" \"",
        "\\",
        "\\\"",
        "{}",
        "{\"match_all\":{}}",
        "<script>alert(1)</script>",
        "'; DROP TABLE articles; --",
        "../../etc/passwd",
        "%00",
        "a\0b",
        "\u{feff}",
        "\u{202e}abc",
        "\u{200d}",
        "ﷺ",
        "ß",
        "İstanbul",
        "ﬁ",
        "１２３",
        "e=mc²",
        "C++",
        "C#",
        ".NET",
        "-",
        "--",
        "-\"\"",
        "a:b:c",
        "$1",
        "$(id)",
        "{{7*7}}",
        &emoji,
        &letters,
        &words,
        &unwanted,
        &chinese,
        &zalgo,
    ];
    for typed in hostile {
        for sort in [Sort::Relevance, Sort::Latest, Sort::Hot] {
            Ask::typed(typed).sorted(sort).of(engine).await;
        }
        crate::found_users(engine, typed).await;
        engine.tags(typed, 10).await.unwrap();
        engine.suggest(typed, 10).await.unwrap();
    }
    assert_eq!(Ask::typed("tables").of(engine).await.total, 1, "it is all still there");
}
