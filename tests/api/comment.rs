//! `GET` and `POST /api/articles/{slug}/comments`, `GET …/comments/{id}/replies`, `DELETE …/comments/{id}`.

mod deletions;
mod hostile;
mod idempotency;
mod placeholders;
mod readers;
mod threads;

use reqwest::{Method, header::IF_NONE_MATCH};
use serde_json::{Value, json};

use crate::support::{Answer, Client, User, shapes, unique};

/// An article of somebody's own, to comment on.
pub(super) struct Discussion {
    pub(super) author: User,
    pub(super) slug: String,
}

impl Discussion {
    pub(super) async fn open() -> Self {
        let author = User::sign_up().await;
        let slug = author.publish(&[]).await["slug"].as_str().unwrap().to_owned();
        Self { author, slug }
    }

    pub(super) fn path(&self) -> String {
        format!("/api/articles/{}/comments", self.slug)
    }

    pub(super) fn path_of(&self, comment: &Value) -> String {
        format!("{}/{}", self.path(), comment["id"])
    }

    /// Posts these fields as a comment.
    pub(super) async fn post(&self, user: &User, comment: Value) -> Answer {
        user.client.post(&self.path(), json!({"comment": comment})).await
    }

    /// Comments on the article, or in answer to a comment if that is not `null`; answers the comment.
    pub(super) async fn say(&self, user: &User, body: &str, parent: &Value) -> Value {
        let fields = json!({"body": body, "parentId": parent["id"]});
        self.post(user, fields).await.expect(201)["comment"].take()
    }

    pub(super) async fn delete(&self, user: &User, comment: &Value) -> Answer {
        user.client.delete(&self.path_of(comment)).await
    }

    /// A page of the comments as strangers see it.
    pub(super) async fn list(&self, query: &str) -> Value {
        Client::new().get(&format!("{}?{query}", self.path())).await.expect(200)
    }

    /// The replies to a comment as strangers see them.
    pub(super) async fn replies(&self, comment: &Value, query: &str) -> Value {
        Client::new().get(&format!("{}/replies?{query}", self.path_of(comment))).await.expect(200)
    }

    /// The one comment on the article, with its first replies.
    pub(super) async fn only(&self) -> Value {
        let list = self.list("").await;
        assert_eq!(list["comments"].as_array().unwrap().len(), 1, "{list}");
        list["comments"][0].clone()
    }
}

/// What is said in a list, in its order.
pub(super) fn said(list: &Value) -> Vec<&str> {
    let list = list.get("comments").unwrap_or(list);
    list.as_array().unwrap().iter().map(|comment| comment["body"].as_str().unwrap()).collect()
}

pub(super) fn profile(user: &User) -> Value {
    json!({"username": user.username, "bio": null, "image": null, "following": false})
}

const NOBODY: Value = Value::Null;

#[tokio::test]
async fn a_comment_is_answered_whole() {
    let discussion = Discussion::open().await;
    let reader = User::sign_up().await;
    let answer = discussion.post(&reader, json!({"body": "  So *true*.\n"})).await;
    let comment = answer.expect(201)["comment"].take();
    assert_eq!(answer.header("content-type"), "application/json");
    shapes::expect_comment(&comment);
    assert_eq!((&comment["body"], &comment["author"]), (&json!("  So *true*.\n"), &profile(&reader)));
    assert_eq!(comment["createdAt"], comment["updatedAt"]);
    for absent in ["parentId", "rootId", "replyTo"] {
        assert_eq!(comment[absent], NOBODY, "{absent}");
    }
    assert_eq!((&comment["repliesCount"], &comment["replies"]), (&json!(0), &json!([])));
    assert!(comment["id"].as_u64().unwrap() < 1 << 53);
}

#[tokio::test]
async fn what_was_answered_is_in_both_lists_at_once() {
    let discussion = Discussion::open().await;
    let comment = discussion.say(&discussion.author, "First", &NOBODY).await;
    for query in ["", "flat=true", "flat=false&limit=1"] {
        assert_eq!(discussion.list(query).await, json!({"comments": [comment], "cursor": null}), "{query}");
    }
    let own = discussion.author.client.get(&discussion.path()).await.expect(200);
    assert_eq!(own["comments"], json!([comment]));
}

#[tokio::test]
async fn an_article_without_comments_has_an_empty_list() {
    let discussion = Discussion::open().await;
    for query in ["", "flat=true", "limit=100"] {
        assert_eq!(discussion.list(query).await, json!({"comments": [], "cursor": null}));
    }
}

