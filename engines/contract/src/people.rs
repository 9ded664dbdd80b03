//! Users, tags and suggestions.

use shared::{
    domain::search::{FoundUsers, SearchText, SuggestedTitle, TagCount},
    ports::search::SearchEngine,
};

use crate::{Article, author, found_users, person, put, written_by};

fn count(name: &str, count: u64) -> TagCount {
    TagCount { name: name.to_owned(), count }
}

/// The same word in both.
pub async fn users_are_found_by_their_name_before_their_bio(engine: &dyn SearchEngine) {
    let users =
        [person(1, "ann", "I write about compilers."), person(2, "Compilers", "Nothing."), person(3, "bob", "I cook.")];
    written_by(engine, &users).await;
    assert_eq!(found_users(engine, "compiler").await, FoundUsers { users: vec![author(2), author(1)], total: 2 });
    assert_eq!(found_users(engine, "nobody").await, FoundUsers::default());
}

/// Regardless of case, and behind who has the name.
pub async fn users_are_found_by_what_their_name_begins_with(engine: &dyn SearchEngine) {
    let users = [person(1, "Katherine", ""), person(2, "kat", ""), person(3, "meerkat", ""), person(4, "Ann Katz", "")];
    written_by(engine, &users).await;
    let mut found = found_users(engine, "KAT").await;
    assert_eq!(found.users.remove(0), author(2));
    assert!(found.users.contains(&author(1)) && !found.users.contains(&author(3)), "{found:?}");
}

/// The beginning of a name, and words of a bio.
pub async fn chinese_names_are_found(engine: &dyn SearchEngine) {
    let users = [person(1, "张小明", "喜欢数据库和编译器"), person(2, "李华", "喜欢做菜")];
    written_by(engine, &users).await;
    for typed in ["张小明", "张小", "数据库"] {
        assert_eq!(found_users(engine, typed).await.users, [author(1)], "{typed}");
    }
}

/// Users who are found alike.
pub async fn users_come_in_parts(engine: &dyn SearchEngine) {
    let users: Vec<_> = (0..7).map(|n| person(n, &format!("writer {n}"), "I write.")).collect();
    written_by(engine, &users).await;
    let text = SearchText::parse("writer").unwrap();
    let mut all = Vec::new();
    for skip in [0, 3, 6, 9] {
        let found = engine.users(&text, skip, 3).await.unwrap();
        assert_eq!(found.total, 7);
        all.push(found.users);
    }
    assert_eq!(all.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 1, 0]);
    let mut all = all.concat();
    all.sort();
    assert_eq!(all, (0..7).map(author).collect::<Vec<_>>());
}

/// Of live articles only, the most used first.
pub async fn tags_are_found_by_what_one_of_their_words_begins_with(engine: &dyn SearchEngine) {
    let gone = Article::new("gone").tags(&["Databases"]);
    let articles = [
        Article::new("a").tags(&["Data Science", "big data"]),
        Article::new("b").tags(&["data science"]),
        Article::new("c").tags(&["database-design", "数据库"]),
        Article::new("d").tags(&["metadata"]),
        gone.clone(),
    ];
    put(engine, articles).await;
    written_by(engine, &[gone.gone(1)]).await;
    let tags = engine.tags("DATA", 10).await.unwrap();
    assert_eq!(tags, [count("data science", 2), count("big data", 1), count("database-design", 1)]);
    assert_eq!(engine.tags("data", 1).await.unwrap(), [count("data science", 2)]);
    assert_eq!(engine.tags("scien", 10).await.unwrap(), [count("data science", 2)]);
    assert_eq!(engine.tags("数据", 10).await.unwrap(), [count("数据库", 1)]);
    assert_eq!(engine.tags("nothing", 10).await.unwrap(), []);
}

/// The last word may be its beginning; what stands before it is there as a word.
pub async fn what_is_typed_is_completed(engine: &dyn SearchEngine) {
    let articles = [
        Article::new("systems").title("Distributed Systems").tags(&["Distributed"]),
        Article::new("syntax").title("Syntax trees").text("Distributed systems"),
        Article::new("other").title("Cooking"),
    ];
    put(engine, articles).await;
    written_by(engine, &[person(1, "Distant", ""), person(2, "bob", "dist")]).await;

    let suggested = engine.suggest("DIST", 10).await.unwrap();
    assert_eq!(titles(&suggested.titles), ["Distributed Systems"]);
    assert_eq!(suggested.titles[0].slug.as_str(), "systems");
    assert_eq!(suggested.tags, [count("distributed", 1)]);
    assert_eq!(suggested.users, ["Distant"]);

    assert_eq!(titles(&engine.suggest("distributed sys", 10).await.unwrap().titles), ["Distributed Systems"]);
    assert_eq!(titles(&engine.suggest("distributed syn", 10).await.unwrap().titles), [""; 0]);
    let mut both = titles(&engine.suggest("sy", 10).await.unwrap().titles);
    both.sort();
    assert_eq!(both, ["Distributed Systems", "Syntax trees"]);
}

fn titles(suggested: &[SuggestedTitle]) -> Vec<String> {
    suggested.iter().map(|suggested| suggested.title.clone()).collect()
}

/// By a word and by the beginning of a word.
pub async fn a_chinese_title_is_completed(engine: &dyn SearchEngine) {
    put(engine, [Article::new("a").title("数据库性能优化"), Article::new("b").title("做菜")]).await;
    for typed in ["数据", "数据库", "数据库性能"] {
        assert_eq!(titles(&engine.suggest(typed, 10).await.unwrap().titles), ["数据库性能优化"], "{typed}");
    }
}

/// Of each kind.
pub async fn suggestions_are_as_many_as_asked_for(engine: &dyn SearchEngine) {
    put(engine, (0..5).map(|n| Article::new(&format!("a{n}")).title("Parsers").tags(&[&format!("parser {n}")]))).await;
    let users: Vec<_> = (0..5).map(|n| person(n, &format!("Parser{n}"), "")).collect();
    written_by(engine, &users).await;
    let suggested = engine.suggest("pars", 3).await.unwrap();
    assert_eq!((suggested.titles.len(), suggested.tags.len(), suggested.users.len()), (3, 3, 3));
}
