//! `GET /api/articles/feed`.

use serde_json::{Value, json};

use crate::support::{Client, User, shapes, unique};

async fn follow(reader: &User, author: &User) {
    reader.client.post(&format!("/api/profiles/{}/follow", author.username), Value::Null).await.expect(200);
}

async fn publish(author: &User) -> String {
    author.publish(&[]).await["slug"].as_str().unwrap().to_owned()
}

/// Slugs of a page of somebody's feed, how many articles the whole has, and where the next page begins.
async fn feed(reader: &User, query: &str) -> (Vec<String>, u64, Option<String>) {
    let list = reader.client.get(&format!("/api/articles/feed?{query}")).await.expect(200);
    let articles = list["articles"].as_array().unwrap();
    articles.iter().for_each(shapes::expect_summary);
    assert!(articles.iter().all(|article| article["author"]["following"] == true), "{list}");
    let slugs = articles.iter().map(|article| article["slug"].as_str().unwrap().to_owned()).collect();
    (slugs, list["articlesCount"].as_u64().unwrap(), list["cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_feed_has_what_followees_write_newest_first_and_nothing_else() {
    let (ann, bob, other) = (User::sign_up().await, User::sign_up().await, User::sign_up().await);
    let reader = User::sign_up().await;
    let mut expected = Vec::new();
    for author in [&ann, &bob, &ann, &bob] {
        expected.insert(0, publish(author).await);
        publish(&other).await;
    }
    publish(&reader).await;
    assert_eq!(feed(&reader, "").await, (vec![], 0, None));
    follow(&reader, &ann).await;
    follow(&reader, &bob).await;
    assert_eq!(feed(&reader, "").await, (expected.clone(), 4, None));
    // What is published is there at once.
    expected.insert(0, publish(&ann).await);
    assert_eq!(feed(&reader, "").await, (expected.clone(), 5, None));
    assert_eq!(feed(&reader, "limit=2&offset=1").await.0, expected[1..3]);
    assert_eq!(feed(&reader, "offset=5").await, (vec![], 5, None));
    reader.client.delete(&format!("/api/profiles/{}/follow", ann.username)).await.expect(200);
    assert_eq!(feed(&reader, "").await, (vec![expected[1].clone(), expected[3].clone()], 2, None));
}

#[tokio::test]
async fn a_feed_of_many_pages_by_cursor_to_the_end() {
    let reader = User::sign_up().await;
    let mut expected = Vec::new();
    // More lists than are read at the same time, and one that fills whole pages.
    let mut authors = Vec::new();
    for _ in 0..18 {
        let author = User::sign_up().await;
        expected.insert(0, publish(&author).await);
        follow(&reader, &author).await;
        authors.push(author);
    }
    for _ in 0..6 {
        expected.insert(0, publish(&authors[0]).await);
    }
    let (mut seen, mut query) = (Vec::new(), "limit=5".to_owned());
    loop {
        let (slugs, total, cursor) = feed(&reader, &query).await;
        assert_eq!(total, 24);
        seen.extend(slugs);
        match cursor {
            Some(cursor) => query = format!("limit=5&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(seen, expected);
    assert_eq!(feed(&reader, "limit=3&offset=20").await.0, expected[20..23]);
}

#[tokio::test]
async fn what_an_author_deletes_leaves_the_feed_even_if_it_was_their_newest() {
    let (reader, ann, bob) = (User::sign_up().await, User::sign_up().await, User::sign_up().await);
    follow(&reader, &ann).await;
    follow(&reader, &bob).await;
    let (old, middle, new) = (publish(&ann).await, publish(&bob).await, publish(&ann).await);
    ann.delete(&new).await.expect_nothing();
    assert_eq!(feed(&reader, "").await, (vec![middle.clone(), old.clone()], 2, None));
    assert_eq!(feed(&reader, "limit=1").await.0, [middle]);
    ann.delete(&old).await.expect_nothing();
    assert_eq!(feed(&reader, "").await.1, 1);
}

#[tokio::test]
async fn a_feed_is_somebodys_and_pages_that_are_none_are_refused() {
    Client::new().get("/api/articles/feed").await.expect_problem(401, json!({"token": ["is missing"]}));
    Client::new().with_token("garbage").get("/api/articles/feed?limit=0").await.expect(401);
    let reader = User::sign_up().await;
    for query in ["limit=0", "limit=x", "offset=-1", "offset=10001", "cursor=x"] {
        reader.client.get(&format!("/api/articles/feed?{query}")).await.expect(422);
    }
    reader.client.get("/api/articles/feed?limit=1&limit=1").await.expect(400);
    // Parameters that other lists have say nothing here.
    assert_eq!(feed(&reader, &format!("tag={}", unique("tag"))).await, (vec![], 0, None));
}
