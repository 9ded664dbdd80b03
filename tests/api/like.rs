//! `POST` and `DELETE /api/articles/{slug}/favorite` and `…/collect`, `GET /api/user/likes` and `/api/user/collections`.

mod collections;
mod lists;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Answer, Client, User, crowd, shapes, unique};

async fn like(client: &Client, slug: &str) -> Answer {
    client.post(&format!("/api/articles/{slug}/favorite"), Value::Null).await
}

async fn unlike(client: &Client, slug: &str) -> Answer {
    client.delete(&format!("/api/articles/{slug}/favorite")).await
}

async fn article(client: &Client, slug: &str) -> Value {
    client.get(&format!("/api/articles/{slug}")).await.expect(200)["article"].take()
}

/// Whether whoever looks likes it, and how many do.
fn likes(article: &Value) -> (bool, u64) {
    (article["favorited"].as_bool().unwrap(), article["favoritesCount"].as_u64().unwrap())
}

async fn published(author: &User) -> String {
    author.publish(&[]).await["slug"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_likes_an_article_sees_it_and_so_does_everyone_the_count() {
    let (author, reader, other) = (User::sign_up().await, User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    for client in [&Client::new(), &reader.client] {
        assert_eq!(likes(&article(client, &slug).await), (false, 0));
    }
    let liked = like(&reader.client, &slug).await.expect(200)["article"].take();
    shapes::expect_article(&liked);
    assert_eq!((likes(&liked), &liked["body"]), ((true, 1), &json!("Its text")));
    assert_eq!(article(&reader.client, &slug).await, liked);
    assert_eq!(likes(&article(&Client::new(), &slug).await), (false, 1));
    assert_eq!(likes(&like(&other.client, &slug).await.expect(200)["article"]), (true, 2));
    assert_eq!(likes(&article(&Client::new(), &slug).await), (false, 2));
    assert_eq!(likes(&article(&reader.client, &slug).await), (true, 2));

    let unliked = unlike(&reader.client, &slug).await.expect(200)["article"].take();
    shapes::expect_article(&unliked);
    assert_eq!(likes(&unliked), (false, 1));
    assert_eq!(likes(&article(&reader.client, &slug).await), (false, 1));
    assert_eq!(likes(&article(&Client::new(), &slug).await), (false, 1));
}

#[tokio::test]
async fn flags_and_counts_stand_on_every_list() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let tag = unique("tag");
    let slug = author.publish(&[&tag]).await["slug"].as_str().unwrap().to_owned();
    let other = author.publish(&[&tag]).await["slug"].as_str().unwrap().to_owned();
    like(&reader.client, &slug).await.expect(200);
    reader.client.post(&format!("/api/articles/{slug}/collect"), json!({})).await.expect(200);
    reader.client.post(&format!("/api/profiles/{}/follow", author.username), Value::Null).await.expect(200);
    for query in [format!("tag={tag}"), format!("author={}", author.username)] {
        for (client, mine) in [(&reader.client, true), (&Client::new(), false), (&author.client, false)] {
            let list = client.get(&format!("/api/articles?{query}")).await.expect(200);
            let articles = list["articles"].as_array().unwrap();
            articles.iter().for_each(shapes::expect_summary);
            let shown = |slug: &str| articles.iter().find(|article| article["slug"] == *slug).unwrap();
            assert_eq!((likes(shown(&slug)), likes(shown(&other))), ((mine, 1), (false, 0)), "{query}");
            assert_eq!((&shown(&slug)["collected"], &shown(&slug)["collectsCount"]), (&json!(mine), &json!(1)));
            assert_eq!((&shown(&other)["collected"], &shown(&other)["collectsCount"]), (&json!(false), &json!(0)));
            assert!(articles.iter().all(|article| article["author"]["following"] == mine), "{query}");
        }
    }
    assert_eq!(article(&reader.client, &slug).await["author"]["following"], true);
    let edited = author.edit(&slug, json!({"description": "Another"})).await.expect(200)["article"].take();
    assert_eq!((likes(&edited), &edited["collectsCount"]), ((false, 1), &json!(1)));
    let own = like(&author.client, &slug).await.expect(200)["article"].take();
    assert_eq!((likes(&own), &own["author"]["following"]), ((true, 2), &json!(false)));
    let edited = author.edit(&slug, json!({"description": "Once more"})).await.expect(200)["article"].take();
    assert_eq!(likes(&edited), (true, 2));
}

#[tokio::test]
async fn liking_and_unliking_again_changes_nothing() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    for _ in 0..3 {
        assert_eq!(likes(&like(&reader.client, &slug).await.expect(200)["article"]), (true, 1));
    }
    for _ in 0..3 {
        assert_eq!(likes(&unlike(&reader.client, &slug).await.expect(200)["article"]), (false, 0));
    }
}

#[tokio::test]
async fn many_who_like_at_the_same_time_are_counted_each_once() {
    let (people, _alone) = crowd().await;
    let author = User::sign_up().await;
    let slug = published(&author).await;
    let fans = join_all((0..people).map(|_| User::sign_up())).await;
    join_all(fans.iter().map(|fan| patiently(&fan.client, &slug))).await;
    assert_eq!(likes(&article(&Client::new(), &slug).await), (false, people as u64));
    for fan in &fans {
        let list = fan.client.get("/api/user/likes").await.expect(200);
        assert_eq!((&list["articlesCount"], &list["articles"][0]["slug"]), (&json!(1), &json!(slug)));
    }
}

/// Likes until it is done: where a crowd moves one counter, some are asked to come again.
async fn patiently(client: &Client, slug: &str) {
    for _ in 0..20 {
        let answer = like(client, slug).await;
        if answer.status == 200 {
            return;
        }
        answer.expect(409);
    }
    panic!("nobody lets {slug} be liked");
}

#[tokio::test]
async fn a_storm_of_changes_of_mind_ends_exact() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    for _ in 0..3 {
        let storm = (0..12).map(|n| {
            let (client, slug) = (&reader.client, &slug);
            async move { if n % 2 == 0 { like(client, slug).await } else { unlike(client, slug).await } }
        });
        for answer in join_all(storm).await {
            assert!([200, 409].contains(&answer.status.as_u16()), "{}", answer.text);
        }
        let (liked, count) = likes(&article(&reader.client, &slug).await);
        assert_eq!(count, u64::from(liked));
        assert_eq!(likes(&article(&Client::new(), &slug).await).1, count);
        let list = reader.client.get("/api/user/likes").await.expect(200);
        assert_eq!((list["articles"].as_array().unwrap().len() as u64, &list["articlesCount"]), (count, &json!(count)));
    }
}

