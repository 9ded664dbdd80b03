//! A draft and its live article: never published; published and edited since; published, unchanged.

use serde_json::{Value, json};

use super::{read, slug_of};
use crate::support::{Client, User, drafts::path, new_article, shapes, unique};

/// What a draft and its article have in common.
#[track_caller]
fn expect_same(draft: &Value, article: &Value) {
    for field in ["title", "description", "body", "tagList", "slug"] {
        assert_eq!(draft[field], article[field], "{field}");
    }
}

/// A draft that was published, with its article.
async fn published(user: &User, tags: &[&str]) -> (Value, Value) {
    let draft = user.draft(tags).await;
    let article = user.publish_draft(&draft).await.expect(200)["article"].take();
    (user.read_draft(&draft).await, article)
}

#[tokio::test]
async fn what_was_never_published_becomes_an_article() {
    let user = User::sign_up().await;
    let tag = unique("tag");
    let draft = user.draft(&[&tag, "Other"]).await;
    let article = user.publish_draft(&draft).await.expect(200)["article"].take();
    shapes::expect_article(&article);
    assert_eq!(article["createdAt"], article["updatedAt"]);
    assert_eq!(article["author"]["username"], user.username);
    let slug = slug_of(&article);
    assert_eq!(read(&slug).await, article);
    for query in [format!("tag={tag}"), format!("author={}", user.username)] {
        assert_eq!(Client::new().list(&query).await, (vec![slug.clone()], 1), "{query}");
    }
    let after = user.read_draft(&draft).await;
    expect_same(&after, &article);
    assert_eq!((&after["version"], &after["updatedAt"]), (&draft["version"], &draft["updatedAt"]));
}

#[tokio::test]
async fn what_is_blank_is_named_and_nothing_is_published() {
    let user = User::sign_up().await;
    let draft = user.try_draft(json!({"body": " \n"})).await.expect(201)["draft"].take();
    let blank = json!(["can't be blank"]);
    let all = json!({"title": blank, "description": blank, "body": blank});
    user.publish_draft(&draft).await.expect_problem(422, all);
    user.save(&draft, json!({"title": unique("Title"), "body": "Text"})).await.expect(200);
    user.publish_draft(&draft).await.expect_problem(422, json!({"description": blank}));
    assert_eq!(Client::new().list(&format!("author={}", user.username)).await, (vec![], 0));
    user.save(&draft, json!({"description": "About it"})).await.expect(200);
    user.publish_draft(&draft).await.expect(200);
}

#[tokio::test]
async fn readers_see_what_was_edited_since_only_when_it_is_published_again() {
    let user = User::sign_up().await;
    let (old, new) = (unique("old"), unique("new"));
    let (draft, article) = published(&user, &[&old]).await;
    let slug = slug_of(&article);
    let other = slug_of(&user.publish(&[]).await);
    let changes = json!({"title": unique("Other"), "description": "Other", "body": "Other text", "tagList": [new]});
    let edited = user.save(&draft, changes).await.expect(200)["draft"].take();
    assert_eq!(edited["slug"], slug.as_str());
    assert_eq!(read(&slug).await, article);
    assert_eq!(Client::new().list(&format!("tag={old}")).await.1, 1);

    let again = user.publish_draft(&draft).await.expect(200)["article"].take();
    expect_same(&edited, &again);
    assert_eq!((&again["slug"], &again["createdAt"]), (&article["slug"], &article["createdAt"]));
    assert!(again["updatedAt"].as_str() > article["updatedAt"].as_str());
    assert_eq!(read(&slug).await, again);
    assert_eq!(Client::new().list(&format!("tag={old}")).await, (vec![], 0));
    assert_eq!(Client::new().list(&format!("tag={new}")).await, (vec![slug.clone()], 1));
    // Where it stood: behind what was published later.
    assert_eq!(Client::new().list(&format!("author={}", user.username)).await, (vec![other, slug], 2));
}

#[tokio::test]
async fn what_is_published_and_unchanged_stays_as_it_is() {
    let user = User::sign_up().await;
    let (draft, article) = published(&user, &["tag"]).await;
    assert_eq!(user.publish_draft(&draft).await.expect(200)["article"], article);
    assert_eq!(read(&slug_of(&article)).await, article);
    assert_eq!(user.read_draft(&draft).await, draft);
}

