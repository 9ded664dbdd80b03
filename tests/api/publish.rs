//! `POST /api/articles`, `PUT` and `DELETE /api/articles/{slug}`; below it drafts, publishing and withdrawing.

mod crowds;
mod deletions;
mod drafts;
mod editors;
mod edits;
mod idempotency;
mod live;
mod withdrawals;

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Client, User, encode, new_article, shapes, unique};

/// The article as strangers read it.
async fn read(slug: &str) -> Value {
    Client::new().get(&format!("/api/articles/{slug}")).await.expect(200)["article"].take()
}

fn slug_of(article: &Value) -> String {
    article["slug"].as_str().unwrap().to_owned()
}

async fn publish_titled(user: &User, title: &str) -> String {
    slug_of(&user.try_publish(new_article(json!({"title": title}))).await.expect(201)["article"])
}

#[tokio::test]
async fn a_publication_answers_the_whole_article() {
    let user = User::sign_up().await;
    let fields = new_article(json!({"body": "# Heading\n\n  text \u{1f980}\n", "tagList": ["zoo", "art"]}));
    let answer = user.try_publish(fields.clone()).await;
    let article = answer.expect(201)["article"].take();
    assert_eq!(answer.header("content-type"), "application/json");
    shapes::expect_article(&article);
    for field in ["title", "description", "body", "tagList"] {
        assert_eq!(article[field], fields[field], "{field}");
    }
    assert_eq!((&article["favorited"], &article["favoritesCount"]), (&json!(false), &json!(0)));
    assert_eq!(article["createdAt"], article["updatedAt"]);
    let author = json!({"username": user.username, "bio": null, "image": null, "following": false});
    assert_eq!(article["author"], author);
}

#[tokio::test]
async fn what_was_answered_is_what_is_read() {
    let user = User::sign_up().await;
    let article = user.publish(&["b", "a"]).await;
    assert_eq!(read(&slug_of(&article)).await, article);
}

#[tokio::test]
async fn only_who_is_logged_in_publishes() {
    let answer = Client::new().post("/api/articles", json!({"article": new_article(json!({}))})).await;
    answer.expect_problem(401, json!({"token": ["is missing"]}));
}

#[tokio::test]
async fn tags_are_optional_and_keep_their_order() {
    let user = User::sign_up().await;
    for (case, fields, expected) in [
        ("absent", json!({}), json!([])),
        ("none", json!({"tagList": []}), json!([])),
        ("in the author's order", json!({"tagList": ["z", "A", "m"]}), json!(["z", "A", "m"])),
        ("trimmed", json!({"tagList": [" a b ", "中文"]}), json!(["a b", "中文"])),
        ("spellings of one", json!({"tagList": ["Rust", "rust", "ＲＵＳＴ", "go", "GO "]}), json!(["Rust", "go"])),
        (
            "ten",
            json!({"tagList": ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "0"]}),
            json!(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]),
        ),
    ] {
        let article = user.try_publish(new_article(fields)).await.expect(201)["article"].take();
        assert_eq!(article["tagList"], expected, "{case}");
        assert_eq!(read(&slug_of(&article)).await["tagList"], expected, "{case}");
    }
}

#[tokio::test]
async fn a_tag_that_grows_when_it_is_folded_gets_a_clear_answer() {
    let user = User::sign_up().await;
    // NFKC makes 18 characters, 33 bytes, of this one.
    let tag = "\u{fdfa}".repeat(64);
    let answer = user.try_publish(new_article(json!({"tagList": [tag]}))).await;
    if answer.status != 201 {
        answer.expect(422);
        answer.expect_whole_problem("64 ligatures");
    }
    assert!(Client::new().get(&format!("/api/articles?tag={}", encode(&tag))).await.status.is_success());
}

