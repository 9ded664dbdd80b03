//! What is cached is never older than a write that was answered. Each thing is read before it is changed, so that it is cached.

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{Client, User, encode, unique};

async fn article(slug: &str) -> serde_json::Value {
    Client::new().get(&format!("/api/articles/{slug}")).await.expect(200)["article"].take()
}

fn slug(article: &serde_json::Value) -> String {
    article["slug"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_edited_article_is_read_as_edited() {
    let author = User::sign_up().await;
    let slug = slug(&author.publish(&[]).await);
    for round in 0..5 {
        article(&slug).await;
        let body = format!("Text of round {round}");
        author.edit(&slug, json!({"body": body})).await.expect(200);
        assert_eq!(article(&slug).await["body"], body);
    }
}

#[tokio::test]
async fn an_article_whose_slug_was_asked_for_before_is_there_once_it_is_published() {
    let author = User::sign_up().await;
    let title = unique("Awaited");
    let slug = title.to_lowercase();
    Client::new().get(&format!("/api/articles/{slug}")).await.expect_problem(404, json!({"article": ["not found"]}));
    let published = author.try_publish(json!({"title": title, "description": "d", "body": "b"})).await.expect(201);
    assert_eq!(published["article"]["slug"], slug);
    assert_eq!(article(&slug).await["title"], title);
}

#[tokio::test]
async fn a_deleted_article_is_gone_at_once() {
    let author = User::sign_up().await;
    let slug = slug(&author.publish(&[]).await);
    article(&slug).await;
    author.delete(&slug).await.expect_nothing();
    for _ in 0..3 {
        Client::new().get(&format!("/api/articles/{slug}")).await.expect(404);
    }
}

#[tokio::test]
async fn a_changed_profile_shows_on_the_profile_and_on_every_article() {
    let author = User::sign_up().await;
    let slugs = [slug(&author.publish(&[]).await), slug(&author.publish(&[]).await)];
    for slug in &slugs {
        article(slug).await;
    }
    let old = format!("/api/profiles/{}", encode(&author.username));
    Client::new().get(&old).await.expect(200);
    let name = unique("renamed");
    author.change(json!({"username": name, "bio": "Now with a bio"})).await.expect(200);
    for slug in &slugs {
        let shown = article(slug).await["author"].take();
        assert_eq!((&shown["username"], &shown["bio"]), (&json!(name), &json!("Now with a bio")));
    }
    Client::new().get(&old).await.expect(404);
    let profile = Client::new().get(&format!("/api/profiles/{}", encode(&name))).await.expect(200);
    assert_eq!(profile["profile"]["bio"], "Now with a bio");
}

#[tokio::test]
async fn a_name_that_was_given_up_leads_to_whoever_takes_it_next() {
    let first = User::sign_up().await;
    let path = format!("/api/profiles/{}", encode(&first.username));
    Client::new().get(&path).await.expect(200);
    first.change(json!({"username": unique("elsewhere"), "bio": "The first"})).await.expect(200);
    Client::new().get(&path).await.expect(404);
    let second = User::sign_up_as(&first.username, crate::support::PASSWORD).await;
    second.change(json!({"bio": "The second"})).await.expect(200);
    let profile = Client::new().get(&path).await.expect(200);
    assert_eq!(profile["profile"]["bio"], "The second");
    let (slugs, _) = Client::new().list(&format!("author={}", encode(&first.username))).await;
    assert!(slugs.is_empty());
}

#[tokio::test]
async fn readers_beside_a_writer_never_go_back() {
    let author = User::sign_up().await;
    let slug = slug(&author.publish(&[]).await);
    let write = async {
        for round in 1..=20 {
            author.edit(&slug, json!({"description": format!("{round}")})).await.expect(200);
            let read = article(&slug).await["description"].as_str().unwrap().to_owned();
            assert_eq!(read, round.to_string(), "what was answered is read");
        }
    };
    let read = |_| async {
        let mut last = 0;
        while last < 20 {
            let seen = article(&slug).await["description"].as_str().unwrap().parse().unwrap_or(0);
            assert!(seen >= last, "{seen} after {last}");
            last = seen;
        }
    };
    futures_util::future::join(write, join_all((0..4).map(read))).await;
}

#[tokio::test]
async fn an_authors_first_page_shows_every_change_at_once() {
    let author = User::sign_up().await;
    let query = format!("author={}", author.username);
    let titles = async || {
        let list = Client::new().get(&format!("/api/articles?{query}")).await.expect(200);
        let articles = list["articles"].as_array().unwrap().clone();
        articles.iter().map(|article| article["title"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(titles().await, [""; 0]);
    let first = author.publish(&[]).await;
    assert_eq!(titles().await.len(), 1);
    let second = slug(&author.publish(&[]).await);
    assert_eq!(titles().await.len(), 2);
    author.edit(&second, json!({"title": "Another title"})).await.expect(200);
    assert_eq!(titles().await[0], "Another title");
    // Of what is cached whole, a part is asked for.
    let (page, total) = Client::new().list(&format!("{query}&limit=1")).await;
    assert_eq!((page, total), (vec![second.clone()], 2));
    author.delete(&second).await.expect_nothing();
    assert_eq!(titles().await, [first["title"].as_str().unwrap()]);
    author.change(json!({"bio": "Seen on pages too"})).await.expect(200);
    let list = Client::new().get(&format!("/api/articles?{query}")).await.expect(200);
    assert_eq!(list["articles"][0]["author"]["bio"], "Seen on pages too");
}

#[tokio::test]
async fn what_is_published_is_on_the_first_page_that_is_asked_for_next_however_much_is_published() {
    let (crowd, _alone) = crate::support::crowd().await;
    let author = User::sign_up().await;
    let query = format!("author={}", author.username);
    // As many as one page has room for.
    let publish = async |_| {
        Client::new().list(&query).await;
        let slug = slug(&author.publish(&[]).await);
        Client::new().list(&query).await.0.contains(&slug)
    };
    let fresh = join_all((0..crowd.min(20)).map(publish)).await;
    assert!(fresh.iter().all(|fresh| *fresh), "{fresh:?}");
}
