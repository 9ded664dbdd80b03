//! Drafts before they are published: beginning, saving, reading, listing, deleting.

use serde_json::{Value, json};

use crate::support::{Client, User, drafts::path, shapes, unique};

#[tokio::test]
async fn a_new_draft_may_be_blank() {
    let user = User::sign_up().await;
    for fields in
        [json!({}), json!({"title": null, "description": "", "body": null}), json!({"title": " \n ", "tagList": []})]
    {
        let answer = user.try_draft(fields).await;
        let draft = answer.expect(201)["draft"].take();
        shapes::expect_draft(&draft);
        assert_eq!(answer.header("etag"), "\"1\"");
        for (field, value) in [("title", json!("")), ("description", json!("")), ("body", json!(""))] {
            assert_eq!(draft[field], value, "{field}");
        }
        assert_eq!((&draft["tagList"], &draft["version"], &draft["slug"]), (&json!([]), &json!(1), &Value::Null));
        assert_eq!(draft["createdAt"], draft["updatedAt"]);
        assert_eq!(user.read_draft(&draft).await, draft);
    }
}

#[tokio::test]
async fn a_body_is_kept_as_it_is_written_blank_or_not() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    for body in ["", "  \n", "  indented\r\n", "\0", "\u{feff}bom", &"字".repeat(87_381)] {
        let saved = user.save(&draft, json!({"body": body})).await.expect(200)["draft"].take();
        assert_eq!(saved["body"], body);
        assert_eq!(user.read_draft(&draft).await, saved);
    }
}

#[tokio::test]
async fn what_is_left_out_stays_and_what_is_null_or_blank_goes() {
    let user = User::sign_up().await;
    let draft = user.draft(&["b", "A"]).await;
    let mut expected = draft.clone();
    for (version, (field, value)) in (2_u64..).zip([
        ("title", json!("Another")),
        ("description", json!("Otherwise")),
        ("body", json!("Other text")),
        ("tagList", json!(["z"])),
        ("title", Value::Null),
        ("description", json!("  ")),
        ("body", Value::Null),
        ("tagList", json!([])),
    ]) {
        let answer = user.save(&draft, json!({field: value})).await;
        let saved = answer.expect(200)["draft"].take();
        let blank = if value.is_null() || value == "  " { json!("") } else { value };
        expected[field] = blank;
        expected["version"] = json!(version);
        assert!(saved["updatedAt"].as_str() > expected["updatedAt"].as_str(), "{field}");
        expected["updatedAt"] = saved["updatedAt"].clone();
        assert_eq!(saved, expected);
        assert_eq!(answer.header("etag"), format!("\"{version}\""));
        assert_eq!(user.read_draft(&draft).await, expected);
    }
}

#[tokio::test]
async fn a_field_that_breaks_the_rules_is_named_in_a_draft_too() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    let eleven: Vec<_> = (0..11).map(|n| n.to_string()).collect();
    for (field, value, message) in [
        ("title", json!("x".repeat(257)), "is too long (maximum is 256 characters)"),
        ("title", json!("a\nb"), "must be one line without control characters"),
        ("title", json!(5), "must be a string"),
        ("description", json!("x".repeat(1_025)), "is too long (maximum is 1024 characters)"),
        ("body", json!("x".repeat(256 * 1024 + 1)), "is too long (maximum is 262144 bytes)"),
        ("body", json!([]), "must be a string"),
        ("tagList", Value::Null, "can't be blank"),
        ("tagList", json!(eleven), "has too many tags (maximum is 10)"),
        ("tagList", json!(["x".repeat(65)]), "is too long (maximum is 64 characters)"),
    ] {
        for answer in [user.try_draft(json!({field: value})).await, user.save(&draft, json!({field: value})).await] {
            assert_eq!(answer.status, 422, "{field}: {}", answer.text);
            answer.expect_problem(422, json!({field: [message]}));
        }
    }
    assert_eq!(user.read_draft(&draft).await, draft);
    assert_eq!(user.drafts("").await.0.len(), 1);
}

