//! What is said of what was found.

use shared::ports::search::SearchEngine;

use crate::{
    Article, Ask, author,
    library::{marked, plain},
    put,
};

/// Markup of titles and texts is shown as it is written.
pub async fn what_is_highlighted_is_harmless(engine: &dyn SearchEngine) {
    let article =
        Article::new("a").title("<script>alert(1)</script> & <em>parsers</em>").text("A parser reads <b> & </b>.");
    put(engine, [article]).await;
    for typed in ["parser", "script", "<script>", ""] {
        let hit = Ask::typed(typed).of(engine).await.hits.remove(0);
        let title = plain(&hit.highlight.title);
        assert!(title.starts_with("&lt;script&gt;alert(1)&lt;"), "{typed}: {title}");
        assert!(title.contains(" &amp; &lt;em&gt;parsers&lt;"), "{typed}: {title}");
        let body = plain(&hit.highlight.body);
        assert!(body.starts_with("A parser reads &lt;b&gt; &amp; &lt;"), "{typed}: {body}");
    }
}

/// The word of the article, not of the search.
pub async fn words_are_highlighted_as_they_are_written(engine: &dyn SearchEngine) {
    put(engine, [Article::new("a").title("Running FAST in a Café").text("He ran. She runs! The Cafe is closed.")])
        .await;
    let highlight = Ask::typed("run cafe").of(engine).await.hits.remove(0).highlight;
    assert_eq!(highlight.title, "<em>Running</em> FAST in a <em>Café</em>");
    assert_eq!(highlight.body, "He ran. She <em>runs</em>! The <em>Cafe</em> is closed.");
    let highlight = Ask::typed("\"fast in\"").of(engine).await.hits.remove(0).highlight;
    assert_eq!(plain(&highlight.title), "Running FAST in a Café");
    assert!(marked(&highlight.title).concat().starts_with("FAST"), "{}", highlight.title);
}

/// However an engine cuts it into words.
pub async fn chinese_is_highlighted_as_it_was_typed(engine: &dyn SearchEngine) {
    put(engine, [Article::new("a").title("关于数据库的故事").text("一个好的数据库需要很多年。")]).await;
    let highlight = Ask::typed("数据库").of(engine).await.hits.remove(0).highlight;
    assert_eq!(plain(&highlight.title), "关于数据库的故事");
    assert_eq!(marked(&highlight.title).concat(), "数据库");
    assert_eq!(marked(&highlight.body).concat(), "数据库");
}

/// A part far down that has both words, after one that has one.
pub async fn of_a_long_text_the_best_part_is_shown(engine: &dyn SearchEngine) {
    let filler = "Other things are told here at some length. ".repeat(30);
    let text = format!("A parser comes first. {filler}Now the parser meets the lexer at last. {filler}");
    let chinese = "这里讲的是别的事情。".repeat(60);
    let articles = [
        Article::new("latin").title("Tools").text(&text),
        Article::new("chinese").title("工具").text(&format!("{chinese}这里有一个编译器。{chinese}")),
    ];
    put(engine, articles).await;

    let body = Ask::typed("parser lexer").of(engine).await.hits.remove(0).highlight.body;
    assert!(body.contains("the <em>parser</em> meets the <em>lexer</em>"), "{body}");
    assert!((40..=260).contains(&plain(&body).chars().count()), "some 200 characters: {body}");

    let body = Ask::typed("编译器").of(engine).await.hits.remove(0).highlight.body;
    assert_eq!(marked(&body).concat(), "编译器");
    assert!((20..=260).contains(&plain(&body).chars().count()), "some 200 characters: {body}");
}

/// Found by its title, and by nothing at all.
pub async fn where_the_text_has_nothing_of_it_its_beginning_is_shown(engine: &dyn SearchEngine) {
    let text = format!("It begins here. {}", "Other things are told at some length. ".repeat(30));
    put(engine, [Article::new("a").title("Parsers").text(&text), Article::new("empty").title("Parsers").text("")])
        .await;
    for typed in ["parsers", ""] {
        let hits = Ask::typed(typed).of(engine).await.hits;
        for hit in hits {
            let body = hit.highlight.body;
            if hit.slug.as_str() == "empty" {
                assert_eq!(body, "");
            } else {
                assert!(body.starts_with("It begins here. Other things"), "{body}");
                assert!(body.chars().count() <= 260, "some 200 characters: {body}");
            }
        }
    }
}

/// A word with a typo, alone and beside others.
pub async fn a_word_that_nobody_wrote_may_be_another(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("a").title("A fast database"),
        Article::new("b").text("Databases again, and the database."),
        Article::new("c").title("Distributed systems"),
    ];
    put(engine, articles).await;
    for (typed, meant) in [
        ("databse", "database"),
        ("Fast databse", "Fast database"),
        ("distribted", "distributed"),
        ("distribted \"fast database\"", "distributed \"fast database\""),
    ] {
        assert_eq!(Ask::typed(typed).of(engine).await.did_you_mean.as_deref(), Some(meant), "{typed}");
    }
}

/// Known by their stem, Chinese, or like nothing at all.
pub async fn words_that_are_known_are_what_was_meant(engine: &dyn SearchEngine) {
    let articles = [Article::new("a").title("A fast database"), Article::new("b").title("数据库")];
    put(engine, articles).await;
    for typed in ["database", "DATABASES fast", "数据库", "zyxwvutsr", "", "-databse", "fax"] {
        assert_eq!(Ask::typed(typed).of(engine).await.did_you_mean, None, "{typed}");
    }
}

/// Which article, where, and whose.
pub async fn a_hit_says_what_was_found(engine: &dyn SearchEngine) {
    let article = Article::new("an-article").title("Parsers").by(7);
    let id = article.id();
    put(engine, [article]).await;
    let hit = Ask::typed("parsers").of(engine).await.hits.remove(0);
    assert_eq!((hit.slug.as_str(), hit.article, hit.author), ("an-article", id, author(7)));
}