#[tokio::test]
async fn comments_come_newest_first_and_page_by_page() {
    let discussion = Discussion::open().await;
    let mut ids = Vec::new();
    for n in 0..7 {
        ids.push(discussion.say(&discussion.author, &format!("{n}"), &NOBODY).await["id"].as_u64().unwrap());
    }
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    for flat in ["", "&flat=true"] {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        for size in [3, 3, 1] {
            let page = discussion.list(&format!("limit=3{flat}{cursor}")).await;
            assert_eq!(said(&page).len(), size, "{page}");
            all.extend(said(&page).into_iter().map(str::to_owned));
            cursor = page["cursor"].as_str().map_or_else(String::new, |cursor| format!("&cursor={cursor}"));
        }
        assert_eq!(all, ["6", "5", "4", "3", "2", "1", "0"]);
        assert_eq!(cursor, "", "the last page is known to be the last");
    }
}

#[tokio::test]
async fn a_page_stays_in_its_place_when_comments_come_and_go() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let mut comments = Vec::new();
    for n in 0..4 {
        comments.push(discussion.say(author, &format!("{n}"), &NOBODY).await);
    }
    let first = discussion.list("limit=2").await;
    discussion.say(author, "new", &NOBODY).await;
    discussion.delete(author, &comments[2]).await.expect_nothing();
    let cursor = first["cursor"].as_str().unwrap();
    assert_eq!(said(&discussion.list(&format!("limit=2&cursor={cursor}")).await), ["1", "0"]);
}

#[tokio::test]
async fn comments_belong_to_their_article() {
    let (one, other) = (Discussion::open().await, Discussion::open().await);
    let comment = one.say(&one.author, "Here", &NOBODY).await;
    assert_eq!(said(&other.list("").await), Vec::<&str>::new());
    other.delete(&one.author, &comment).await.expect_problem(404, json!({"comment": ["not found"]}));
    let answer = other.post(&one.author, json!({"body": "x", "parentId": comment["id"]})).await;
    answer.expect_problem(404, json!({"comment": ["not found"]}));
    assert_eq!(said(&one.list("").await), ["Here"]);
}

#[tokio::test]
async fn authors_are_shown_as_they_are_now() {
    let discussion = Discussion::open().await;
    let reader = User::sign_up().await;
    discussion.say(&reader, "Me", &NOBODY).await;
    let name = unique("renamed");
    reader.change(json!({"username": name, "bio": "New"})).await.expect(200);
    let shown = discussion.only().await["author"].take();
    assert_eq!(shown, json!({"username": name, "bio": "New", "image": null, "following": false}));
}

#[tokio::test]
async fn a_comment_is_neither_blank_nor_longer_than_10_000_characters() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    for (case, fields) in [
        ("absent", json!({})),
        ("null", json!({"body": null})),
        ("empty", json!({"body": ""})),
        ("blank", json!({"body": " \n\t "})),
    ] {
        let answer = discussion.post(author, fields).await;
        assert_eq!(answer.status, 422, "{case}");
        answer.expect_problem(422, json!({"body": ["can't be blank"]}));
    }
    let long = "评".repeat(10_001);
    let answer = discussion.post(author, json!({"body": long})).await;
    answer.expect_problem(422, json!({"body": ["is too long (maximum is 10000 characters)"]}));
    // One that is stored apart, and its replies.
    let long = "评".repeat(10_000);
    let root = discussion.say(author, &long, &NOBODY).await;
    let reply = discussion.say(author, &format!("{}!", &long[3..]), &root).await;
    assert_eq!(discussion.only().await["body"], long);
    assert_eq!(discussion.only().await["replies"][0], reply);
    assert_eq!(discussion.replies(&root, "").await["comments"], json!([reply]));
    assert_eq!(said(&discussion.list("flat=true").await), [reply["body"].as_str().unwrap(), &long]);
}

#[tokio::test]
async fn whoever_is_a_stranger_reads_and_does_not_write() {
    let discussion = Discussion::open().await;
    let comment = discussion.say(&discussion.author, "First", &NOBODY).await;
    let stranger = Client::new();
    let unknown = format!("/api/articles/{}/comments", unique("unknown"));
    for path in [discussion.path(), unknown.clone()] {
        let answer = stranger.post(&path, json!({"comment": {"body": ""}})).await;
        answer.expect_problem(401, json!({"token": ["is missing"]}));
    }
    for path in [discussion.path_of(&comment), format!("{unknown}/1"), format!("{unknown}/x")] {
        stranger.delete(&path).await.expect_problem(401, json!({"token": ["is missing"]}));
    }
    let forger = stranger.with_token("eyJhbGciOiJub25lIn0.e30.");
    forger.get(&discussion.path()).await.expect_problem(401, json!({"token": ["is invalid"]}));
    assert_eq!(said(&discussion.list("").await), ["First"]);
}

