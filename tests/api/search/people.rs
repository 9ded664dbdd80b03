//! Users and tags, and what is suggested while somebody types.

use serde_json::json;

use super::{indexed, publish, until};
use crate::support::{PASSWORD, User, encode, shapes, unique};

#[tokio::test]
async fn users_are_found_by_name_and_by_what_they_say_of_themselves() {
    let name = unique("Zoologin");
    let user = User::sign_up_as(&name, PASSWORD).await;
    let beginning = encode(&name[..name.len() - 1].to_lowercase());
    let path = format!("/api/search/users?q={beginning}&limit=100");
    let has = |found: &serde_json::Value, name: &str| {
        found["profiles"].as_array().unwrap().iter().any(|profile| profile["username"] == *name)
    };
    let found = until(&path, |found| has(found, &name)).await;
    found["profiles"].as_array().unwrap().iter().for_each(shapes::expect_counted_profile);
    let word = unique("xylotomist");
    user.change(json!({"bio": format!("A {word} of wood")})).await.expect(200);
    until(&format!("/api/search/users?q={}&limit=100", encode(&word)), |found| has(found, &name)).await;
}

#[tokio::test]
async fn what_is_typed_is_completed_to_titles_tags_and_users() {
    let (author, tag) = (User::sign_up().await, unique("Quincetag"));
    let title = unique("Quincetitle");
    let slug = publish(&author, &tag, json!({"title": title})).await;
    indexed(&tag, 1).await;
    let typed = |text: &str| format!("/api/search/suggest?q={}", encode(&text[..text.len() - 1]));
    let found = until(&typed(&title), |found| found["articles"].to_string().contains(&slug)).await;
    assert!(
        found["articles"].as_array().unwrap().iter().any(|article| *article == json!({"slug": slug, "title": title}))
    );
    let tag = tag.to_lowercase();
    until(&typed(&tag), |found| found["tags"].as_array().unwrap().contains(&json!({"name": tag, "count": 1}))).await;
    until(&typed(&author.username), |found| found["users"].as_array().unwrap().contains(&json!(author.username))).await;
    let path = format!("/api/search/tags?q={}", encode(&tag));
    until(&path, |found| found["tags"].as_array().unwrap().contains(&json!({"name": tag, "count": 1}))).await;
}

#[tokio::test]
async fn nothing_typed_suggests_nothing() {
    for path in ["/api/search/suggest", "/api/search/suggest?q=", "/api/search/suggest?q=%20"] {
        until(path, |found| *found == json!({"articles": [], "tags": [], "users": []})).await;
    }
}
