//! `DELETE /api/articles/{slug}`.

use futures_util::future::join_all;
use serde_json::json;

use super::{publish_titled, read, slug_of};
use crate::support::{Client, User, unique};

#[tokio::test]
async fn what_is_deleted_is_not_there_any_more() {
    let user = User::sign_up().await;
    let slug = slug_of(&user.publish(&[]).await);
    user.delete(&slug).await.expect_nothing();
    for (case, answer) in [
        ("read", Client::new().get(&format!("/api/articles/{slug}")).await),
        ("edited", user.edit(&slug, json!({"title": "Back"})).await),
        ("deleted", user.delete(&slug).await),
    ] {
        assert_eq!(answer.status, 404, "{case}: {}", answer.text);
        answer.expect_problem(404, json!({"article": ["not found"]}));
    }
}

#[tokio::test]
async fn what_is_deleted_is_on_no_list_and_in_no_count() {
    let user = User::sign_up().await;
    let (gone, kept) = (unique("gone"), unique("kept"));
    let slug = slug_of(&user.publish(&[&gone, &kept]).await);
    let other = slug_of(&user.publish(&[&kept]).await);
    user.delete(&slug).await.expect_nothing();
    let stranger = Client::new();
    let author = &user.username;
    assert_eq!(stranger.list(&format!("tag={gone}")).await, (vec![], 0));
    assert_eq!(stranger.list(&format!("tag={kept}")).await, (vec![other.clone()], 1));
    assert_eq!(stranger.list(&format!("author={author}")).await, (vec![other.clone()], 1));
    assert_eq!(stranger.list(&format!("author={author}&tag={gone}")).await, (vec![], 0));
    assert!(!stranger.list("limit=100").await.0.contains(&slug));
    let tags = stranger.get("/api/tags").await.expect(200)["tags"].take();
    let tags = tags.as_array().unwrap();
    assert!(!tags.contains(&json!(gone)) && tags.contains(&json!(kept)));
}

#[tokio::test]
async fn an_edited_article_is_deleted_as_a_whole() {
    let user = User::sign_up().await;
    let (old, new) = (unique("old"), unique("new"));
    let slug = slug_of(&user.publish(&[&old]).await);
    for n in 0..3 {
        user.edit(&slug, json!({"body": format!("{n}"), "tagList": [new]})).await.expect(200);
    }
    user.delete(&slug).await.expect_nothing();
    for query in [format!("tag={old}"), format!("tag={new}"), format!("author={}", user.username)] {
        assert_eq!(Client::new().list(&query).await, (vec![], 0), "{query}");
    }
}

#[tokio::test]
async fn a_slug_is_never_given_again() {
    let user = User::sign_up().await;
    let title = unique("Once only");
    let slug = publish_titled(&user, &title).await;
    user.delete(&slug).await.expect_nothing();
    let again = publish_titled(&user, &title).await;
    assert_ne!(again, slug);
    Client::new().get(&format!("/api/articles/{slug}")).await.expect(404);
    assert_eq!(read(&again).await["title"], title);
}

#[tokio::test]
async fn only_the_author_deletes() {
    let (author, other) = (User::sign_up().await, User::sign_up().await);
    let article = author.publish(&[]).await;
    other.delete(&slug_of(&article)).await.expect_problem(403, json!({"article": ["forbidden"]}));
    assert_eq!(read(&slug_of(&article)).await, article);
}

#[tokio::test]
async fn before_a_deletion_one_logs_in() {
    let slug = slug_of(&User::sign_up().await.publish(&[]).await);
    for slug in [slug, unique("unknown")] {
        let answer = Client::new().delete(&format!("/api/articles/{slug}")).await;
        answer.expect_problem(401, json!({"token": ["is missing"]}));
    }
}

#[tokio::test]
async fn of_parallel_deletions_exactly_one_deletes() {
    let user = User::sign_up().await;
    let tag = unique("tag");
    let slug = slug_of(&user.publish(&[&tag]).await);
    user.publish(&[&tag]).await;
    let answers = join_all((0..6).map(|_| user.delete(&slug))).await;
    let (done, late): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 204);
    assert_eq!((done.len(), late.len()), (1, 5));
    for answer in late {
        answer.expect_problem(404, json!({"article": ["not found"]}));
    }
    assert_eq!(Client::new().list(&format!("tag={tag}")).await.1, 1);
}

#[tokio::test]
async fn an_edit_beside_a_deletion_brings_nothing_back() {
    let user = User::sign_up().await;
    let tag = unique("tag");
    let slug = slug_of(&user.publish(&[&tag]).await);
    let edits = async { join_all((0..3).map(|n| user.edit(&slug, json!({"body": format!("{n}")})))).await };
    let (edited, deleted) = tokio::join!(edits, user.delete(&slug));
    deleted.expect_nothing();
    for answer in edited {
        assert!([200, 404].contains(&answer.status.as_u16()), "{}", answer.text);
    }
    user.edit(&slug, json!({"body": "x"})).await.expect(404);
    assert_eq!(Client::new().list(&format!("tag={tag}")).await, (vec![], 0));
}
