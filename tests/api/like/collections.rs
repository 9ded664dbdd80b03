//! Collections and their folders.

use reqwest::Method;
use serde_json::{Value, json};

use super::{article, published};
use crate::support::{Answer, Client, User, encode, shapes};

async fn collect(user: &User, slug: &str, body: Value) -> Answer {
    user.client.post(&format!("/api/articles/{slug}/collect"), body).await
}

/// Slugs and folders of a page of somebody's collection, and how many the whole has.
async fn collection(user: &User, query: &str) -> (Vec<(String, Option<String>)>, u64) {
    let list = user.client.get(&format!("/api/user/collections?{query}")).await.expect(200);
    let entry = |article: &Value| {
        let mut summary = article.clone();
        let folder = summary.as_object_mut().unwrap().remove("folder").unwrap();
        shapes::expect_summary(&summary);
        (summary["slug"].as_str().unwrap().to_owned(), folder.as_str().map(str::to_owned))
    };
    (list["articles"].as_array().unwrap().iter().map(entry).collect(), list["articlesCount"].as_u64().unwrap())
}

fn entry(slug: &str, folder: Option<&str>) -> (String, Option<String>) {
    (slug.to_owned(), folder.map(str::to_owned))
}

#[tokio::test]
async fn what_is_collected_is_in_the_collection_until_it_is_taken_out() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    let request = reader.client.request(Method::POST, &format!("/api/articles/{slug}/collect"));
    let collected = Client::send(request).await.expect(200)["article"].take();
    shapes::expect_article(&collected);
    assert_eq!((&collected["collected"], &collected["collectsCount"]), (&json!(true), &json!(1)));
    assert_eq!(article(&reader.client, &slug).await, collected);
    assert_eq!(article(&Client::new(), &slug).await["collectsCount"], 1);
    assert_eq!(collection(&reader, "").await, (vec![entry(&slug, None)], 1));
    assert_eq!(collection(&author, "").await, (vec![], 0));
    for _ in 0..2 {
        let path = format!("/api/articles/{slug}/collect");
        let out = reader.client.delete(&path).await.expect(200)["article"].take();
        assert_eq!((&out["collected"], &out["collectsCount"]), (&json!(false), &json!(0)));
    }
    assert_eq!(collection(&reader, "").await, (vec![], 0));
}

#[tokio::test]
async fn to_collect_again_moves_into_another_folder_and_counts_once() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    for (body, folder) in [
        (json!({"folder": "To read"}), Some("To read")),
        (json!({}), Some("To read")),
        (Value::Null, Some("To read")),
        (json!({"folder": " 收藏 "}), Some("收藏")),
        (json!({"folder": null}), None),
        (json!({"folder": "To read"}), Some("To read")),
        (json!({"folder": ""}), None),
    ] {
        let collected = collect(&reader, &slug, body.clone()).await.expect(200)["article"].take();
        assert_eq!((&collected["collected"], &collected["collectsCount"]), (&json!(true), &json!(1)), "{body}");
        assert_eq!(collection(&reader, "").await, (vec![entry(&slug, folder)], 1), "{body}");
    }
}

#[tokio::test]
async fn a_folder_has_what_is_in_it_page_by_page() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let mut slugs = Vec::new();
    for n in 0..5 {
        slugs.insert(0, published(&author).await);
        let folder = if n % 2 == 0 { "Even & odd" } else { "Odd" };
        collect(&reader, &slugs[0], json!({"folder": folder})).await.expect(200);
    }
    let even = [&slugs[0], &slugs[2], &slugs[4]].map(|slug| entry(slug, Some("Even & odd")));
    let folder = encode("Even & odd");
    assert_eq!(collection(&reader, &format!("folder={folder}")).await, (even.to_vec(), 3));
    assert_eq!(collection(&reader, &format!("folder={folder}&offset=1&limit=1")).await, (vec![even[1].clone()], 3));
    assert_eq!(collection(&reader, "folder=Odd").await.1, 2);
    assert_eq!(collection(&reader, "folder=odd").await, (vec![], 0));
    assert_eq!(collection(&reader, "").await.0.len(), 5);
    let first = reader.client.get(&format!("/api/user/collections?folder={folder}&limit=2")).await.expect(200);
    let cursor = first["cursor"].as_str().unwrap();
    let query = format!("folder={folder}&limit=2&cursor={cursor}");
    assert_eq!(collection(&reader, &query).await, (vec![even[2].clone()], 3));
}

#[tokio::test]
async fn a_folder_that_is_none_is_refused_and_nothing_is_collected() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    for folder in [json!("  "), json!("two\nlines"), json!("x".repeat(65)), json!(7), json!([])] {
        let refused = collect(&reader, &slug, json!({"folder": folder})).await.expect(422);
        assert_eq!(refused["errors"].as_object().unwrap().keys().collect::<Vec<_>>(), ["folder"], "{folder}");
    }
    let path = format!("/api/articles/{slug}/collect");
    for (body, content_type, status) in
        [("{", "application/json", 400), ("[]", "application/json", 422), ("{}", "text/plain", 415)]
    {
        let request = reader.client.request(Method::POST, &path).header("content-type", content_type).body(body);
        Client::send(request).await.expect(status);
    }
    assert_eq!(collection(&reader, "").await, (vec![], 0));
    for query in ["folder=", "folder=%0A", "limit=0", "cursor=x", "offset=10001"] {
        reader.client.get(&format!("/api/user/collections?{query}")).await.expect(422);
    }
}
