//! What comments cost.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    meter::{Meter, Operation},
    operations::forget_sessions,
};

const PATH: &str = "/api/articles/knots/comments";
/// What every comment and deletion does after its commit.
const COUNTED: &str = "the article's cached counters are evicted, so that everybody is told the new number";
const THREAD: &str = "only what is answered tells its thread";

/// Comments on an article of the holder of `token`, reads, deletes, and sweeps what is left of a thread.
pub(crate) async fn all(m: &mut Meter<'_>, token: &str) {
    warm(m, token).await;
    let once: &[_] = &[("Redis", 2), ("TransactWriteItems", 1)];
    let first = say(m, Operation("comment", "comment", once, COUNTED), token, Value::Null).await;
    let body = json!({"comment": {"body": "Once"}});
    let under_key = Operation("comment under an idempotency key", "comment", once, COUNTED);
    m.measure_under("comment", under_key, Method::POST, PATH, token, body.clone()).await;
    let calls: &[_] = &[("Redis", 1), ("TransactWriteItems", 1), ("GetItem", 1)];
    let why = "what was answered is looked for once the write was refused";
    let again = Operation("the same comment again, answered as before", "comment", calls, why);
    m.measure_under("comment", again, Method::POST, PATH, token, body).await;

    let calls: &[_] = &[("Redis", 2), ("BatchGetItem", 1), ("TransactWriteItems", 1)];
    let reply = say(m, Operation("reply to a comment", "comment", calls, THREAD), token, first.clone()).await;
    let calls: &[_] = &[("Redis", 3), ("BatchGetItem", 1), ("GetItem", 2), ("TransactWriteItems", 1)];
    let why = "as above, and it shows whom it answers, whose profile was not asked for at the entrance, and whether they are followed";
    let kate = somebody_else(m).await;
    let answer = say(m, Operation("reply to somebody's reply", "comment", calls, why), &kate, reply.clone()).await;
    let kept = m.rows.len();
    for _ in 0..3 {
        say(m, Operation("", "comment", &[], ""), token, first.clone()).await;
    }
    m.rows.truncate(kept);
    reads(m, token, &first).await;
    deletions(m, token, [&first, &reply, &answer]).await;
}

async fn reads(m: &mut Meter<'_>, token: &str, thread: &Value) {
    let page: &[_] = &[("Redis", 1), ("Query", 1), ("BatchGetItem", 1)];
    let list = Operation("list comments with 3 replies each", "comment", page, "");
    m.measure(list, Method::GET, PATH, token, Value::Null).await;
    let flat = Operation("list all comments, flat", "comment", page, "");
    m.measure(flat, Method::GET, &format!("{PATH}?flat=true"), "", Value::Null).await;
    let replies = Operation("list the replies in a thread", "comment", page, "");
    m.measure(replies, Method::GET, &format!("{PATH}/{thread}/replies"), "", Value::Null).await;
}

async fn deletions(m: &mut Meter<'_>, token: &str, [thread, reply, answer]: [&Value; 3]) {
    let why = "whether others answered it, and what it answers, is read before it is written";
    let calls: &[_] = &[("Redis", 2), ("BatchGetItem", 2), ("TransactWriteItems", 1)];
    let placeholder = Operation("delete a reply that was answered", "comment", calls, why);
    m.measure(placeholder, Method::DELETE, &format!("{PATH}/{reply}"), token, Value::Null).await;
    let calls: &[_] = &[("Redis", 2), ("BatchGetItem", 2), ("Query", 1), ("TransactWriteItems", 1)];
    let why = "as above, and the next replies move up into what a list shows";
    let vanishes =
        Operation("delete the last answer to a placeholder, both of a thread's first three", "comment", calls, why);
    m.measure(vanishes, Method::DELETE, &format!("{PATH}/{answer}"), token, Value::Null).await;
    let calls: &[_] = &[("Redis", 2), ("BatchGetItem", 1), ("TransactWriteItems", 1)];
    let why = "it must be seen whose it is, and how many replies go with it";
    let whole = Operation("delete a comment with its thread", "comment", calls, why);
    m.measure(whole, Method::DELETE, &format!("{PATH}/{thread}"), token, Value::Null).await;
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 6), ("BatchWriteItem", 2), ("TransactWriteItems", 1)];
    let why = "one query more finds that nothing is left, of the thread and of all";
    m.measure_worker(Operation("sweep a thread of 3 replies", "sweep", calls, why), json!({})).await;

    forget_sessions(m.platform).await;
    let calls: &[_] = &[("Redis", 5), ("BatchGetItem", 1), ("GetItem", 2), ("TransactWriteItems", 1)];
    let why = "neither the session nor the article nor the author's profile was cached";
    say(m, Operation("comment, nothing cached", "comment", calls, why), token, Value::Null).await;
}

/// Comments in answer to a comment, if there is one; answers the new one's id.
async fn say(m: &mut Meter<'_>, operation: Operation, token: &str, parent: Value) -> Value {
    let body = json!({"comment": {"body": "Well said", "parentId": parent}});
    m.measure(operation, Method::POST, PATH, token, body).await["comment"]["id"].take()
}

/// Signs somebody up whose profile is then cached; answers their token.
async fn somebody_else(m: &mut Meter<'_>) -> String {
    let kept = m.rows.len();
    let new = json!({"user": {"username": "kate", "email": "kate@mail.example", "password": "correct horse battery"}});
    let mut user = m.measure(Operation("", "signup", &[], ""), Method::POST, "/api/users", "", new).await;
    m.measure(Operation("", "profile", &[], ""), Method::GET, "/api/profiles/kate", "", Value::Null).await;
    m.rows.truncate(kept);
    user["user"]["token"].take().as_str().unwrap().to_owned()
}

/// Has the article and its author's profile cached, and nothing left to sweep. What follows from a like has the cache know the script that
/// forgets counters.
async fn warm(m: &mut Meter<'_>, token: &str) {
    let kept = m.rows.len();
    for method in [Method::POST, Method::DELETE] {
        let like = Operation("", "like", &[], "");
        m.measure(like, method, "/api/articles/knots/favorite", token, Value::Null).await;
    }
    m.measure(Operation("", "article", &[], ""), Method::GET, "/api/articles/knots", token, Value::Null).await;
    m.measure(Operation("", "profile", &[], ""), Method::GET, "/api/profiles/jacob", token, Value::Null).await;
    m.measure_worker(Operation("", "sweep", &[], ""), json!({})).await;
    m.rows.truncate(kept);
}
