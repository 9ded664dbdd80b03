//! `DELETE /api/articles/{slug}/comments/{id}`.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{Discussion, NOBODY, said};
use crate::support::User;

fn missing() -> Value {
    json!({"comment": ["not found"]})
}

#[tokio::test]
async fn what_is_deleted_is_in_no_list_any_more() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let gone = discussion.say(author, "Gone", &NOBODY).await;
    let kept = discussion.say(author, "Kept", &NOBODY).await;
    discussion.delete(author, &gone).await.expect_nothing();
    for query in ["", "flat=true"] {
        assert_eq!(discussion.list(query).await["comments"], json!([kept]), "{query}");
    }
    discussion.delete(author, &gone).await.expect_problem(404, missing());
    let replies = format!("{}/replies", discussion.path_of(&gone));
    author.client.get(&replies).await.expect_problem(404, missing());
}

#[tokio::test]
async fn whoever_wrote_the_comment_or_the_article_deletes_and_nobody_else() {
    let discussion = Discussion::open().await;
    let (ann, bob) = (User::sign_up().await, User::sign_up().await);
    let first = discussion.say(&ann, "First", &NOBODY).await;
    let second = discussion.say(&ann, "Second", &NOBODY).await;
    let reply = discussion.say(&bob, "Reply", &second).await;
    for comment in [&first, &second] {
        discussion.delete(&bob, comment).await.expect_problem(403, json!({"comment": ["forbidden"]}));
    }
    discussion.delete(&ann, &reply).await.expect_problem(403, json!({"comment": ["forbidden"]}));
    discussion.delete(&ann, &first).await.expect_nothing();
    discussion.delete(&discussion.author, &reply).await.expect_nothing();
    discussion.delete(&discussion.author, &second).await.expect_nothing();
    assert_eq!(discussion.list("").await["comments"], json!([]));
}

#[tokio::test]
async fn with_a_comment_goes_its_whole_thread_at_once() {
    let discussion = Discussion::open().await;
    let (author, reader) = (&discussion.author, User::sign_up().await);
    let root = discussion.say(author, "Root", &NOBODY).await;
    let mut replies = vec![root.clone()];
    for n in 0..5 {
        replies.push(discussion.say(&reader, &format!("{n}"), &replies[n / 2]).await);
    }
    let other = discussion.say(&reader, "Other", &NOBODY).await;
    discussion.delete(author, &root).await.expect_nothing();
    for query in ["", "flat=true"] {
        assert_eq!(discussion.list(query).await["comments"], json!([other]), "{query}");
    }
    for comment in &replies {
        discussion.delete(&reader, comment).await.expect_problem(404, missing());
        let answer = discussion.post(&reader, json!({"body": "x", "parentId": comment["id"]})).await;
        answer.expect_problem(404, missing());
        let list = reader.client.get(&format!("{}/replies", discussion.path_of(comment))).await;
        list.expect_problem(404, missing());
    }
    assert_eq!(said(&discussion.list("").await), ["Other"]);
}

#[tokio::test]
async fn a_reply_that_nobody_answered_vanishes_and_the_next_moves_up() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let mut replies = Vec::new();
    for n in 0..6 {
        replies.push(discussion.say(author, &format!("{n}"), &root).await);
    }
    for (gone, opening, count) in [(1, ["0", "2", "3"], 5), (5, ["0", "2", "3"], 4), (0, ["2", "3", "4"], 3)] {
        discussion.delete(author, &replies[gone]).await.expect_nothing();
        let shown = discussion.only().await;
        assert_eq!((said(&shown["replies"]), shown["repliesCount"].as_u64()), (opening.to_vec(), Some(count)));
    }
    assert_eq!(said(&discussion.replies(&root, "").await), ["2", "3", "4"]);
    // What comes now stands where it belongs.
    discussion.delete(author, &replies[3]).await.expect_nothing();
    discussion.say(author, "6", &root).await;
    discussion.say(author, "7", &root).await;
    assert_eq!(said(&discussion.only().await["replies"]), ["2", "4", "6"]);
    assert_eq!(said(&discussion.replies(&root, "").await), ["2", "4", "6", "7"]);
}

#[tokio::test]
async fn of_parallel_deletions_exactly_one_deletes() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let reply = discussion.say(author, "Reply", &root).await;
    discussion.say(author, "Other", &root).await;
    for comment in [reply, root] {
        let answers = join_all((0..6).map(|_| discussion.delete(author, &comment))).await;
        let (done, late): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 204);
        assert_eq!((done.len(), late.len()), (1, 5));
        for answer in late {
            answer.expect_problem(404, missing());
        }
        for shown in discussion.list("").await["comments"].as_array().unwrap() {
            assert_eq!((&shown["repliesCount"], said(&shown["replies"])), (&json!(1), vec!["Other"]));
        }
    }
    assert_eq!(discussion.list("").await["comments"], json!([]));
}

#[tokio::test]
async fn a_reply_beside_the_deletion_of_its_thread_is_in_it_or_refused() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let fields = json!({"body": "x", "parentId": root["id"]});
    let replies = async { join_all((0..6).map(|_| discussion.post(author, fields.clone()))).await };
    let (replies, deleted) = tokio::join!(replies, discussion.delete(author, &root));
    deleted.expect_nothing();
    for answer in replies {
        assert!([201, 404].contains(&answer.status.as_u16()), "{}", answer.text);
    }
    for query in ["", "flat=true"] {
        assert_eq!(discussion.list(query).await["comments"], json!([]), "{query}");
    }
}

#[tokio::test]
async fn replies_come_and_go_at_the_same_time_and_the_count_is_that_of_the_list() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    let mut old = Vec::new();
    for n in 0..6 {
        old.push(discussion.say(author, &format!("old {n}"), &root).await);
    }
    let come = join_all((0..6).map(|n| {
        let (discussion, root) = (&discussion, &root);
        async move { discussion.say(author, &format!("new {n}"), root).await }
    }));
    let go = join_all(old.iter().map(|reply| discussion.delete(author, reply)));
    let (_, gone) = tokio::join!(come, go);
    for answer in gone {
        answer.expect_nothing();
    }
    let (shown, all) = (discussion.only().await, discussion.replies(&root, "").await);
    assert_eq!((shown["repliesCount"].as_u64(), said(&all).len()), (Some(6), 6));
    assert!(said(&all).iter().all(|body| body.starts_with("new")), "{all}");
    assert_eq!(said(&shown["replies"]), said(&all)[..3]);
}
