//! `GET /api/articles`, `GET /api/articles/{slug}` and `GET /api/tags`.

mod feed;
mod freshness;
mod html;
mod queries;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::support::{Client, User, encode, shapes, unique};

fn slug_of(article: &Value) -> String {
    article["slug"].as_str().unwrap().to_owned()
}

async fn tags() -> Vec<String> {
    let answer = Client::new().get("/api/tags").await;
    let tags = answer.expect(200)["tags"].take();
    assert_eq!(answer.header("content-type"), "application/json");
    serde_json::from_value(tags).unwrap()
}

/// Those of `wanted` that are among the latest articles, in the order of the list. What others publish meanwhile moves older
/// articles to later pages, so that some are seen twice and none is missed.
async fn among_the_latest(wanted: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    for page in 0..20 {
        let (slugs, _) = Client::new().list(&format!("limit=100&offset={}", page * 100)).await;
        for slug in slugs {
            if wanted.contains(&slug) && !found.contains(&slug) {
                found.push(slug);
            }
        }
        if found.len() == wanted.len() {
            break;
        }
    }
    found
}

#[tokio::test]
async fn an_article_is_open_to_everyone() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let article = author.publish(&["b", "a"]).await;
    for (case, client) in [("a stranger", Client::new()), ("somebody", reader.client), ("its author", author.client)] {
        let answer = client.get(&format!("/api/articles/{}", slug_of(&article))).await;
        let read = answer.expect(200)["article"].take();
        shapes::expect_article(&read);
        assert_eq!(read, article, "{case}");
        assert_eq!(answer.header("content-type"), "application/json", "{case}");
    }
}

#[tokio::test]
async fn what_is_published_is_at_once_on_every_list() {
    let (user, tag) = (User::sign_up().await, unique("tag"));
    let mut summary = user.publish(&[&tag, "other"]).await;
    summary.as_object_mut().unwrap().remove("body");
    let author = &user.username;
    for query in [
        "limit=100".to_owned(),
        format!("tag={tag}"),
        format!("author={author}"),
        format!("author={author}&tag={tag}"),
        format!("author={author}&tag=other&limit=1&offset=0"),
    ] {
        let answer = Client::new().get(&format!("/api/articles?{query}")).await;
        let list = answer.expect(200);
        assert_eq!(answer.header("content-type"), "application/json", "{query}");
        let articles = list["articles"].as_array().unwrap();
        articles.iter().for_each(shapes::expect_summary);
        assert!(articles.contains(&summary), "{query}: {list}");
        assert!(list["articlesCount"].as_u64().unwrap() >= 1, "{query}");
    }
    assert!(tags().await.contains(&tag));
}

#[tokio::test]
async fn a_list_counts_all_its_articles_and_no_others() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let (tag, rare) = (unique("tag"), unique("rare"));
    user.publish(&[&tag]).await;
    user.publish(&[&tag, &rare]).await;
    user.publish(&[]).await;
    other.publish(&[&tag]).await;
    for (query, count) in [
        (format!("tag={tag}"), 3),
        (format!("tag={rare}"), 1),
        (format!("author={}", user.username), 3),
        (format!("author={}", other.username), 1),
        (format!("author={}&tag={tag}", user.username), 2),
        (format!("author={}&tag={rare}", user.username), 1),
        (format!("author={}&tag={rare}", other.username), 0),
    ] {
        let (slugs, total) = Client::new().list(&query).await;
        assert_eq!((slugs.len(), total), (count, count as u64), "{query}");
        // The count is the whole list's, not the page's.
        assert_eq!(Client::new().list(&format!("{query}&offset=3")).await, (vec![], total), "{query}");
    }
}

#[tokio::test]
async fn a_list_is_newest_first() {
    let (user, tag) = (User::sign_up().await, unique("tag"));
    let mut newest_first = Vec::new();
    for _ in 0..4 {
        newest_first.insert(0, slug_of(&user.publish(&[&tag]).await));
    }
    // An edit does not make an article newer.
    user.edit(&newest_first[3], json!({"body": "Edited", "tagList": ["more", tag]})).await.expect(200);
    for query in
        [format!("tag={tag}"), format!("author={}", user.username), format!("author={}&tag={tag}", user.username)]
    {
        assert_eq!(Client::new().list(&query).await.0, newest_first, "{query}");
    }
    assert_eq!(among_the_latest(&newest_first).await, newest_first);
}

#[tokio::test]
async fn pages_make_up_the_whole_list_without_gaps_or_doubles() {
    let (user, tag) = (User::sign_up().await, unique("tag"));
    let mut newest_first = Vec::new();
    for _ in 0..25 {
        newest_first.insert(0, slug_of(&user.publish(&[&tag]).await));
    }
    let author = &user.username;
    for list in [format!("author={author}"), format!("tag={tag}"), format!("author={author}&tag={tag}")] {
        assert_eq!(Client::new().list(&list).await, (newest_first[..20].to_vec(), 25), "{list}: 20 by default");
        for limit in [1, 7, 25, 30, 100] {
            let mut walked = Vec::new();
            while walked.len() < 25 {
                let query = format!("{list}&limit={limit}&offset={}", walked.len());
                let (slugs, total) = Client::new().list(&query).await;
                assert_eq!((slugs.len(), total), (limit.min(25 - walked.len()), 25), "{query}");
                walked.extend(slugs);
            }
            assert_eq!(walked, newest_first, "{list} by {limit}");
        }
    }
}