#[tokio::test]
async fn readers_beside_those_who_like_never_see_fewer() {
    let author = User::sign_up().await;
    let slug = published(&author).await;
    let fans = join_all((0..8).map(|_| User::sign_up())).await;
    let like_all = async {
        for (n, fan) in fans.iter().enumerate() {
            patiently(&fan.client, &slug).await;
            let seen = likes(&article(&Client::new(), &slug).await).1;
            assert_eq!(seen, n as u64 + 1, "what was answered is read");
        }
    };
    let watch = |_| async {
        let mut last = 0;
        while last < fans.len() as u64 {
            let seen = likes(&article(&Client::new(), &slug).await).1;
            assert!(seen >= last, "{seen} after {last}");
            last = seen;
        }
    };
    futures_util::future::join(like_all, join_all((0..3).map(watch))).await;
}

#[tokio::test]
async fn strangers_are_refused_before_anything_is_looked_at() {
    for client in [Client::new(), Client::new().with_token("garbage")] {
        for path in ["favorite", "collect"] {
            let path = format!("/api/articles/{}/{path}", unique("nothing"));
            client.post(&path, Value::Null).await.expect(401);
            client.delete(&path).await.expect(401);
        }
        client.get("/api/user/likes").await.expect(401);
        client.get("/api/user/collections").await.expect(401);
    }
}

#[tokio::test]
async fn what_is_not_there_can_neither_be_liked_nor_collected() {
    let user = User::sign_up().await;
    let deleted = published(&user).await;
    like(&user.client, &deleted).await.expect(200);
    user.delete(&deleted).await.expect_nothing();
    let not_found = json!({"article": ["not found"]});
    for slug in [&unique("nothing"), &deleted, "Capitals", "a--b", "feed", "%00", "%F0%9F%98%80"] {
        for path in ["favorite", "collect"] {
            let path = format!("/api/articles/{slug}/{path}");
            user.client.post(&path, json!({})).await.expect_problem(404, not_found.clone());
            user.client.delete(&path).await.expect_problem(404, not_found.clone());
        }
    }
}

#[tokio::test]
async fn what_is_sent_along_with_a_like_does_not_matter() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let slug = published(&author).await;
    for body in ["", "x", "[]", "{\"favorited\": false}"] {
        let request = reader.client.request(reqwest::Method::POST, &format!("/api/articles/{slug}/favorite"));
        let request = request.header("content-type", "text/plain").header("idempotency-key", "one").body(body);
        assert_eq!(likes(&Client::send(request).await.expect(200)["article"]), (true, 1), "{body}");
    }
}
