//! What stays of a reply that others answered.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Discussion, NOBODY, profile, said};
use crate::support::{User, shapes};

/// A comment by the article's author, a reply by somebody, and an answer to that.
async fn answered(discussion: &Discussion, somebody: &User) -> [Value; 3] {
    let root = discussion.say(&discussion.author, "Root", &NOBODY).await;
    let reply = discussion.say(somebody, "Reply", &root).await;
    let answer = discussion.say(&discussion.author, "Answer", &reply).await;
    [root, reply, answer]
}

#[tokio::test]
async fn a_reply_that_was_answered_leaves_a_placeholder_that_does_not_count() {
    let discussion = Discussion::open().await;
    let somebody = User::sign_up().await;
    let [root, reply, answer] = answered(&discussion, &somebody).await;
    discussion.delete(&somebody, &reply).await.expect_nothing();
    let shown = discussion.only().await;
    shapes::expect_comment(&shown);
    let placeholder = &shown["replies"][0];
    assert_eq!((&placeholder["id"], &placeholder["deleted"]), (&reply["id"], &json!(true)));
    assert_eq!((&placeholder["body"], &placeholder["author"]), (&json!(""), &NOBODY));
    assert!(placeholder["updatedAt"].as_str() > reply["updatedAt"].as_str());
    assert_eq!(placeholder["createdAt"], reply["createdAt"]);
    assert_eq!(shown["repliesCount"], 1);
    assert_eq!(shown["replies"][1], answer, "it still says whom it answers: {}", profile(&somebody));
    assert_eq!(discussion.replies(&root, "").await["comments"], shown["replies"]);
    assert_eq!(said(&discussion.list("flat=true").await), ["Answer", "Root"]);
}

#[tokio::test]
async fn a_placeholder_is_no_comment() {
    let discussion = Discussion::open().await;
    let somebody = User::sign_up().await;
    let [_, reply, _] = answered(&discussion, &somebody).await;
    discussion.delete(&somebody, &reply).await.expect_nothing();
    let missing = json!({"comment": ["not found"]});
    for user in [&somebody, &discussion.author] {
        discussion.delete(user, &reply).await.expect_problem(404, missing.clone());
        let again = discussion.post(user, json!({"body": "x", "parentId": reply["id"]})).await;
        again.expect_problem(404, missing.clone());
    }
    let replies = format!("{}/replies", discussion.path_of(&reply));
    somebody.client.get(&replies).await.expect_problem(404, missing);
}

#[tokio::test]
async fn a_placeholder_goes_with_the_last_answer_and_so_do_those_above_it() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let mut chain = vec![root.clone()];
    for n in 0..4 {
        chain.push(discussion.say(author, &format!("{n}"), &chain[n]).await);
    }
    let aside = discussion.say(author, "Aside", &chain[1]).await;
    for reply in &chain[1..4] {
        discussion.delete(author, reply).await.expect_nothing();
    }
    assert_eq!(said(&discussion.replies(&root, "").await), ["", "", "", "3", "Aside"]);
    assert_eq!(said(&discussion.only().await["replies"]), ["", "", ""]);
    discussion.delete(author, &chain[4]).await.expect_nothing();
    assert_eq!(said(&discussion.replies(&root, "").await), ["", "Aside"], "the first is still answered");
    let shown = discussion.only().await;
    assert_eq!((said(&shown["replies"]), &shown["repliesCount"]), (vec!["", "Aside"], &json!(1)));
    discussion.delete(author, &aside).await.expect_nothing();
    assert_eq!(discussion.only().await, root);
    assert_eq!(discussion.replies(&root, "").await["comments"], json!([]));
}

#[tokio::test]
async fn answers_to_one_reply_that_go_at_the_same_time_take_its_placeholder_along() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let reply = discussion.say(author, "Reply", &root).await;
    let mut answers = vec![reply.clone()];
    for n in 0..4 {
        answers.push(discussion.say(author, &format!("{n}"), &reply).await);
    }
    for answer in join_all(answers.iter().map(|comment| discussion.delete(author, comment))).await {
        answer.expect_nothing();
    }
    assert_eq!(discussion.only().await, root);
}

#[tokio::test]
async fn a_long_reply_leaves_an_empty_placeholder() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let reply = discussion.say(author, &"long ".repeat(1_000), &root).await;
    discussion.say(author, "Answer", &reply).await;
    discussion.delete(author, &reply).await.expect_nothing();
    assert_eq!(said(&discussion.replies(&root, "").await), ["", "Answer"]);
}