#[tokio::test]
async fn an_edit_moves_an_article_between_the_lists_of_tags() {
    let user = User::sign_up().await;
    let (left, kept, joined) = (unique("left"), unique("kept"), unique("joined"));
    let slug = slug_of(&user.publish(&[&left, &kept]).await);
    user.edit(&slug, json!({"tagList": [kept, joined]})).await.expect(200);
    let (one, none) = ((vec![slug.clone()], 1), (vec![], 0));
    let author = &user.username;
    for (case, tag, expected) in [("left", &left, &none), ("kept", &kept, &one), ("joined", &joined, &one)] {
        assert_eq!(Client::new().list(&format!("tag={tag}")).await, *expected, "{case}");
        assert_eq!(Client::new().list(&format!("tag={tag}&author={author}")).await, *expected, "{case} by author");
    }
    let all = tags().await;
    assert!(!all.contains(&left) && all.contains(&kept) && all.contains(&joined));
    user.edit(&slug, json!({"tagList": []})).await.expect(200);
    assert_eq!(Client::new().list(&format!("tag={kept}")).await, none);
    assert_eq!(Client::new().list(&format!("author={author}")).await, one);
}

#[tokio::test]
async fn another_spelling_of_a_tag_is_the_same_tag() {
    let (user, tag) = (User::sign_up().await, unique("Rust"));
    let slug = slug_of(&user.publish(&[&tag]).await);
    for spelling in [
        tag.to_lowercase(),
        tag.to_uppercase(),
        tag.replace("Rust", "ｒｕｓｔ"),
        tag.replace("Rust", "ＲＵＳＴ"),
        format!(" {tag} "),
    ] {
        let tag = encode(&spelling);
        assert_eq!(Client::new().list(&format!("tag={tag}")).await, (vec![slug.clone()], 1), "{spelling}");
        let both = format!("tag={tag}&author={}", user.username);
        assert_eq!(Client::new().list(&both).await, (vec![slug.clone()], 1), "{spelling} by author");
    }
    user.edit(&slug, json!({"tagList": [tag.to_uppercase()]})).await.expect(200);
    assert_eq!(Client::new().list(&format!("tag={tag}")).await, (vec![slug], 1));
}

#[tokio::test]
async fn tags_of_any_script_are_found() {
    let user = User::sign_up().await;
    for part in ["中文 标签", "C++ & C#", "100%", "🦀", "a=b?c/d"] {
        let tag = format!("{part} {}", unique(""));
        let slug = slug_of(&user.publish(&[&tag]).await);
        assert_eq!(Client::new().list(&format!("tag={}", encode(&tag))).await, (vec![slug], 1), "{part}");
        assert!(tags().await.contains(&tag), "{part}");
    }
}

#[tokio::test]
async fn a_plus_in_a_query_is_a_space() {
    let (user, tag) = (User::sign_up().await, unique("two words"));
    let slug = slug_of(&user.publish(&[&tag]).await);
    assert_eq!(Client::new().list(&format!("tag={}", tag.replace(' ', "+"))).await, (vec![slug], 1));
}

#[tokio::test]
async fn every_tag_is_listed_once() {
    let (user, tag) = (User::sign_up().await, unique("Often"));
    for spelling in [tag.clone(), tag.to_lowercase(), tag.to_uppercase()] {
        user.publish(&[&spelling]).await;
    }
    let all = tags().await;
    assert_eq!(all.iter().filter(|listed| listed.eq_ignore_ascii_case(&tag)).count(), 1);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
}

#[tokio::test]
async fn a_tag_used_more_is_listed_before_one_used_less() {
    let user = User::sign_up().await;
    let (often, once) = (unique("often"), unique("once"));
    user.publish(&[&once, &often]).await;
    user.publish(&[&often]).await;
    let all = tags().await;
    let place = |tag: &String| all.iter().position(|listed| listed == tag).unwrap();
    assert!(place(&often) < place(&once));
}

#[tokio::test]
async fn an_author_is_found_regardless_of_case() {
    let user = User::sign_up().await;
    let slug = slug_of(&user.publish(&[]).await);
    let author = user.username.to_uppercase();
    assert_eq!(Client::new().list(&format!("author={author}")).await, (vec![slug], 1));
}

#[tokio::test]
async fn tags_are_found_by_their_beginning_regardless_of_case() {
    let (user, tag) = (User::sign_up().await, unique("Prefix"));
    user.publish(&[&format!("{tag} one"), &format!("{tag} two"), &format!("not {tag}")]).await;
    user.publish(&[&format!("{tag} two")]).await;
    for prefix in [tag.clone(), tag.to_lowercase(), tag.to_uppercase(), format!(" {tag}")] {
        let tags = Client::new().get(&format!("/api/tags?prefix={}", encode(&prefix))).await.expect(200)["tags"].take();
        assert_eq!(tags, json!([format!("{tag} two"), format!("{tag} one")]), "{prefix}");
    }
    for nothing in ["x".repeat(5_000), format!("{tag}#"), "\u{0}".to_owned(), "🦀🦀🦀".to_owned()] {
        let tags = Client::new().get(&format!("/api/tags?prefix={}", encode(&nothing))).await.expect(200);
        assert_eq!(tags["tags"], json!([]), "{nothing}");
    }
    let all = Client::new().get("/api/tags?prefix=").await.expect(200);
    assert!(all["tags"].as_array().unwrap().contains(&json!(format!("{tag} one"))));
}
