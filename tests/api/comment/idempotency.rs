//! `Idempotency-Key` at `POST /api/articles/{slug}/comments`.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Discussion, NOBODY, said};
use crate::support::{Answer, Client, User, unique};

async fn say_once(discussion: &Discussion, user: &User, key: &str, comment: &Value) -> Answer {
    let request = user.client.request(Method::POST, &discussion.path()).header("idempotency-key", key);
    Client::send(request.json(&json!({"comment": comment}))).await
}

#[tokio::test]
async fn parallel_posts_under_one_key_make_one_comment_and_all_get_its_answer() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let root = discussion.say(author, "Root", &NOBODY).await;
    for comment in [json!({"body": "Once"}), json!({"body": "Once", "parentId": root["id"]})] {
        let key = unique("key");
        let answers = join_all((0..8).map(|_| say_once(&discussion, author, &key, &comment))).await;
        for answer in &answers {
            assert_eq!((answer.status.as_u16(), &answer.text), (201, &answers[0].text));
        }
        let first = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count();
        assert_eq!(first, 1, "one of them made it");
    }
    assert_eq!(said(&discussion.list("").await), ["Once", "Root"]);
    assert_eq!(discussion.replies(&root, "").await["comments"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_comment_that_comes_again_is_answered_as_the_first_time_whatever_became_of_it() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let (key, comment) = (unique("key"), json!({"body": "Once"}));
    let first = say_once(&discussion, author, &key, &comment).await;
    let made = first.expect(201)["comment"].take();
    discussion.delete(author, &made).await.expect_nothing();
    let again = say_once(&discussion, author, &key, &comment).await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    let other = say_once(&discussion, author, &key, &json!({"body": "Twice"})).await;
    other.expect_problem(422, json!({"idempotency-key": ["has been used for another request"]}));
    assert_eq!(discussion.list("").await["comments"], json!([]));
}

#[tokio::test]
async fn a_refused_comment_leaves_its_key_free() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let key = unique("key");
    let refused = say_once(&discussion, author, &key, &json!({"body": "x", "parentId": 7})).await;
    refused.expect_problem(404, json!({"comment": ["not found"]}));
    let mended = say_once(&discussion, author, &key, &json!({"body": "x"})).await;
    mended.expect(201);
    assert_eq!(mended.header("idempotency-replayed"), "");
}
