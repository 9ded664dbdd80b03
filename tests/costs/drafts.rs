//! What writing costs before readers see it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::meter::{Meter, Operation};

/// A draft from its beginning to its end.
pub(crate) async fn all(m: &mut Meter<'_>, token: &str) {
    // The session and the author's profile are cached, as they are for whoever has been here a moment ago.
    m.unmeasured(Method::GET, "/api/user", token, Value::Null).await;
    m.unmeasured(Method::GET, "/api/profiles/jacob", "", Value::Null).await;
    let calls: &[_] = &[("Redis", 1), ("TransactWriteItems", 1)];
    let fields =
        json!({"draft": {"title": "Reefs", "description": "Two", "body": "That hold.", "tagList": ["a", "b"]}});
    let begin = Operation("begin a draft", "publish", calls, "");
    let draft = m.measure(begin, Method::POST, "/api/drafts", token, fields).await;
    let path = format!("/api/drafts/{}", draft["draft"]["id"].as_str().unwrap());

    let calls: &[_] = &[("Redis", 1), ("GetItem", 1), ("TransactWriteItems", 1)];
    let why = "only the stored draft knows which body goes, and what the fields are that were left out";
    let save = Operation("save a draft, new text", "publish", calls, why);
    m.measure(save, Method::PUT, &path, token, json!({"draft": {"body": "Tie them well."}})).await;
    let calls: &[_] = &[("Redis", 1), ("GetItem", 2), ("TransactWriteItems", 1)];
    let why = "the answer has the text too";
    let save = Operation("save a draft, new title", "publish", calls, why);
    m.measure(save, Method::PUT, &path, token, json!({"draft": {"title": "Knots for a gale"}})).await;
    let read = Operation("read a draft", "publish", &[("Redis", 1), ("GetItem", 2)], "only the draft names its body");
    m.measure(read, Method::GET, &path, token, Value::Null).await;
    let list = Operation("a page of my drafts", "publish", &[("Redis", 1), ("Query", 1)], "");
    m.measure(list, Method::GET, "/api/drafts", token, Value::Null).await;

    let publish_path = format!("{path}/publish");
    let calls: &[_] = &[("Redis", 3), ("GetItem", 2), ("TransactWriteItems", 1)];
    let why = "what is published is what is stored: the draft and its text are read, the text for the answer; as above";
    let publish = Operation("publish a draft, two tags", "publish", calls, why);
    let article = m.measure(publish, Method::POST, &publish_path, token, Value::Null).await;
    let slug = article["article"]["slug"].as_str().unwrap();
    m.unmeasured(Method::PUT, &path, token, json!({"draft": {"body": "Tie them better."}})).await;
    let calls: &[_] = &[("Redis", 3), ("GetItem", 3), ("TransactWriteItems", 1), ("BatchGetItem", 1)];
    let why = "as the first time, and the article is read whose place it takes; what was done about it is read for the answer";
    let again = Operation("publish a draft again, edited since", "publish", calls, why);
    m.measure(again, Method::POST, &publish_path, token, Value::Null).await;
    let calls: &[_] = &[("Redis", 2), ("GetItem", 3), ("TransactWriteItems", 1), ("BatchGetItem", 1)];
    let why = "as above: what readers see already is the answer, and is kept under the key; what was done about it is read for the answer";
    let same = Operation("publish a draft again, unchanged, under an idempotency key", "publish", calls, why);
    m.measure_under("same", same, Method::POST, &publish_path, token, Value::Null).await;

    let calls: &[_] = &[("Redis", 2), ("GetItem", 3), ("TransactWriteItems", 1)];
    let why = "the article must be seen to be one's own; what is left is answered: the draft and its text";
    let withdraw = Operation("withdraw an article, two tags", "publish", calls, why);
    m.measure(withdraw, Method::POST, &format!("/api/articles/{slug}/withdraw"), token, Value::Null).await;
    let calls: &[_] = &[("Redis", 2), ("GetItem", 2), ("TransactWriteItems", 1)];
    let why = "the draft must be seen not to be live; its withdrawn article goes with it";
    let delete = Operation("delete a draft, withdrawn", "publish", calls, why);
    m.measure(delete, Method::DELETE, &path, token, Value::Null).await;
}
