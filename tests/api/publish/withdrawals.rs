//! `POST /api/articles/{slug}/withdraw`.

use serde_json::{Value, json};

use super::{publish_titled, read, slug_of};
use crate::support::{Client, User, drafts::path, shapes, unique};

#[tokio::test]
async fn a_withdrawn_article_is_gone_for_everyone_and_its_draft_is_left() {
    let (user, other) = (User::sign_up().await, User::sign_up().await);
    let article = user.publish(&[]).await;
    let slug = slug_of(&article);
    let before = user.draft_of(&slug).await.unwrap();
    let draft = user.withdraw(&slug).await.expect(200)["draft"].take();
    shapes::expect_draft(&draft);
    assert_eq!(draft, before);
    assert_eq!(user.read_draft(&draft).await, draft);
    for answer in [
        Client::new().get(&format!("/api/articles/{slug}")).await,
        user.client.get(&format!("/api/articles/{slug}")).await,
        user.edit(&slug, json!({"title": "Back"})).await,
        user.withdraw(&slug).await,
        user.delete(&slug).await,
        other.withdraw(&slug).await,
    ] {
        assert_eq!(answer.json()["code"], "gone");
        answer.expect_problem(410, json!({"article": ["has been withdrawn"]}));
    }
}

#[tokio::test]
async fn a_withdrawn_article_is_on_no_list_and_in_no_count() {
    let user = User::sign_up().await;
    let (gone, kept) = (unique("gone"), unique("kept"));
    let slug = slug_of(&user.publish(&[&gone, &kept]).await);
    let other = slug_of(&user.publish(&[&kept]).await);
    read(&slug).await;
    user.withdraw(&slug).await.expect(200);
    let (stranger, author) = (Client::new(), &user.username);
    assert_eq!(stranger.list(&format!("tag={gone}")).await, (vec![], 0));
    assert_eq!(stranger.list(&format!("tag={kept}")).await, (vec![other.clone()], 1));
    assert_eq!(stranger.list(&format!("author={author}")).await, (vec![other], 1));
    let tags = stranger.get("/api/tags").await.expect(200)["tags"].take();
    assert!(!tags.as_array().unwrap().contains(&json!(gone)));
}

#[tokio::test]
async fn published_again_it_is_the_same_article() {
    let user = User::sign_up().await;
    let tag = unique("tag");
    let article = user.publish(&[&tag]).await;
    let slug = slug_of(&article);
    let later = slug_of(&user.publish(&[&tag]).await);
    for body in ["Rewritten", "Once more"] {
        let draft = user.withdraw(&slug).await.expect(200)["draft"].take();
        user.save(&draft, json!({"title": unique("Another"), "body": body})).await.expect(200);
        Client::new().get(&format!("/api/articles/{slug}")).await.expect(410);
        let again = user.publish_draft(&draft).await.expect(200)["article"].take();
        assert_eq!((&again["slug"], &again["createdAt"]), (&article["slug"], &article["createdAt"]));
        assert!(again["updatedAt"].as_str() > article["updatedAt"].as_str());
        assert_eq!(again["body"], body);
        assert_eq!(read(&slug).await, again);
        // Where it stood.
        assert_eq!(Client::new().list(&format!("tag={tag}")).await, (vec![later.clone(), slug.clone()], 2));
    }
}

#[tokio::test]
async fn published_again_as_it_was_it_is_the_same_article_too() {
    let user = User::sign_up().await;
    let article = user.publish(&[]).await;
    let slug = slug_of(&article);
    let draft = user.withdraw(&slug).await.expect(200)["draft"].take();
    let mut again = user.publish_draft(&draft).await.expect(200)["article"].take();
    assert_eq!(read(&slug).await, again);
    again["updatedAt"] = article["updatedAt"].clone();
    assert_eq!(again, article);
}

#[tokio::test]
async fn a_draft_with_edits_of_its_own_keeps_them_when_its_article_is_withdrawn() {
    let user = User::sign_up().await;
    let slug = slug_of(&user.publish(&[]).await);
    let draft = user.draft_of(&slug).await.unwrap();
    let edited = user.save(&draft, json!({"body": "Of the draft"})).await.expect(200)["draft"].take();
    assert_eq!(user.withdraw(&slug).await.expect(200)["draft"], edited);
}

#[tokio::test]
async fn with_its_draft_a_withdrawn_article_is_deleted_and_its_slug_never_given_again() {
    let user = User::sign_up().await;
    let title = unique("Once only");
    let slug = publish_titled(&user, &title).await;
    let draft = user.withdraw(&slug).await.expect(200)["draft"].take();
    assert_ne!(publish_titled(&user, &title).await, slug);
    user.client.delete(&path(&draft)).await.expect_nothing();
    Client::new().get(&format!("/api/articles/{slug}")).await.expect(404);
    user.client.get(&path(&draft)).await.expect(404);
    user.withdraw(&slug).await.expect(404);
    assert_ne!(publish_titled(&user, &title).await, slug);
    assert_eq!(user.draft_of(&slug).await, None::<Value>);
}

#[tokio::test]
async fn only_the_author_withdraws() {
    let (author, other) = (User::sign_up().await, User::sign_up().await);
    let article = author.publish(&[]).await;
    let slug = slug_of(&article);
    other.withdraw(&slug).await.expect_problem(403, json!({"article": ["forbidden"]}));
    other.withdraw(&unique("unknown")).await.expect_problem(404, json!({"article": ["not found"]}));
    other.withdraw("No-Slug").await.expect_problem(404, json!({"article": ["not found"]}));
    let stranger = Client::new();
    for slug in [slug.as_str(), "unknown"] {
        let answer = stranger.post(&format!("/api/articles/{slug}/withdraw"), json!({})).await;
        answer.expect_problem(401, json!({"token": ["is missing"]}));
    }
    assert_eq!(read(&slug).await, article);
}
