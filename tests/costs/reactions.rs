//! Following, liking and collecting.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    meter::{Meter, Operation},
    operations::forget_sessions,
};

const AFTER: &str = "flags are read for the answer; the counters are the cache's, which is told of the move";
const REPEATED: &str = "whether it was done before, the refused write tells; flags are read for the answer";

pub(crate) const COUNTED: &str = "counters are asked of the cache once it is known which articles are on the page";

/// Does them all; `author` has published an article of the slug `knots`.
pub(crate) async fn all(m: &mut Meter<'_>, author: &str) {
    let new = json!({"user": {"username": "ann", "email": "ann@mail.example", "password": "correct horse battery"}});
    let ann = m.unmeasured_of("signup", Method::POST, "/api/users", "", new).await;
    let ann = ann["user"]["token"].as_str().unwrap().to_owned();
    follows(m, &ann, author).await;
    likes(m, &ann, author).await;
    collections(m, &ann).await;
}

async fn follows(m: &mut Meter<'_>, ann: &str, author: &str) {
    let path = format!("/api/profiles/{author}/follow");
    let profile = format!("/api/profiles/{author}");
    forget_sessions(m.platform).await;
    for method in [Method::POST, Method::POST, Method::DELETE] {
        m.unmeasured_of("follow", method, &path, ann, Value::Null).await;
    }
    m.unmeasured_of("profile", Method::GET, &profile, ann, Value::Null).await;
    let calls: &[_] = &[("Redis", 3), ("TransactWriteItems", 1), ("BatchGetItem", 1)];
    let why = "the counts of both are read once the write is done, and the cached ones replaced by what was read";
    m.measure(Operation("follow", "follow", calls, why), Method::POST, &path, ann, Value::Null).await;
    // The change stream may evict before the writer replaces, and then the next reader makes the value.
    m.unmeasured_of("profile", Method::GET, &profile, "", Value::Null).await;
    let again = Operation("follow again", "follow", &[("Redis", 1), ("TransactWriteItems", 1)], "");
    m.measure(again, Method::POST, &path, ann, Value::Null).await;
    let why = "whether its reader follows is asked of the table";
    let seen = Operation("a profile, cached, by somebody logged in", "profile", &[("Redis", 1), ("GetItem", 1)], why);
    m.measure(seen, Method::GET, &profile, ann, Value::Null).await;
    m.unmeasured_of("article", Method::GET, "/api/articles/feed", ann, Value::Null).await;
    let calls: &[_] = &[("Redis", 2), ("Query", 2), ("BatchGetItem", 2)];
    let why = "one query for who is followed and one for each list that may have something on the page; one batch for each hundred followees' counts";
    let feed = Operation("a page of the feed, one followee", "article", calls, why);
    m.measure(feed, Method::GET, "/api/articles/feed", ann, Value::Null).await;
    let calls: &[_] = &[("Redis", 1), ("Query", 1), ("BatchGetItem", 1)];
    let page = Operation("a page of followers", "follow", calls, "");
    m.measure(page, Method::GET, &format!("{profile}/followers"), ann, Value::Null).await;
    let page = Operation("a page of whom somebody follows", "follow", calls, "");
    m.unmeasured_of("follow", Method::GET, "/api/profiles/ann/following", ann, Value::Null).await;
    m.measure(page, Method::GET, "/api/profiles/ann/following", ann, Value::Null).await;
    let calls: &[_] = &[("Redis", 3), ("TransactWriteItems", 1), ("BatchGetItem", 1)];
    m.measure(Operation("unfollow", "follow", calls, "as following"), Method::DELETE, &path, ann, Value::Null).await;
}