#[tokio::test]
async fn nobody_else_learns_that_a_draft_is_there() {
    let (author, other, stranger) = (User::sign_up().await, User::sign_up().await, Client::new());
    let draft = author.draft(&[]).await;
    for answer in [
        other.client.get(&path(&draft)).await,
        other.save(&draft, json!({"title": "Mine now"})).await,
        other.publish_draft(&draft).await,
        other.client.delete(&path(&draft)).await,
    ] {
        answer.expect_problem(404, json!({"draft": ["not found"]}));
    }
    assert_eq!(other.drafts("").await.0, Vec::<Value>::new());
    for answer in [
        stranger.get(&path(&draft)).await,
        stranger.get("/api/drafts").await,
        stranger.put(&path(&draft), json!({"draft": {}})).await,
        stranger.post("/api/drafts", json!({"draft": {}})).await,
        stranger.post(&format!("{}/publish", path(&draft)), json!({})).await,
        stranger.delete(&path(&draft)).await,
    ] {
        answer.expect_problem(401, json!({"token": ["is missing"]}));
    }
    assert_eq!(author.read_draft(&draft).await, draft);
}

#[tokio::test]
async fn what_is_no_drafts_id_is_not_there() {
    let user = User::sign_up().await;
    for id in ["x", "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAVX", "%20", "DRAFTS%23", "%F0%9F%A6%80"] {
        let answer = user.client.get(&format!("/api/drafts/{id}")).await;
        answer.expect_problem(404, json!({"draft": ["not found"]}));
        let answer = user.client.delete(&format!("/api/drafts/{id}")).await;
        answer.expect_problem(404, json!({"draft": ["not found"]}));
    }
}

#[tokio::test]
async fn my_drafts_are_listed_newest_first_without_their_texts_and_by_cursor() {
    let user = User::sign_up().await;
    let mut expected = Vec::new();
    for _ in 0..5 {
        expected.insert(0, user.draft(&["tag"]).await);
    }
    // An edit changes what is shown, not where.
    expected[3] = user.save(&expected[3], json!({"title": "Edited"})).await.expect(200)["draft"].take();
    for draft in &mut expected {
        draft.as_object_mut().unwrap().remove("body").unwrap();
    }
    let (all, end) = user.drafts("").await;
    assert_eq!((&all, end), (&expected, Value::Null));
    all.iter().for_each(shapes::expect_draft_summary);
    let (first, cursor) = user.drafts("limit=2").await;
    assert_eq!(first, expected[..2]);
    let cursor = cursor.as_str().unwrap();
    // What is begun or deleted meanwhile moves nothing.
    user.draft(&[]).await;
    user.client.delete(&path(&expected[1])).await.expect_nothing();
    let (second, cursor) = user.drafts(&format!("limit=2&cursor={cursor}")).await;
    assert_eq!(second, expected[2..4]);
    let (third, cursor) = user.drafts(&format!("limit=2&cursor={}", cursor.as_str().unwrap())).await;
    assert_eq!((third.as_slice(), cursor), (&expected[4..], Value::Null));
}

#[tokio::test]
async fn a_page_that_is_none_is_refused() {
    let user = User::sign_up().await;
    for (query, field) in [("limit=0", "limit"), ("limit=x", "limit"), ("cursor=x", "cursor"), ("cursor=", "cursor")] {
        let answer = user.client.get(&format!("/api/drafts?{query}")).await;
        assert_eq!(answer.expect(422)["errors"].as_object().unwrap().keys().collect::<Vec<_>>(), [field]);
    }
    user.client.get("/api/drafts?limit=1&limit=2").await.expect(400);
}

#[tokio::test]
async fn a_deleted_draft_is_not_there_any_more() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    user.client.delete(&path(&draft)).await.expect_nothing();
    for answer in [
        user.client.get(&path(&draft)).await,
        user.save(&draft, json!({"title": unique("Back")})).await,
        user.save_if(&draft, "\"1\"", json!({})).await,
        user.publish_draft(&draft).await,
        user.client.delete(&path(&draft)).await,
    ] {
        answer.expect_problem(404, json!({"draft": ["not found"]}));
    }
    assert_eq!(user.drafts("").await.0, Vec::<Value>::new());
}

#[tokio::test]
async fn a_draft_is_for_no_shared_cache() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    for answer in [user.client.get(&path(&draft)).await, user.client.get("/api/drafts").await] {
        assert_eq!(answer.header("cache-control"), "private, no-store");
    }
}
