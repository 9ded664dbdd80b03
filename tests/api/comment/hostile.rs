//! Ids, cursors and bodies that no client of good will sends.

use reqwest::Method;
use serde_json::json;

use super::{Discussion, NOBODY, said};
use crate::support::{Client, encode};

#[tokio::test]
async fn what_no_comment_can_have_as_its_id_is_not_found() {
    let discussion = Discussion::open().await;
    let client = &discussion.author.client;
    let huge = "1000000000000000000000000000000";
    for id in
        ["0", "-1", "+1", "01", "9007199254740992", "18446744073709551616", huge, "1.0", "1e3", "x", " ", "é", "#"]
    {
        let path = format!("{}/{}", discussion.path(), encode(id));
        for answer in [client.delete(&path).await, client.get(&format!("{path}/replies")).await] {
            answer.expect_problem(404, json!({"comment": ["not found"]}));
        }
    }
    // A gateway may decode the path in its own way before it asks.
    let answer = client.delete(&format!("{}/%ff", discussion.path())).await;
    answer.expect_whole_problem("%ff");
    assert!([400, 404].contains(&answer.status.as_u16()), "{}", answer.text);
}

#[tokio::test]
async fn a_parent_that_is_no_whole_number_is_refused() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    for parent in [json!(-1), json!(1.5), json!(1e30), json!("7"), json!([7]), json!({"id": 7}), json!(true)] {
        let answer = discussion.post(author, json!({"body": "x", "parentId": parent})).await;
        answer.expect_problem(422, json!({"parentId": ["must be the id of a comment"]}));
    }
    let digits = format!("{{\"comment\": {{\"body\": \"x\", \"parentId\": {}}}}}", "9".repeat(400));
    let request = author.client.request(Method::POST, &discussion.path()).header("content-type", "application/json");
    let answer = Client::send(request.body(digits)).await;
    assert!(answer.status.is_client_error(), "{}", answer.text);
    assert_eq!(said(&discussion.list("").await), Vec::<&str>::new());
}

#[tokio::test]
async fn a_body_that_is_no_comment_is_refused() {
    let discussion = Discussion::open().await;
    let client = &discussion.author.client;
    for (body, field) in [
        (json!({}), "comment"),
        (json!({"comment": null}), "comment"),
        (json!({"comment": "x"}), "comment"),
        (json!({"comment": [{"body": "x"}]}), "comment"),
        (json!({"comment": {"body": 7}}), "body"),
        (json!([]), "body"),
    ] {
        let answer = client.post(&discussion.path(), body.clone()).await;
        let problem = answer.expect(422);
        assert!(problem["errors"][field].is_array(), "{body}: {problem}");
    }
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let discussion = Discussion::open().await;
    let root = discussion.say(&discussion.author, "Root", &NOBODY).await;
    let replies = format!("{}/replies", discussion.path_of(&root));
    for (query, field) in [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=x", "limit"),
        ("cursor=", "cursor"),
        ("cursor=x", "cursor"),
        ("cursor=%00", "cursor"),
        ("cursor=OTAwNzE5OTI1NDc0MDk5Mg", "cursor"),
    ] {
        for path in [discussion.path(), replies.clone()] {
            let problem = Client::new().get(&format!("{path}?{query}")).await.expect(422);
            assert!(problem["errors"][field].is_array(), "{query}: {problem}");
        }
    }
    for flat in ["", "1", "TRUE", "yes"] {
        let answer = Client::new().get(&format!("{}?flat={flat}", discussion.path())).await;
        answer.expect_problem(422, json!({"flat": ["must be true or false"]}));
    }
    assert_eq!(said(&discussion.list("limit=18446744073709551615").await), ["Root"]);
}
