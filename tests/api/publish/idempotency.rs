//! `Idempotency-Key` at `POST /api/articles`.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::{read, slug_of};
use crate::support::{Answer, Client, User, new_article, unique};

const PATH: &str = "/api/articles";

/// Posts these fields as an article under `key`.
async fn publish_once(client: &Client, key: &str, article: &Value) -> Answer {
    let request = client.request(Method::POST, PATH).header("idempotency-key", key);
    Client::send(request.json(&json!({"article": article}))).await
}

/// Expects what was answered before, byte for byte.
#[track_caller]
fn expect_replayed(answer: &Answer, first: &Answer) {
    assert_eq!((answer.status, &answer.text), (first.status, &first.text));
    assert_eq!(answer.header("idempotency-replayed"), "true");
    assert_eq!(answer.header("content-type"), first.header("content-type"));
}

async fn count(user: &User) -> u64 {
    Client::new().list(&format!("author={}", user.username)).await.1
}

#[tokio::test]
async fn parallel_posts_under_one_key_publish_one_article_and_all_get_its_answer() {
    let user = User::sign_up().await;
    let (key, article) = (unique("key"), new_article(json!({"tagList": ["once"]})));
    let answers = join_all((0..8).map(|_| publish_once(&user.client, &key, &article))).await;
    for answer in &answers {
        assert_eq!((answer.status.as_u16(), &answer.text), (201, &answers[0].text));
    }
    let first = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count();
    assert_eq!(first, 1, "one of them published");
    assert_eq!(count(&user).await, 1);
}

#[tokio::test]
async fn a_post_that_comes_again_is_answered_as_the_first_time_whatever_became_of_the_article() {
    let user = User::sign_up().await;
    let (key, article) = (unique("key"), new_article(json!({})));
    let first = publish_once(&user.client, &key, &article).await;
    let slug = slug_of(&first.expect(201)["article"]);
    assert_eq!(first.header("idempotency-replayed"), "");
    user.edit(&slug, json!({"title": "Another", "body": "Another"})).await.expect(200);
    expect_replayed(&publish_once(&user.client, &key, &article).await, &first);
    assert_eq!(read(&slug).await["title"], "Another");
    user.delete(&slug).await.expect_nothing();
    expect_replayed(&publish_once(&user.client, &key, &article).await, &first);
    assert_eq!(count(&user).await, 0);
}

#[tokio::test]
async fn another_body_under_the_same_key_is_refused_whether_or_not_it_is_an_article() {
    let user = User::sign_up().await;
    let key = unique("key");
    let first = publish_once(&user.client, &key, &new_article(json!({}))).await;
    first.expect(201);
    for other in [new_article(json!({})), json!({"title": ""})] {
        let answer = publish_once(&user.client, &key, &other).await;
        assert_eq!(answer.json()["code"], "idempotency-key-reused");
        answer.expect_problem(422, json!({"idempotency-key": ["has been used for another request"]}));
    }
    assert_eq!(count(&user).await, 1);
}

#[tokio::test]
async fn a_key_is_its_users_own() {
    let (one, other) = (User::sign_up().await, User::sign_up().await);
    let (key, article) = (unique("key"), new_article(json!({})));
    let first = publish_once(&one.client, &key, &article).await.expect(201);
    let second = publish_once(&other.client, &key, &article).await;
    assert_eq!(second.header("idempotency-replayed"), "");
    assert_ne!(slug_of(&second.expect(201)["article"]), slug_of(&first["article"]));
}

#[tokio::test]
async fn a_refused_post_leaves_its_key_free() {
    let user = User::sign_up().await;
    let key = unique("key");
    let blank = publish_once(&user.client, &key, &new_article(json!({"body": ""}))).await;
    blank.expect_problem(422, json!({"body": ["can't be blank"]}));
    let mended = publish_once(&user.client, &key, &new_article(json!({}))).await;
    mended.expect(201);
    assert_eq!(mended.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn without_a_key_or_under_another_each_post_publishes() {
    let user = User::sign_up().await;
    let article = new_article(json!({}));
    publish_once(&user.client, &unique("key"), &article).await.expect(201);
    publish_once(&user.client, &unique("key"), &article).await.expect(201);
    user.try_publish(article.clone()).await.expect(201);
    user.try_publish(article).await.expect(201);
    assert_eq!(count(&user).await, 4);
}

#[tokio::test]
async fn a_key_is_at_most_255_visible_characters() {
    let user = User::sign_up().await;
    let article = new_article(json!({}));
    publish_once(&user.client, &(unique("k") + &"~".repeat(255))[..255], &article).await.expect(201);
    for bad in ["x".repeat(256).as_str(), "two words"] {
        let answer = publish_once(&user.client, bad, &article).await;
        answer.expect_problem(400, json!({"idempotency-key": ["must be 1 to 255 visible ASCII characters"]}));
    }
    assert_eq!(count(&user).await, 1);
}

#[tokio::test]
async fn a_stranger_is_told_to_log_in_whatever_the_key() {
    for key in ["good", "two words"] {
        let answer = publish_once(&Client::new(), key, &new_article(json!({}))).await;
        answer.expect_problem(401, json!({"token": ["is missing"]}));
    }
}

#[tokio::test]
async fn an_answer_that_hardly_compresses_comes_again_whole() {
    let user = User::sign_up().await;
    // Half control characters, which JSON writes as six each, half letters, by a xorshift generator (Marsaglia 2003).
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let (range, first) = if state & 1 == 0 { (26, 1) } else { (94, b'!') };
        char::from(first + u8::try_from((state >> 8) % range).unwrap())
    };
    let body: String = (0..256 * 1024 - 1).map(|_| random()).chain(['.']).collect();
    let (key, article) = (unique("key"), new_article(json!({"body": body})));
    let first = publish_once(&user.client, &key, &article).await;
    assert!(first.expect(201)["article"]["body"] == body, "the answer has another body");
    expect_replayed(&publish_once(&user.client, &key, &article).await, &first);
}
