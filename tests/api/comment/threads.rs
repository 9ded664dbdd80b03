//! Replies, and how threads show them.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Discussion, NOBODY, profile, said};
use crate::support::{User, crowd, shapes};

#[tokio::test]
async fn a_reply_stands_in_the_thread_of_what_it_answers() {
    let discussion = Discussion::open().await;
    let (ann, bob) = (User::sign_up().await, User::sign_up().await);
    let root = discussion.say(&ann, "Root", &NOBODY).await;
    let reply = discussion.say(&bob, "Reply", &root).await;
    shapes::expect_comment(&reply);
    assert_eq!((&reply["parentId"], &reply["rootId"]), (&root["id"], &root["id"]));
    assert_eq!(reply["replyTo"], NOBODY, "it answers the thread's own comment");
    let answer = discussion.say(&ann, "Answer", &reply).await;
    assert_eq!((&answer["parentId"], &answer["rootId"]), (&reply["id"], &root["id"]));
    assert_eq!(answer["replyTo"], profile(&bob));
    let own = discussion.say(&ann, "And", &answer).await;
    assert_eq!(own["replyTo"], profile(&ann));

    let shown = discussion.only().await;
    shapes::expect_comment(&shown);
    assert_eq!((&shown["repliesCount"], &shown["replies"]), (&json!(3), &json!([reply, answer, own])));
    assert_eq!(discussion.replies(&root, "").await, json!({"comments": [reply, answer, own], "cursor": null}));
    let flat = discussion.list("flat=true").await;
    assert_eq!(said(&flat), ["And", "Answer", "Reply", "Root"]);
    assert_eq!(flat["comments"][3]["repliesCount"], 3);
    assert_eq!(flat["comments"][3]["replies"], json!([]));
}

#[tokio::test]
async fn a_list_shows_the_first_three_replies_and_counts_all() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let quiet = discussion.say(author, "Quiet", &NOBODY).await;
    let root = discussion.say(author, "Loud", &NOBODY).await;
    for n in 1..=5 {
        discussion.say(author, &format!("{n}"), &root).await;
    }
    let list = discussion.list("").await;
    assert_eq!(said(&list), ["Loud", "Quiet"]);
    assert_eq!(said(&list["comments"][0]["replies"]), ["1", "2", "3"]);
    assert_eq!(list["comments"][0]["repliesCount"], 5);
    assert_eq!(list["comments"][1], quiet);
}

#[tokio::test]
async fn a_thread_is_read_oldest_first_page_by_page() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    for n in 0..5 {
        discussion.say(author, &format!("{n}"), &root).await;
    }
    let first = discussion.replies(&root, "limit=2").await;
    assert_eq!(said(&first), ["0", "1"]);
    let cursor = first["cursor"].as_str().unwrap();
    let second = discussion.replies(&root, &format!("limit=3&cursor={cursor}")).await;
    assert_eq!(said(&second), ["2", "3", "4"]);
    assert_eq!(second["cursor"], NOBODY);
}

#[tokio::test]
async fn a_reply_begins_no_thread() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let reply = discussion.say(author, "Reply", &root).await;
    discussion.say(author, "Answer", &reply).await;
    assert_eq!(discussion.replies(&reply, "").await, json!({"comments": [], "cursor": null}));
    assert_eq!(discussion.replies(&root, "").await["comments"][0]["repliesCount"], 0);
}

#[tokio::test]
async fn a_reply_to_what_is_not_there_is_refused() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let gone = discussion.say(author, "Gone", &NOBODY).await;
    discussion.delete(author, &gone).await.expect_nothing();
    for id in [gone["id"].clone(), json!(0), json!(7), json!(1_u64 << 53), json!(u64::MAX)] {
        let answer = discussion.post(author, json!({"body": "x", "parentId": id})).await;
        answer.expect_problem(404, json!({"comment": ["not found"]}));
    }
    discussion.post(author, json!({"body": "x", "parentId": null})).await.expect(201);
    assert_eq!(said(&discussion.list("").await), ["x"]);
}

#[tokio::test]
async fn of_parallel_replies_to_one_comment_all_are_there_and_counted() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let (people, _alone) = crowd().await;
    let replies = join_all((0..people).map(|n| {
        let (discussion, root) = (&discussion, &root);
        async move { discussion.say(author, &format!("{n}"), root).await }
    }))
    .await;
    let id = |comment: &Value| comment["id"].as_u64().unwrap();
    let ids: BTreeSet<_> = replies.iter().map(id).collect();
    assert_eq!(ids.len(), people, "no two have one id");
    let shown = discussion.only().await;
    assert_eq!(shown["repliesCount"], people);
    let all = discussion.replies(&root, "limit=100").await;
    let listed: Vec<_> = all["comments"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(listed, ids.into_iter().collect::<Vec<_>>());
    assert_eq!(shown["replies"].as_array().unwrap()[..], all["comments"].as_array().unwrap()[..3]);
    assert_eq!(said(&discussion.list("flat=true").await).len(), people + 1);
}

#[tokio::test]
async fn of_parallel_answers_to_one_reply_all_are_there() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let reply = discussion.say(author, "Reply", &root).await;
    join_all((0..8).map(|n| {
        let (discussion, reply) = (&discussion, &reply);
        async move { discussion.say(author, &format!("{n}"), reply).await }
    }))
    .await;
    assert_eq!(discussion.only().await["repliesCount"], 9);
    assert_eq!(said(&discussion.replies(&root, "").await).len(), 9);
}
