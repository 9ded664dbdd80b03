//! Drafts, publishing and withdrawing at the same time, and again under an idempotency key.

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::{read, slug_of};
use crate::support::{Answer, Client, User, drafts::path, unique};

async fn post_once(user: &User, key: &str, path: &str, body: &Value) -> Answer {
    Client::send(user.client.request(Method::POST, path).header("idempotency-key", key).json(body)).await
}

/// Expects that one of the answers is the first, and that the others repeat it.
#[track_caller]
fn expect_once(answers: &[Answer], status: u16) {
    for answer in answers {
        assert_eq!((answer.status.as_u16(), &answer.text), (status, &answers[0].text));
    }
    let first = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count();
    assert_eq!(first, 1);
}

#[tokio::test]
async fn parallel_posts_under_one_key_begin_one_draft() {
    let user = User::sign_up().await;
    let (key, body) = (unique("key"), json!({"draft": {"title": "Once", "body": "Text"}}));
    let answers = join_all((0..8).map(|_| post_once(&user, &key, "/api/drafts", &body))).await;
    expect_once(&answers, 201);
    assert_eq!(user.drafts("").await.0.len(), 1);
    let other = post_once(&user, &key, "/api/drafts", &json!({"draft": {}})).await;
    assert_eq!(other.json()["code"], "idempotency-key-reused");
}

#[tokio::test]
async fn a_publication_under_a_key_is_done_once_whatever_became_of_the_draft() {
    let user = User::sign_up().await;
    let (key, draft) = (unique("key"), user.draft(&[]).await);
    let publish = format!("{}/publish", path(&draft));
    let answers = join_all((0..8).map(|_| post_once(&user, &key, &publish, &Value::Null))).await;
    expect_once(&answers, 200);
    let article = answers[0].json()["article"].take();
    user.save(&draft, json!({"body": "Not to be read yet"})).await.expect(200);
    assert_eq!(post_once(&user, &key, &publish, &Value::Null).await.text, answers[0].text);
    assert_eq!(read(&slug_of(&article)).await, article);
}

#[tokio::test]
async fn a_publication_that_changes_nothing_is_remembered_under_its_key_too() {
    let user = User::sign_up().await;
    let (key, draft) = (unique("key"), user.draft(&[]).await);
    let article = user.publish_draft(&draft).await.expect(200)["article"].take();
    let publish = format!("{}/publish", path(&draft));
    let first = post_once(&user, &key, &publish, &Value::Null).await;
    assert_eq!(first.expect(200)["article"], article);
    user.save(&draft, json!({"body": "Not to be read yet"})).await.expect(200);
    let again = post_once(&user, &key, &publish, &Value::Null).await;
    assert_eq!((again.header("idempotency-replayed"), &again.text), ("true", &first.text));
    assert_eq!(read(&slug_of(&article)).await, article);
}

#[tokio::test]
async fn a_withdrawal_under_a_key_is_done_once_whatever_became_of_the_article() {
    let user = User::sign_up().await;
    let (key, slug) = (unique("key"), slug_of(&user.publish(&[]).await));
    let withdraw = format!("/api/articles/{slug}/withdraw");
    let answers = join_all((0..8).map(|_| post_once(&user, &key, &withdraw, &Value::Null))).await;
    expect_once(&answers, 200);
    let draft = answers[0].json()["draft"].take();
    let article = user.publish_draft(&draft).await.expect(200)["article"].take();
    assert_eq!(post_once(&user, &key, &withdraw, &Value::Null).await.text, answers[0].text);
    assert_eq!(read(&slug).await, article);
}

#[tokio::test]
async fn parallel_publications_of_one_draft_make_one_article() {
    let user = User::sign_up().await;
    let draft = user.draft(&[&unique("tag")]).await;
    let answers = join_all((0..8).map(|_| user.publish_draft(&draft))).await;
    for answer in &answers {
        assert_eq!(answer.expect(200)["article"], answers[0].json()["article"]);
    }
    let slug = slug_of(&answers[0].json()["article"]);
    assert_eq!(Client::new().list(&format!("author={}", user.username)).await, (vec![slug], 1));
}

#[tokio::test]
async fn of_parallel_withdrawals_exactly_one_withdraws() {
    let user = User::sign_up().await;
    let tag = unique("tag");
    let slug = slug_of(&user.publish(&[&tag]).await);
    let answers = join_all((0..6).map(|_| user.withdraw(&slug))).await;
    let (done, late): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((done.len(), late.len()), (1, 5));
    late.iter().for_each(|answer| answer.expect_problem(410, json!({"article": ["has been withdrawn"]})));
    assert_eq!(Client::new().list(&format!("tag={tag}")).await, (vec![], 0));
}

/// Whatever happened, the address, the lists, the count and the draft agree.
async fn expect_agreement(user: &User, slug: &str, tag: &str, case: usize) {
    let answer = Client::new().get(&format!("/api/articles/{slug}")).await;
    let listed = Client::new().list(&format!("tag={tag}")).await;
    let own = Client::new().list(&format!("author={}&tag={tag}", user.username)).await;
    let draft = user.draft_of(slug).await;
    let live = (vec![slug.to_owned()], 1);
    match answer.status.as_u16() {
        200 => assert!(listed == live && own == live && draft.is_some(), "{case}: {listed:?} {own:?} {draft:?}"),
        410 => assert!(listed.1 == 0 && listed == own && draft.is_some(), "{case}: {listed:?} {own:?} {draft:?}"),
        404 => assert!(listed.1 == 0 && listed == own && draft.is_none(), "{case}: {listed:?} {own:?} {draft:?}"),
        _ => panic!("{case}: {}", answer.text),
    }
}

#[tokio::test]
async fn publishing_saving_editing_withdrawing_and_deleting_at_once_leave_one_truth() {
    let user = User::sign_up().await;
    for case in 0..6 {
        let tag = unique("storm");
        let slug = slug_of(&user.publish(&[&tag]).await);
        let draft = user.draft_of(&slug).await.unwrap();
        let (user, slug, draft) = (&user, slug.as_str(), &draft);
        let mut storm: Vec<BoxFuture<'_, Answer>> = Vec::new();
        for turn in 0..4 {
            let body = json!({"body": format!("{case}.{turn}")});
            storm.push(user.save(draft, body.clone()).boxed());
            storm.push(user.publish_draft(draft).boxed());
            storm.push(user.withdraw(slug).boxed());
            storm.push(user.edit(slug, body).boxed());
        }
        // Half of the storms delete, the other half stay with what can be taken back.
        if case % 2 == 0 {
            storm.push(user.delete(slug).boxed());
            storm.push(async { user.client.delete(&path(draft)).await }.boxed());
        }
        for answer in join_all(storm).await {
            assert!([200, 204, 404, 409, 410].contains(&answer.status.as_u16()), "{case}: {}", answer.text);
        }
        expect_agreement(user, slug, &tag, case).await;
    }
}
