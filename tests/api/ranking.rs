//! `GET /api/articles/hot`. The list is made once a minute, of everything on the platform, by a clock that is not the tests'.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, User, new_article, shapes, unique};

/// How long it may take until something is hot: a minute, and what an emulator needs besides.
const PATIENCE: Duration = Duration::from_secs(180);

async fn hot(query: &str) -> Answer {
    Client::new().get(&format!("/api/articles/hot?{query}")).await
}

fn slugs(list: &Value) -> Vec<&str> {
    list["articles"].as_array().unwrap().iter().map(|article| article["slug"].as_str().unwrap()).collect()
}

/// Looks at the list until it is as `wanted`.
async fn until(query: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut ticks = tokio::time::interval(Duration::from_millis(500));
    let looking = async {
        loop {
            ticks.tick().await;
            let list = hot(query).await.expect(200);
            if wanted(&list) {
                return list;
            }
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.expect("the list is made every minute")
}

#[tokio::test]
async fn what_many_do_something_about_is_hot_and_the_hotter_comes_first() {
    let (author, reader) = (User::sign_up().await, User::sign_up().await);
    let tag = unique("tag");
    let mut published = Vec::new();
    for _ in 0..2 {
        published.push(author.publish(&[&tag]).await["slug"].as_str().unwrap().to_owned());
    }
    // The older one gets more.
    for (slug, comments) in published.iter().zip([6, 1]) {
        for user in [&author, &reader] {
            user.client.post(&format!("/api/articles/{slug}/favorite"), Value::Null).await.expect(200);
            user.client.post(&format!("/api/articles/{slug}/collect"), json!({})).await.expect(200);
        }
        for _ in 0..comments {
            let comment = json!({"comment": {"body": "What a thing"}});
            reader.client.post(&format!("/api/articles/{slug}/comments"), comment).await.expect(201);
        }
    }
    let list = until(&format!("tag={tag}&limit=100"), |list| list["articlesCount"] == 2).await;
    assert_eq!(slugs(&list), published);
    let articles = list["articles"].as_array().unwrap();
    articles.iter().for_each(shapes::expect_summary);
    let counts =
        |article: &Value| ["favoritesCount", "collectsCount", "commentsCount"].map(|name| article[name].as_u64());
    assert_eq!(counts(&articles[0]), [Some(2), Some(2), Some(6)]);
    assert_eq!(articles[0]["author"]["username"], author.username);
    let one = hot(&format!("tag={}&limit=1", tag.to_uppercase())).await.expect(200);
    assert_eq!((slugs(&one), &one["articlesCount"]), (vec![&*published[0]], &json!(2)));
}

#[tokio::test]
async fn the_list_is_the_same_for_everyone_and_its_tag_names_it() {
    let user = User::sign_up().await;
    let mut tries = 0;
    loop {
        let (own, other) = (user.client.get("/api/articles/hot").await, hot("").await);
        for (answer, cached) in [(&own, "private, no-store"), (&other, "public, max-age=0, s-maxage=2")] {
            assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, cached));
            assert_eq!(answer.header("ratelimit-policy"), "");
            let list = answer.json();
            assert!(list["version"].is_u64() && (list["rankedAt"].is_string() || list["version"] == 0), "{list}");
            assert!(slugs(&list).len() <= 20 && list["articlesCount"].as_u64() <= Some(100));
        }
        let etag = other.header("etag").to_owned();
        let request = Client::new().request(Method::GET, "/api/articles/hot").header("if-none-match", &etag);
        let again = Client::send(request).await;
        // Now and then a new list is made in between.
        tries += 1;
        if own.json()["version"] != other.json()["version"] || again.status != 304 {
            assert!(tries < 20, "no two answers are of one list");
            continue;
        }
        assert_eq!((own.text, again.text), (other.text, String::new()));
        return;
    }
}

#[tokio::test]
async fn a_part_of_the_list_that_is_none_is_refused_and_a_tag_that_nobody_has_is_empty() {
    let limit = "must be a whole number of at least 1";
    for query in ["limit=0", "limit=-1", "limit=", "limit=ten", "limit=1.5", "limit=99999999999999999999"] {
        hot(query).await.expect_problem(422, json!({"limit": [limit]}));
    }
    assert_eq!(hot("limit=1&limit=2").await.status, 400);
    for query in [format!("tag={}", unique("nothing")), "tag=".to_owned(), format!("tag={}", "x".repeat(65))] {
        let list = hot(&query).await.expect(200);
        assert_eq!((&list["articles"], &list["articlesCount"]), (&json!([]), &json!(0)), "{query}");
    }
    for query in ["limit=1", "limit=1000", "unknown=1"] {
        let list = hot(query).await.expect(200);
        assert!(slugs(&list).len() <= if query == "limit=1" { 1 } else { 100 }, "{query}");
    }
}

#[tokio::test]
async fn no_article_has_its_address_and_nothing_else_can_be_done_there() {
    let author = User::sign_up().await;
    let article = author.try_publish(new_article(json!({"title": "Hot"}))).await.expect(201);
    assert_ne!(article["article"]["slug"], "hot");
    assert!(hot("").await.expect(200)["articles"].is_array());
    let head = Client::send(Client::new().request(Method::HEAD, "/api/articles/hot")).await;
    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    for method in [Method::PUT, Method::DELETE] {
        let answer = Client::send(author.client.request(method.clone(), "/api/articles/hot").json(&json!({}))).await;
        assert!(answer.status.is_client_error(), "{method}: {}", answer.status);
    }
}