#[tokio::test]
async fn an_article_that_is_created_has_a_draft() {
    let user = User::sign_up().await;
    let article = user.publish(&["b", "A"]).await;
    let (drafts, _) = user.drafts("").await;
    assert_eq!(drafts.len(), 1);
    let draft = user.read_draft(&drafts[0]).await;
    shapes::expect_draft(&draft);
    expect_same(&draft, &article);
    assert_eq!(draft["version"], 1);
    assert_eq!(user.publish_draft(&draft).await.expect(200)["article"], article);
}

#[tokio::test]
async fn an_edit_of_the_article_takes_an_unchanged_draft_along() {
    let user = User::sign_up().await;
    let (draft, article) = published(&user, &[]).await;
    let slug = slug_of(&article);
    for changes in [json!({"title": "Only the title"}), json!({"body": "Another text", "tagList": ["new"]})] {
        let before = user.read_draft(&draft).await;
        let article = user.edit(&slug, changes).await.expect(200)["article"].take();
        let after = user.read_draft(&draft).await;
        expect_same(&after, &article);
        assert_eq!(after["version"], before["version"].as_u64().unwrap() + 1);
        // An editor of the older draft hears of it.
        user.save_if(&draft, &format!("\"{}\"", before["version"]), json!({"body": "Stale"})).await.expect(412);
        // It is unchanged still.
        assert_eq!(user.publish_draft(&draft).await.expect(200)["article"], article);
    }
}

#[tokio::test]
async fn an_edit_of_the_article_leaves_a_draft_with_edits_of_its_own() {
    let user = User::sign_up().await;
    let (draft, article) = published(&user, &["tag"]).await;
    let slug = slug_of(&article);
    for own in [json!({"title": "Of the draft"}), json!({"body": "Of the draft"})] {
        let kept = user.save(&draft, own).await.expect(200)["draft"].take();
        for changes in [json!({"title": "Of the article"}), json!({"body": "Of the article"})] {
            let edited = user.edit(&slug, changes).await.expect(200)["article"].take();
            assert_eq!(read(&slug).await, edited);
            assert_eq!(user.read_draft(&draft).await, kept);
        }
    }
    let last = user.save(&draft, json!({"body": "The last word"})).await.expect(200)["draft"].take();
    expect_same(&last, &user.publish_draft(&draft).await.expect(200)["article"]);
    assert_eq!(read(&slug).await["body"], "The last word");
}

#[tokio::test]
async fn a_deletion_of_the_article_takes_the_draft_along_changed_or_not() {
    let user = User::sign_up().await;
    for own in [None, Some(json!({"body": "Of the draft"}))] {
        let (draft, article) = published(&user, &[]).await;
        if let Some(own) = own {
            user.save(&draft, own).await.expect(200);
        }
        user.delete(&slug_of(&article)).await.expect_nothing();
        user.client.get(&path(&draft)).await.expect_problem(404, json!({"draft": ["not found"]}));
        user.save(&draft, json!({"body": "Back"})).await.expect(404);
        user.publish_draft(&draft).await.expect(404);
    }
    assert_eq!(user.drafts("").await.0, Vec::<Value>::new());
}

#[tokio::test]
async fn a_draft_whose_article_is_live_is_not_deleted() {
    let user = User::sign_up().await;
    let (draft, article) = published(&user, &[]).await;
    let answer = user.client.delete(&path(&draft)).await;
    assert_eq!(answer.json()["code"], "published");
    answer.expect_problem(409, json!({"draft": ["is published: withdraw or delete the article first"]}));
    assert_eq!(read(&slug_of(&article)).await, article);
    assert_eq!(user.read_draft(&draft).await, draft);
}

#[tokio::test]
async fn drafts_of_one_title_get_different_slugs() {
    let user = User::sign_up().await;
    let fields = new_article(json!({"title": unique("Twice")}));
    let mut slugs = Vec::new();
    for _ in 0..3 {
        let draft = user.try_draft(fields.clone()).await.expect(201)["draft"].take();
        slugs.push(slug_of(&user.publish_draft(&draft).await.expect(200)["article"]));
        assert_eq!(user.read_draft(&draft).await["slug"], slugs.last().unwrap().as_str());
    }
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 3);
}
