//! What somebody likes: `GET /api/user/likes` and `GET /api/articles?favorited=`.

use serde_json::{Value, json};

use super::{article, like, published, unlike};
use crate::support::{Client, User, encode, shapes, unique};

fn slugs(list: &Value) -> Vec<&str> {
    list["articles"].as_array().unwrap().iter().map(|article| article["slug"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn what_is_liked_is_on_both_lists_at_once_newest_first() {
    let (author, fan) = (User::sign_up().await, User::sign_up().await);
    let mut liked = Vec::new();
    for _ in 0..3 {
        liked.insert(0, published(&author).await);
    }
    // In whatever order they are liked.
    for n in [1, 0, 2] {
        like(&fan.client, &liked[n]).await.expect(200);
    }
    let mine = fan.client.get("/api/user/likes").await.expect(200);
    assert_eq!(
        (slugs(&mine), &mine["articlesCount"], &mine["cursor"]),
        (liked.iter().map(String::as_str).collect(), &json!(3), &Value::Null)
    );
    mine["articles"].as_array().unwrap().iter().for_each(shapes::expect_summary);
    assert!(mine["articles"].as_array().unwrap().iter().all(|article| article["favorited"] == true));
    let query = format!("favorited={}", encode(&fan.username.to_uppercase()));
    assert_eq!(Client::new().list(&query).await, (liked.clone(), 3));
    let shown = Client::new().get(&format!("/api/articles?{query}")).await.expect(200);
    assert!(shown["articles"].as_array().unwrap().iter().all(|a| a["favorited"] == false && a["favoritesCount"] == 1));
    unlike(&fan.client, &liked[1]).await.expect(200);
    assert_eq!(Client::new().list(&query).await, (vec![liked[0].clone(), liked[2].clone()], 2));
    assert_eq!(Client::new().list(&format!("{query}&limit=1&offset=1")).await, (vec![liked[2].clone()], 2));
}

#[tokio::test]
async fn likes_page_by_cursor_to_the_end() {
    let (author, fan) = (User::sign_up().await, User::sign_up().await);
    let mut liked = Vec::new();
    for _ in 0..5 {
        liked.insert(0, published(&author).await);
        like(&fan.client, &liked[0]).await.expect(200);
    }
    let lists = [
        ("/api/user/likes?".to_owned(), &fan.client),
        (format!("/api/articles?favorited={}&", fan.username), &Client::new()),
    ];
    for (path, client) in lists {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let list = client.get(&format!("{path}limit=2{cursor}")).await.expect(200);
            assert_eq!(list["articlesCount"], 5);
            seen.extend(slugs(&list).into_iter().map(str::to_owned));
            match list["cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, liked, "{path}");
    }
}

#[tokio::test]
async fn what_was_deleted_leaves_the_lists_and_others_take_its_place() {
    let (author, fan) = (User::sign_up().await, User::sign_up().await);
    let mut liked = Vec::new();
    for _ in 0..4 {
        liked.insert(0, published(&author).await);
        like(&fan.client, &liked[0]).await.expect(200);
        fan.client.post(&format!("/api/articles/{}/collect", liked[0]), json!({})).await.expect(200);
    }
    author.delete(&liked[0]).await.expect_nothing();
    author.delete(&liked[2]).await.expect_nothing();
    let left = vec![liked[1].clone(), liked[3].clone()];
    assert_eq!(Client::new().list(&format!("favorited={}", fan.username)).await, (left.clone(), 2));
    for path in ["/api/user/likes?limit=2", "/api/user/collections?limit=2"] {
        let list = fan.client.get(path).await.expect(200);
        assert_eq!(slugs(&list), left, "{path}");
        assert_eq!((&list["articlesCount"], &list["cursor"]), (&json!(2), &Value::Null), "{path}");
    }
}

#[tokio::test]
async fn likes_are_filtered_by_author_and_tag() {
    let (ann, bob, fan) = (User::sign_up().await, User::sign_up().await, User::sign_up().await);
    let tag = unique("tag");
    let mut all = Vec::new();
    for (author, tags) in [(&ann, vec![tag.as_str()]), (&bob, vec![tag.as_str()]), (&ann, vec![])] {
        let slug = author.publish(&tags).await["slug"].as_str().unwrap().to_owned();
        like(&fan.client, &slug).await.expect(200);
        all.push(slug);
    }
    ann.publish(&[&tag]).await;
    let by = |more: &str| format!("favorited={}{more}", fan.username);
    let list = |query: String| async move { Client::new().list(&query).await };
    assert_eq!(list(by(&format!("&author={}", ann.username))).await, (vec![all[2].clone(), all[0].clone()], 2));
    assert_eq!(list(by(&format!("&tag={}", tag.to_uppercase()))).await, (vec![all[1].clone(), all[0].clone()], 2));
    let both = by(&format!("&tag={tag}&author={}", bob.username));
    assert_eq!(list(both).await, (vec![all[1].clone()], 1));
    assert_eq!(list(by(&format!("&tag={tag}&limit=1&offset=1"))).await, (vec![all[0].clone()], 2));
    assert_eq!(list(by(&format!("&author={}", unique("nobody")))).await, (vec![], 0));
    assert_eq!(list(format!("favorited={}", unique("nobody"))).await, (vec![], 0));
    assert_eq!(list(format!("favorited={}", ann.username)).await, (vec![], 0));
}

#[tokio::test]
async fn an_edit_shows_on_the_list_of_likes() {
    let (author, fan) = (User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    like(&fan.client, &slug).await.expect(200);
    author.edit(&slug, json!({"description": "Another"})).await.expect(200);
    let mut expected = article(&fan.client, &slug).await;
    expected.as_object_mut().unwrap().remove("body");
    assert_eq!(fan.client.get("/api/user/likes").await.expect(200)["articles"], json!([expected]));
}

#[tokio::test]
async fn what_was_withdrawn_is_gone_until_it_is_published_again_and_keeps_its_likes() {
    let (author, fan) = (User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    like(&fan.client, &slug).await.expect(200);
    fan.client.post(&format!("/api/articles/{slug}/collect"), json!({"folder": "Kept"})).await.expect(200);
    let draft = author.client.post(&format!("/api/articles/{slug}/withdraw"), json!({})).await.expect(200);
    for path in ["/api/user/likes", "/api/user/collections", "/api/user/collections?folder=Kept"] {
        let list = fan.client.get(path).await.expect(200);
        assert_eq!((slugs(&list), &list["articlesCount"]), (vec![], &json!(0)), "{path}");
    }
    for what in ["favorite", "collect"] {
        fan.client.post(&format!("/api/articles/{slug}/{what}"), json!({})).await.expect(410);
        fan.client.delete(&format!("/api/articles/{slug}/{what}")).await.expect(410);
    }
    let publish = format!("/api/drafts/{}/publish", draft["draft"]["id"].as_str().unwrap());
    let again = author.client.post(&publish, json!({})).await.expect(200)["article"].take();
    assert_eq!(
        (&again["slug"], &again["favoritesCount"], &again["collectsCount"]),
        (&json!(slug), &json!(1), &json!(1))
    );
    assert_eq!(slugs(&fan.client.get("/api/user/likes").await.expect(200)), [&slug]);
    let kept = fan.client.get("/api/user/collections?folder=Kept").await.expect(200);
    assert_eq!((&kept["articles"][0]["slug"], &kept["articles"][0]["folder"]), (&json!(slug), &json!("Kept")));
}