#[tokio::test]
async fn an_unknown_article_comes_before_an_unknown_comment_and_before_the_fields() {
    let user = User::sign_up().await;
    let missing = json!({"article": ["not found"]});
    for slug in [unique("unknown"), "Capitals".to_owned()] {
        let path = format!("/api/articles/{slug}/comments");
        user.client.get(&path).await.expect_problem(404, missing.clone());
        user.client.get(&format!("{path}/7/replies")).await.expect_problem(404, missing.clone());
        user.client.delete(&format!("{path}/7")).await.expect_problem(404, missing.clone());
        let blank = json!({"comment": {"body": ""}});
        user.client.post(&path, blank).await.expect_problem(404, missing.clone());
    }
}

#[tokio::test]
async fn a_deleted_articles_comments_are_not_there_any_more() {
    let discussion = Discussion::open().await;
    let comment = discussion.say(&discussion.author, "First", &NOBODY).await;
    discussion.author.delete(&discussion.slug).await.expect_nothing();
    let missing = json!({"article": ["not found"]});
    let client = &discussion.author.client;
    client.get(&discussion.path()).await.expect_problem(404, missing.clone());
    client.get(&format!("{}/replies", discussion.path_of(&comment))).await.expect_problem(404, missing.clone());
    discussion.post(&discussion.author, json!({"body": "x"})).await.expect_problem(404, missing.clone());
    discussion.delete(&discussion.author, &comment).await.expect_problem(404, missing);
}

#[tokio::test]
async fn a_list_that_a_reader_has_is_sent_again_only_when_comments_have_come_or_gone() {
    let discussion = Discussion::open().await;
    let comment = discussion.say(&discussion.author, "First", &NOBODY).await;
    let ask = async |path: &str, etag: &str| {
        Client::send(Client::new().request(Method::GET, path).header(IF_NONE_MATCH, etag)).await
    };
    for path in [discussion.path(), format!("{}?flat=true", discussion.path())] {
        let etag = Client::new().get(&path).await.header("etag").to_owned();
        let again = ask(&path, &etag).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path}");
        discussion.say(&discussion.author, "Reply", &comment).await;
        let changed = ask(&path, &etag).await;
        assert!(changed.status == 200 && changed.text.contains("Reply"), "{path}: {}", changed.text);
        let own = discussion.author.client.get(&path).await;
        assert_eq!((own.header("etag"), own.header("cache-control")), ("", "private, no-store"), "{path}");
    }
}

#[tokio::test]
async fn a_withdrawn_articles_comments_are_gone_and_come_back_with_it() {
    let discussion = Discussion::open().await;
    let author = &discussion.author;
    let comment = discussion.say(author, "First", &NOBODY).await;
    let draft = author.withdraw(&discussion.slug).await.expect(200)["draft"].take();
    for answer in [
        Client::new().get(&discussion.path()).await,
        author.client.get(&format!("{}?flat=true", discussion.path())).await,
        author.client.get(&format!("{}/replies", discussion.path_of(&comment))).await,
        discussion.post(author, json!({"body": "Second"})).await,
        discussion.post(author, json!({"body": "Reply", "parentId": comment["id"]})).await,
        discussion.delete(author, &comment).await,
    ] {
        answer.expect_problem(410, json!({"article": ["has been withdrawn"]}));
    }
    author.publish_draft(&draft).await.expect(200);
    assert_eq!(discussion.list("").await["comments"], json!([comment]));
    discussion.say(author, "Second", &NOBODY).await;
    assert_eq!(said(&discussion.list("").await), ["Second", "First"]);
}

#[tokio::test]
async fn an_article_counts_its_comments_at_once() {
    let (discussion, reader) = (Discussion::open().await, User::sign_up().await);
    let path = format!("/api/articles/{}", discussion.slug);
    let expect = |count: u64| {
        let (path, reader, author) = (path.clone(), reader.client.clone(), discussion.author.username.clone());
        async move {
            // Strangers are answered from the cache, from the second time on.
            for client in [&Client::new(), &Client::new(), &reader] {
                assert_eq!(client.get(&path).await.expect(200)["article"]["commentsCount"], count);
            }
            let list = Client::new().get(&format!("/api/articles?author={author}")).await.expect(200);
            assert_eq!(list["articles"][0]["commentsCount"], count);
        }
    };
    expect(0).await;
    let first = discussion.say(&reader, "First", &NOBODY).await;
    expect(1).await;
    let second = discussion.say(&reader, "Second", &first).await;
    discussion.say(&reader, "Third", &NOBODY).await;
    expect(3).await;
    discussion.delete(&reader, &second).await.expect_nothing();
    expect(2).await;
    discussion.delete(&reader, &first).await.expect_nothing();
    expect(1).await;
}
