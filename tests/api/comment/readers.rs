//! What readers see of the people in a discussion, and what an article says of it.

use serde_json::{Value, json};

use super::{Discussion, NOBODY};
use crate::support::{Client, User};

async fn follow(user: &User, other: &User) {
    user.client.post(&format!("/api/profiles/{}/follow", other.username), json!({})).await.expect(200);
}

/// How many comments the article has, as somebody reads it.
async fn count(client: &Client, slug: &str) -> Value {
    client.get(&format!("/api/articles/{slug}")).await.expect(200)["article"]["commentsCount"].take()
}

#[tokio::test]
async fn readers_see_whom_they_follow_at_every_place() {
    let discussion = Discussion::open().await;
    let (ann, bob, reader) = (User::sign_up().await, User::sign_up().await, User::sign_up().await);
    let root = discussion.say(&ann, "Root", &NOBODY).await;
    let reply = discussion.say(&bob, "Reply", &root).await;
    discussion.say(&ann, "Answer", &reply).await;
    follow(&reader, &bob).await;
    let replies = format!("{}/replies", discussion.path_of(&root));
    for (client, followed) in [(&reader.client, true), (&ann.client, false), (&Client::new(), false)] {
        let mut list = client.get(&discussion.path()).await.expect(200);
        let root = list["comments"][0].take();
        assert_eq!(root["author"]["following"], false);
        let thread = client.get(&replies).await.expect(200)["comments"].take();
        assert_eq!(root["replies"], thread);
        assert_eq!(thread[0]["author"]["following"], followed);
        assert_eq!(
            (&thread[1]["author"]["following"], &thread[1]["replyTo"]["following"]),
            (&json!(false), &json!(followed))
        );
        let flat = client.get(&format!("{}?flat=true", discussion.path())).await.expect(200);
        assert_eq!(flat["comments"][1]["author"]["following"], followed);
    }
    let answer = discussion.say(&reader, "And", &reply).await;
    assert_eq!((&answer["replyTo"]["following"], &answer["author"]["following"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn an_article_says_at_once_how_many_comments_it_has() {
    let discussion = Discussion::open().await;
    let (author, stranger) = (&discussion.author, Client::new());
    assert_eq!(count(&stranger, &discussion.slug).await, 0);
    let root = discussion.say(author, "Root", &NOBODY).await;
    assert_eq!(count(&stranger, &discussion.slug).await, 1);
    let reply = discussion.say(author, "Reply", &root).await;
    let answer = discussion.say(author, "Answer", &reply).await;
    let other = discussion.say(author, "Other", &NOBODY).await;
    for client in [&stranger, &author.client] {
        assert_eq!(count(client, &discussion.slug).await, 4);
    }
    for (gone, left) in [(&reply, 3), (&answer, 2), (&root, 1), (&other, 0)] {
        discussion.delete(author, gone).await.expect_nothing();
        for client in [&stranger, &author.client] {
            assert_eq!(count(client, &discussion.slug).await, left);
        }
    }
    let list = stranger.get(&format!("/api/articles?author={}", author.username)).await.expect(200);
    assert_eq!(list["articles"][0]["commentsCount"], 0);
}
