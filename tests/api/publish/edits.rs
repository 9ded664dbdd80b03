//! `PUT /api/articles/{slug}`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{read, slug_of};
use crate::support::{Client, User, new_article, shapes, unique};

#[tokio::test]
async fn an_edit_answers_the_whole_article_as_it_is_afterwards() {
    let user = User::sign_up().await;
    let before = user.publish(&["old"]).await;
    let changes =
        json!({"title": unique("Other"), "description": "Other", "body": "Other text", "tagList": ["b", "a"]});
    let after = user.edit(&slug_of(&before), changes.clone()).await.expect(200)["article"].take();
    shapes::expect_article(&after);
    for field in ["title", "description", "body", "tagList"] {
        assert_eq!(after[field], changes[field], "{field}");
    }
    for field in ["slug", "createdAt", "author", "favorited", "favoritesCount"] {
        assert_eq!(after[field], before[field], "{field}");
    }
    assert_eq!(read(&slug_of(&before)).await, after);
}

#[tokio::test]
async fn every_field_changes_alone() {
    let user = User::sign_up().await;
    let mut article = user.publish(&["old"]).await;
    let slug = slug_of(&article);
    for (field, value) in [
        ("title", json!(unique("Other"))),
        ("description", json!("Other")),
        ("body", json!("Other text")),
        ("tagList", json!(["new", "newer"])),
        ("tagList", json!([])),
    ] {
        let after = user.edit(&slug, json!({field: value})).await.expect(200)["article"].take();
        article[field] = value;
        article["updatedAt"] = after["updatedAt"].clone();
        assert_eq!(after, article, "{field}");
        assert_eq!(read(&slug).await, article, "{field}");
    }
}

#[tokio::test]
async fn every_change_moves_the_time_of_the_last_change_only() {
    let user = User::sign_up().await;
    let article = user.publish(&[]).await;
    let time = |article: &Value| article["updatedAt"].as_str().unwrap().to_owned();
    let mut last = time(&article);
    for n in 0..5 {
        let changed =
            user.edit(&slug_of(&article), json!({"body": format!("{n}")})).await.expect(200)["article"].take();
        // All times have the same form, so that they sort as texts.
        assert!(time(&changed) > last, "{} after {last}", time(&changed));
        assert_eq!(changed["createdAt"], article["createdAt"]);
        last = time(&changed);
    }
}

#[tokio::test]
async fn a_slug_stays_when_the_title_changes() {
    let (user, title) = (User::sign_up().await, unique("Another title"));
    let slug = slug_of(&user.publish(&[]).await);
    let article = user.edit(&slug, json!({"title": title})).await.expect(200)["article"].take();
    assert_eq!((&article["slug"], &article["title"]), (&json!(slug), &json!(title)));
    assert_eq!(read(&slug).await["title"], title);
}

#[tokio::test]
async fn an_edit_that_breaks_the_rules_changes_nothing() {
    let user = User::sign_up().await;
    let before = user.publish(&["kept"]).await;
    let blank = "can't be blank";
    for (field, value, message) in [
        ("title", json!(null), blank),
        ("title", json!(""), blank),
        ("description", json!(null), blank),
        ("description", json!(" "), blank),
        ("body", json!(null), blank),
        ("body", json!(""), blank),
        ("body", json!("x".repeat(262_145)), "is too long (maximum is 262144 bytes)"),
        ("tagList", json!(null), blank),
        ("tagList", json!(["x".repeat(65)]), "is too long (maximum is 64 characters)"),
        ("tagList", json!({}), "must be a sequence"),
    ] {
        let mut changes = json!({"title": "must not", "description": "be", "body": "stored"});
        changes[field] = value;
        let answer = user.edit(&slug_of(&before), changes).await;
        assert_eq!(answer.status, 422, "{field}: {message}: {}", answer.text);
        answer.expect_problem(422, json!({field: [message]}));
    }
    assert_eq!(read(&slug_of(&before)).await, before);
}

#[tokio::test]
async fn only_the_author_edits() {
    let (author, other) = (User::sign_up().await, User::sign_up().await);
    let article = author.publish(&[]).await;
    let slug = slug_of(&article);
    other.edit(&slug, json!({"title": "Mine"})).await.expect_problem(403, json!({"article": ["forbidden"]}));
    // Whatever the fields hold.
    other.edit(&slug, json!({"title": ""})).await.expect_problem(403, json!({"article": ["forbidden"]}));
    assert_eq!(read(&slug).await, article);
}

#[tokio::test]
async fn an_unknown_article_is_not_found_but_first_of_all_one_logs_in() {
    let user = User::sign_up().await;
    for slug in [&*unique("unknown"), "latest", "UPPER", "a--b", "%E4%BD%A0", &"x".repeat(500)] {
        let path = format!("/api/articles/{slug}");
        let body = json!({"article": {"title": "x"}});
        let answer = Client::new().put(&path, body.clone()).await;
        assert_eq!(answer.status, 401, "{slug}: {}", answer.text);
        answer.expect_problem(401, json!({"token": ["is missing"]}));
        let answer = user.client.put(&path, body).await;
        assert_eq!(answer.status, 404, "{slug}: {}", answer.text);
        answer.expect_problem(404, json!({"article": ["not found"]}));
    }
}

#[tokio::test]
async fn parallel_edits_of_different_fields_all_take_effect() {
    let user = User::sign_up().await;
    let slug = slug_of(&user.publish(&["old"]).await);
    let all = new_article(json!({"description": "Other", "body": "Other text", "tagList": ["new", "newer"]}));
    let edits = all.as_object().unwrap().iter().map(|(field, value)| user.edit(&slug, json!({field: value})));
    for answer in join_all(edits).await {
        answer.expect(200);
    }
    let article = read(&slug).await;
    for (field, value) in all.as_object().unwrap() {
        assert_eq!(article[field], *value, "{field}");
    }
}

#[tokio::test]
async fn of_parallel_edits_of_the_text_one_stays_whole() {
    let user = User::sign_up().await;
    let slug = slug_of(&user.publish(&[]).await);
    let texts: Vec<_> = ["a", "b", "c", "d"].map(|letter| letter.repeat(50_000)).into();
    for answer in join_all(texts.iter().map(|text| user.edit(&slug, json!({"body": text})))).await {
        answer.expect(200);
    }
    let body = read(&slug).await["body"].take();
    assert!(texts.iter().any(|text| body == **text), "a mixture");
}
