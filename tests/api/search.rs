//! `GET /api/search` and below it. The index follows within moments; each test looks at articles of a tag of its own, until they are found.

mod people;
mod typed;

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, User, encode, new_article, shapes, unique};

/// How long it may take until something is found: seconds, and what an emulator needs besides.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks `path` until the answer is as `wanted`.
async fn until(path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let mut last = Value::Null;
    let looking = async {
        loop {
            ticks.tick().await;
            last = Client::new().get(path).await.expect(200);
            if wanted(&last) {
                break;
            }
        }
    };
    if tokio::time::timeout(PATIENCE, looking).await.is_err() {
        panic!("{path} still answers {last}");
    }
    last
}

/// The articles with `tag`, as soon as there are so many.
async fn indexed(tag: &str, count: u64) -> Value {
    until(&format!("/api/search?tag={tag}"), |found| found["articlesCount"] == count).await
}

async fn search(query: &str) -> Value {
    Client::new().get(&format!("/api/search?{query}")).await.expect(200)
}

fn titles(found: &Value) -> Vec<&str> {
    found["articles"].as_array().unwrap().iter().map(|article| article["title"].as_str().unwrap()).collect()
}

async fn publish(author: &User, tag: &str, article: Value) -> String {
    let mut article = new_article(article);
    article["tagList"] = json!([tag]);
    let answer = author.try_publish(article).await.expect(201);
    answer["article"]["slug"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_article_is_found_by_its_words_with_what_was_found_in_it() {
    let (author, tag) = (User::sign_up().await, unique("tag"));
    let slug = publish(
        &author,
        &tag,
        json!({"title": "Knots <i>that</i> hold", "body": "# Bowline\n\nSailors were *tying* the **bowline** long before."}),
    )
    .await;
    indexed(&tag, 1).await;
    let found = search(&format!("q=knot+bowlines&tag={}", tag.to_uppercase())).await;
    let article = &found["articles"][0];
    shapes::expect_fields(article, &[("highlight", "object")]);
    let mut summary = article.clone();
    let highlight = summary.as_object_mut().unwrap().remove("highlight").unwrap();
    shapes::expect_summary(&summary);
    assert_eq!(summary["slug"], slug);
    assert_eq!(highlight["title"], "<em>Knots</em> &lt;i&gt;that&lt;/i&gt; hold");
    let body = highlight["body"].as_str().unwrap();
    assert!(body.contains("<em>Bowline</em>") && !body.contains('#') && !body.contains("**"), "{body}");
    assert_eq!(found["facets"]["tags"], json!([{"name": tag, "count": 1}]));
    assert_eq!(found["facets"]["authors"], json!([{"name": author.username, "count": 1}]));
    assert_eq!((&found["articlesCount"], &found["cursor"]), (&json!(1), &Value::Null));
}

#[tokio::test]
async fn chinese_is_found_word_by_word_and_together_with_english() {
    let (author, tag) = (User::sign_up().await, unique("tag"));
    publish(&author, &tag, json!({"title": "用 Rust 构建分布式系统", "body": "我们讨论一致性与容错。"})).await;
    publish(&author, &tag, json!({"title": "红烧肉的做法", "body": "小火慢炖一个小时。"})).await;
    indexed(&tag, 2).await;
    for (typed, title) in [
        ("分布式", "用 Rust 构建分布式系统"),
        ("rust 容错", "用 Rust 构建分布式系统"),
        ("\"小火慢炖\"", "红烧肉的做法"),
        ("红烧肉", "红烧肉的做法"),
    ] {
        let found = search(&format!("q={}&tag={tag}", encode(typed))).await;
        assert_eq!(titles(&found), [title], "{typed}");
        assert!(found["articles"][0]["highlight"].to_string().contains("<em>"), "{typed}: {found}");
    }
}

#[tokio::test]
async fn a_change_is_found_and_what_was_before_is_not() {
    let (author, tag) = (User::sign_up().await, unique("tag"));
    let slug = publish(&author, &tag, json!({"title": "Telescopes"})).await;
    indexed(&tag, 1).await;
    author.client.put(&format!("/api/articles/{slug}"), json!({"article": {"title": "Microscopes"}})).await.expect(200);
    until(&format!("/api/search?q=microscopes&tag={tag}"), |found| found["articlesCount"] == 1).await;
    assert_eq!(search(&format!("q=telescopes&tag={tag}")).await["articlesCount"], 0);
}

#[tokio::test]
async fn what_is_withdrawn_or_deleted_is_not_found_and_what_comes_back_is() {
    let (author, tag) = (User::sign_up().await, unique("tag"));
    let (withdrawn, deleted) = (publish(&author, &tag, json!({})).await, publish(&author, &tag, json!({})).await);
    let found = indexed(&tag, 2).await;
    assert_eq!(titles(&found).len(), 2);
    author.client.delete(&format!("/api/articles/{deleted}")).await.expect_nothing();
    author.client.post(&format!("/api/articles/{withdrawn}/withdraw"), json!({})).await.expect(200);
    // At once: what is shown is read from the tables.
    assert!(titles(&search(&format!("tag={tag}")).await).is_empty());
    indexed(&tag, 0).await;
    let drafts = author.client.get("/api/drafts").await.expect(200);
    let draft = drafts["drafts"].as_array().unwrap().iter().find(|draft| draft["slug"] == withdrawn).unwrap();
    author.client.post(&format!("/api/drafts/{}/publish", draft["id"].as_str().unwrap()), json!({})).await.expect(200);
    assert_eq!(indexed(&tag, 1).await["articles"][0]["slug"], withdrawn);
}

#[tokio::test]
async fn a_draft_is_not_found() {
    let (author, tag) = (User::sign_up().await, unique("tag"));
    let draft = json!({"draft": {"title": "Secret plans", "description": "d", "body": "b", "tagList": [tag]}});
    author.client.post("/api/drafts", draft).await.expect(201);
    // What is published later is found; by then the draft would be.
    publish(&author, &tag, json!({"title": "Plans"})).await;
    assert_eq!(titles(&indexed(&tag, 1).await), ["Plans"]);
    assert_eq!(titles(&search(&format!("q=plans&tag={tag}")).await), ["Plans"]);
}

#[tokio::test]
async fn filters_narrow_and_an_unknown_author_has_nothing() {
    let (ann, bea, tag) = (User::sign_up().await, User::sign_up().await, unique("tag"));
    publish(&ann, &tag, json!({"title": "Bread"})).await;
    let article = publish(&bea, &tag, json!({"title": "Bread and salt"})).await;
    indexed(&tag, 2).await;
    let by = |author: &str| format!("q=bread&tag={tag}&author={}", encode(author));
    assert_eq!(titles(&search(&by(&bea.username)).await), ["Bread and salt"]);
    assert_eq!(search(&by(&unique("nobody"))).await["articlesCount"], 0);
    assert_eq!(search(&format!("q=bread&tag={}", "x".repeat(65))).await["articlesCount"], 0);

    let created = Client::new().get(&format!("/api/articles/{article}")).await.expect(200);
    let created = created["article"]["createdAt"].as_str().unwrap().to_owned();
    let (day, at) = (&created[..10], encode(&created));
    for (span, count) in
        [(format!("from={day}&to={day}"), 2), (format!("from={at}&to={at}"), 1), ("to=1999-12-31".to_owned(), 0)]
    {
        let found = search(&format!("tag={tag}&{span}")).await["articlesCount"].clone();
        assert_eq!(found, count, "{span}");
    }
}

#[tokio::test]
async fn pages_follow_each_other_in_every_order() {
    let (author, tag) = (User::sign_up().await, unique("tag"));
    let mut latest = Vec::new();
    for number in 0..5 {
        latest.insert(0, publish(&author, &tag, json!({"title": format!("Part {number}")})).await);
    }
    indexed(&tag, 5).await;
    for sort in ["relevance", "latest", "hot"] {
        let (mut slugs, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = search(&format!("q=part&tag={tag}&sort={sort}&limit=2{cursor}")).await;
            assert_eq!(page["articlesCount"], 5);
            let found = page["articles"].as_array().unwrap();
            slugs.extend(found.iter().map(|article| article["slug"].as_str().unwrap().to_owned()));
            let Some(next) = page["cursor"].as_str() else { break };
            assert!(slugs.len() < 5, "{sort} does not end");
            cursor = format!("&cursor={next}");
        }
        if sort == "latest" {
            assert_eq!(slugs, latest);
        }
        slugs.sort();
        let mut all = latest.clone();
        all.sort();
        assert_eq!(slugs, all, "{sort}");
    }
}

#[tokio::test]
async fn whoever_asks_sees_what_they_did_and_strangers_get_an_etag() {
    let (author, reader, tag) = (User::sign_up().await, User::sign_up().await, unique("tag"));
    let slug = publish(&author, &tag, json!({})).await;
    indexed(&tag, 1).await;
    reader.client.post(&format!("/api/articles/{slug}/favorite"), Value::Null).await.expect(200);
    let path = format!("/api/search?tag={tag}");
    let seen = reader.client.get(&path).await.expect(200);
    assert_eq!((&seen["articles"][0]["favorited"], &seen["articles"][0]["favoritesCount"]), (&json!(true), &json!(1)));
    let answer = Client::new().get(&path).await;
    let etag = answer.header("etag").to_owned();
    assert_eq!(answer.expect(200)["articles"][0]["favorited"], false);
    let again = Client::new().request(reqwest::Method::GET, &path).header("if-none-match", etag);
    Client::send(again).await.expect(304);
}

#[tokio::test]
async fn a_word_that_nobody_wrote_may_be_one_that_somebody_did() {
    let (author, tag) = (User::sign_up().await, unique("tag"));
    publish(&author, &tag, json!({"title": "Quokkaphotography for beginners"})).await;
    indexed(&tag, 1).await;
    let found = search(&format!("q=quokkaphotogrpahy&tag={tag}")).await;
    assert_eq!(titles(&found), ["Quokkaphotography for beginners"]);
    assert_eq!(found["didYouMean"], "quokkaphotography");
    assert_eq!(search(&format!("q=quokkaphotography&tag={tag}")).await["didYouMean"], Value::Null);
}
