//! Several editors of one draft: `ETag` and `If-Match`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{User, drafts::path};

#[tokio::test]
async fn of_two_editors_the_second_hears_of_both_versions_and_nothing_is_lost() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    let tag = user.client.get(&path(&draft)).await.header("etag").to_owned();
    let first = user.save_if(&draft, &tag, json!({"body": "The first's"})).await;
    assert_eq!((first.status.as_u16(), first.header("etag")), (200, "\"2\""));
    let second = user.save_if(&draft, &tag, json!({"body": "The second's"})).await;
    assert_eq!(second.json()["code"], "precondition-failed");
    second.expect_problem(412, json!({"draft": ["is at version 2, and If-Match wants version 1"]}));
    assert_eq!(second.header("etag"), "\"2\"");
    assert_eq!(user.read_draft(&draft).await, first.json()["draft"]);
    user.save_if(&draft, second.header("etag"), json!({"body": "The second's"})).await.expect(200);
}

#[tokio::test]
async fn what_is_no_tag_of_the_version_changes_nothing() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    for tag in
        ["\"0\"", "\"2\"", "W/\"1\"", "1", "\"01\"", "\"\"", "\"secret\"", "\"18446744073709551616\"", "\"2\",\"3\""]
    {
        let answer = user.save_if(&draft, tag, json!({"title": "Overwritten"})).await;
        assert_eq!(answer.status, 412, "{tag}: {}", answer.text);
        answer.expect_whole_problem(tag);
        assert!(!answer.text.contains("secret"));
    }
    assert_eq!(user.read_draft(&draft).await, draft);
    for tag in ["\"1\"", "*", "\"9\", \"3\""] {
        user.save_if(&draft, tag, json!({"title": "Written"})).await.expect(200);
    }
}

#[tokio::test]
async fn the_version_is_looked_at_before_the_fields() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    user.save_if(&draft, "\"7\"", json!({"title": "x".repeat(300)})).await.expect(412);
}

#[tokio::test]
async fn publishing_lets_an_editor_go_on_where_they_were() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    user.publish_draft(&draft).await.expect(200);
    user.save_if(&draft, "\"1\"", json!({"body": "Going on"})).await.expect(200);
}

#[tokio::test]
async fn of_64_editors_of_one_version_exactly_one_saves() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    for version in 1..=3_u64 {
        let tag = format!("\"{version}\"");
        let edits = (0..64).map(|n| user.save_if(&draft, &tag, json!({"body": format!("{version} by {n}")})));
        let answers = join_all(edits).await;
        let (saved, late): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
        assert_eq!((saved.len(), late.len()), (1, 63));
        for answer in late {
            let both = format!("is at version {}, and If-Match wants version {version}", version + 1);
            answer.expect_problem(412, json!({"draft": [both]}));
        }
        assert_eq!(user.read_draft(&draft).await, saved[0].json()["draft"]);
    }
}

#[tokio::test]
async fn whatever_64_editors_without_a_tag_were_answered_is_one_version_each() {
    let user = User::sign_up().await;
    let draft = user.draft(&[]).await;
    let answers = join_all((0..64).map(|n| {
        // Half of them write the body, half the title: neither undoes the other.
        let fields = if n % 2 == 0 { json!({"body": format!("{n}")}) } else { json!({"title": format!("Title {n}")}) };
        user.save(&draft, fields)
    }))
    .await;
    let mut versions = Vec::new();
    for answer in &answers {
        match answer.status.as_u16() {
            200 => versions.push(answer.json()["draft"]["version"].as_u64().unwrap()),
            _ => assert_eq!(answer.json()["code"], "contended", "{}", answer.text),
        }
    }
    versions.sort_unstable();
    assert_eq!(versions, (2..2 + versions.len() as u64).collect::<Vec<_>>());
    let last = user.read_draft(&draft).await;
    let newest = answers.iter().map(|answer| answer.json()["draft"].take());
    let newest = newest.max_by_key(|draft| draft["version"].as_u64().unwrap_or_default()).unwrap();
    assert_eq!(last, newest);
    assert!(last["title"] != Value::Null && last["body"] != Value::Null);
}