#[tokio::test]
async fn a_field_that_breaks_the_rules_is_named() {
    let user = User::sign_up().await;
    let eleven: Vec<_> = (0..11).map(|n| n.to_string()).collect();
    let (blank, text) = ("can't be blank", "must be a string");
    for (field, value, message) in [
        ("title", json!(null), blank),
        ("title", json!(" \n "), blank),
        ("title", json!("x".repeat(257)), "is too long (maximum is 256 characters)"),
        ("title", json!("a\nb"), "must be one line without control characters"),
        ("title", json!(5), text),
        ("description", json!(null), blank),
        ("description", json!(""), blank),
        ("description", json!("x".repeat(1_025)), "is too long (maximum is 1024 characters)"),
        ("description", json!([]), text),
        ("body", json!(null), blank),
        ("body", json!(" \n\t"), blank),
        ("body", json!({}), text),
        ("tagList", json!(null), blank),
        ("tagList", json!(["a", " "]), blank),
        ("tagList", json!(["x".repeat(65)]), "is too long (maximum is 64 characters)"),
        ("tagList", json!(["a\0b"]), "must be one line without control characters"),
        ("tagList", json!(eleven), "has too many tags (maximum is 10)"),
        ("tagList", json!("rust"), "must be a sequence"),
        ("tagList", json!(["a", 1]), text),
        ("tagList", json!(["a", null]), text),
    ] {
        let answer = user.try_publish(new_article(json!({field: value}))).await;
        assert_eq!(answer.status, 422, "{field}: {value}: {}", answer.text);
        answer.expect_problem(422, json!({field: [message]}));
    }
    assert_eq!(Client::new().list(&format!("author={}", user.username)).await, (Vec::new(), 0));
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_article_is_named_at_once() {
    let user = User::sign_up().await;
    let blank = json!(["can't be blank"]);
    let (missing, empty) = (json!({}), json!({"title": "", "description": " ", "body": null, "tagList": null}));
    let three = json!({"title": blank, "description": blank, "body": blank});
    user.try_publish(missing).await.expect_problem(422, three.clone());
    let mut four = three;
    four["tagList"] = blank;
    user.try_publish(empty).await.expect_problem(422, four);
}

#[tokio::test]
async fn equal_titles_get_different_slugs_even_in_parallel() {
    let user = User::sign_up().await;
    let title = unique("How to train your dragon");
    let slugs = join_all((0..10).map(|_| publish_titled(&user, &title))).await;
    assert_eq!(slugs.iter().collect::<BTreeSet<_>>().len(), 10, "{slugs:?}");
    for slug in &slugs {
        assert!(shapes::is_slug(slug) && slug.starts_with("how-to-train-your-dragon"), "{slug}");
        assert_eq!(read(slug).await["title"], title);
    }
}

#[tokio::test]
async fn a_title_that_makes_no_address_of_its_own_gets_one() {
    let user = User::sign_up().await;
    for title in ["Feed", "HOT", "search", "???", "-", "🦀", "你好，世界", "Привет", "a/../b", "x".repeat(256).as_str()]
    {
        let slug = publish_titled(&user, title).await;
        assert!(shapes::is_slug(&slug) && slug.len() <= 96, "{title}: {slug}");
        assert!(!["feed", "hot", "search"].contains(&&*slug), "{title}: {slug}");
        assert_eq!(read(&slug).await["title"], title);
    }
}

#[tokio::test]
async fn a_chinese_title_is_readable_in_its_slug() {
    let user = User::sign_up().await;
    let slug = publish_titled(&user, &unique("你好世界")).await;
    assert!(slug.starts_with("ni-hao-shi-jie"), "{slug}");
}

#[tokio::test]
async fn a_body_of_256_kib_is_taken_and_one_byte_more_is_not() {
    let user = User::sign_up().await;
    // Three bytes a character, and one more: 262,144.
    let most = "字".repeat(87_381) + "x";
    let article = user.try_publish(new_article(json!({"body": most}))).await.expect(201)["article"].take();
    assert_eq!(read(&slug_of(&article)).await["body"], most);
    let answer = user.try_publish(new_article(json!({"body": most + "x"}))).await;
    answer.expect_problem(422, json!({"body": ["is too long (maximum is 262144 bytes)"]}));
}

#[tokio::test]
async fn a_body_that_cannot_be_compressed_comes_back_whole() {
    let user = User::sign_up().await;
    // Printable ASCII from a xorshift generator (Marsaglia 2003).
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from(b'!' + u8::try_from(state % 94).unwrap())
    };
    let body: String = (0..256 * 1024).map(|_| random()).collect();
    let article = user.try_publish(new_article(json!({"body": body}))).await.expect(201)["article"].take();
    assert!(article["body"] == body, "the answer has another body");
    assert!(read(&slug_of(&article)).await["body"] == body, "the article has another body");
}

#[tokio::test]
async fn a_body_is_stored_as_it_is_written() {
    let user = User::sign_up().await;
    for body in ["  indented\r\n\r\n", "\0", "<script>alert(1)</script>", "\u{feff}bom", "{\"a\": \"\\u0000\"}"] {
        let article = user.try_publish(new_article(json!({"body": body}))).await.expect(201)["article"].take();
        assert_eq!(read(&slug_of(&article)).await["body"], body);
    }
}