async fn likes(m: &mut Meter<'_>, ann: &str, author: &str) {
    let (path, article) = ("/api/articles/knots/favorite", "/api/articles/knots");
    forget_sessions(m.platform).await;
    for method in [Method::POST, Method::POST, Method::DELETE] {
        m.unmeasured_of("like", method, path, ann, Value::Null).await;
    }
    has_totals(m, article).await;
    has_totals(m, article).await;
    let calls: &[_] = &[("Redis", 2), ("PutItem", 1), ("BatchGetItem", 1)];
    m.measure(Operation("like", "like", calls, AFTER), Method::POST, path, ann, Value::Null).await;
    count_a_like(m, path, ann).await;
    has_totals(m, article).await;
    let calls: &[_] = &[("Redis", 1), ("PutItem", 1), ("BatchGetItem", 1)];
    m.measure(Operation("like again", "like", calls, REPEATED), Method::POST, path, ann, Value::Null).await;
    let why = "what its reader did about it is asked of the table";
    let calls: &[_] = &[("Redis", 1), ("BatchGetItem", 1)];
    let read = Operation("read an article, cached, by somebody logged in", "article", calls, why);
    drain_nothing(m).await;
    has_totals(m, article).await;
    m.measure(read, Method::GET, article, ann, Value::Null).await;
    let calls: &[_] = &[("Redis", 4), ("UpdateItem", 3)];
    let why = "the lease is taken and given back; what waits is asked for, whoever reads the table is told before and after, and it is struck off";
    m.measure_worker(Operation("move the views of one article into the table", "view-drain", calls, why), json!({}))
        .await;
    let calls: &[_] = &[("Redis", 2), ("Query", 1), ("BatchGetItem", 1)];
    let page = || Operation("a page of my likes", "like", calls, COUNTED);
    m.measure(page(), Method::GET, "/api/user/likes", ann, Value::Null).await;
    let both = format!("/api/articles?favorited=ann&author={author}");
    m.unmeasured_of("article", Method::GET, &both, "", Value::Null).await;
    let page = Operation("a page of what somebody likes", "article", calls, COUNTED);
    m.measure(page, Method::GET, "/api/articles?favorited=ann", "", Value::Null).await;
    let page = Operation("a page of what somebody likes of an author's", "article", calls, COUNTED);
    m.measure(page, Method::GET, &both, "", Value::Null).await;
    has_totals(m, article).await;
    let calls: &[_] = &[("Redis", 2), ("DeleteItem", 1), ("BatchGetItem", 1)];
    m.measure(Operation("unlike", "like", calls, "as liking"), Method::DELETE, path, ann, Value::Null).await;
}

/// Has the cache know how much was done about `article`: what is counted meanwhile may have it forget that.
async fn has_totals(m: &mut Meter<'_>, article: &str) {
    m.platform.drained().await;
    m.unmeasured_of("article", Method::GET, article, "", Value::Null).await;
}

/// Views are moved into the table until none waits; then there is nothing to do.
async fn drain_nothing(m: &mut Meter<'_>) {
    m.measure_worker(Operation("", "view-drain", &[], ""), json!({})).await;
    m.rows.pop();
    let calls: &[_] = &[("Redis", 1), ("UpdateItem", 2)];
    m.measure_worker(Operation("move views, none waits", "view-drain", calls, "the lease"), json!({})).await;
}

/// What follows from a like: whether it is one record or a thousand, it is one write for each article.
async fn count_a_like(m: &mut Meter<'_>, path: &str, ann: &str) {
    m.unmeasured_of("like", Method::DELETE, path, ann, Value::Null).await;
    m.platform.drained().await;
    m.platform.calls("counter-sync").unwrap().take();
    m.unmeasured_of("like", Method::POST, path, ann, Value::Null).await;
    m.platform.drained().await;
    let calls: &[_] = &[("UpdateItem", 1), ("Redis", 2)];
    m.measure_consumer(Operation("count a batch of likes of one article", "counter-sync", calls, ""));
}

async fn collections(m: &mut Meter<'_>, ann: &str) {
    let path = "/api/articles/knots/collect";
    let calls: &[_] = &[("Redis", 2), ("PutItem", 1), ("BatchGetItem", 1)];
    let into = |folder: &str| json!({"folder": folder});
    has_totals(m, "/api/articles/knots").await;
    m.measure(Operation("collect", "like", calls, AFTER), Method::POST, path, ann, into("Ropes")).await;
    has_totals(m, "/api/articles/knots").await;
    let calls: &[_] = &[("Redis", 1), ("PutItem", 1), ("UpdateItem", 1), ("BatchGetItem", 1)];
    let why = "only the refused write tells that it is a move";
    let moved = Operation("collect into another folder", "like", calls, why);
    m.measure(moved, Method::POST, path, ann, into("Sailing")).await;
    let calls: &[_] = &[("Redis", 2), ("Query", 1), ("BatchGetItem", 1)];
    let page = Operation("a page of a folder of my collection", "like", calls, COUNTED);
    m.measure(page, Method::GET, "/api/user/collections?folder=Sailing", ann, Value::Null).await;
    has_totals(m, "/api/articles/knots").await;
    let calls: &[_] = &[("Redis", 2), ("DeleteItem", 1), ("BatchGetItem", 1)];
    let out = Operation("take out of my collection", "like", calls, "as collecting");
    m.measure(out, Method::DELETE, path, ann, Value::Null).await;
}
