//! Somebody deletes their account in the whole program: what others see at once, and that a minute later nothing that is theirs is left
//! anywhere.

use std::{path::Path, sync::Arc, time::Duration};

use bloghub::platform::{Options, Platform};
use dynoxide::Database;
use redis::Commands as _;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use shared::ports::system::System as _;
use test_servers::Clock;

/// What nobody else's data has in it: it stands in everything that is the user's, but for the comment that stays.
const MARK: &str = "zaphodia";
const PASSWORD: &str = "correct horse battery";
const TABLES: [&str; 6] = ["users", "sessions", "articles", "comments", "coordination", "interactions"];

struct World {
    platform: Platform,
    clock: Arc<Clock>,
    folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let clock = Arc::new(Clock::ahead());
        let options = Options::new(0, folder.path().join("data"));
        let platform = Platform::start_on(&options, clock.clone(), |_| {}).await.unwrap();
        Self { platform, clock, folder }
    }

    /// The status and the body of an answer.
    async fn ask(&self, method: Method, path: &str, token: &str, body: Value) -> (u16, Value) {
        let mut request = Client::new().request(method, format!("{}{path}", self.platform.url()));
        if !token.is_empty() {
            request = request.header("authorization", format!("Token {token}"));
        }
        if !body.is_null() {
            let key = format!("{MARK}-{}", self.clock.now().as_millis());
            request = request.header("idempotency-key", key).json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default())
    }

    /// The body of an answer that is no refusal.
    async fn done(&self, method: Method, path: &str, token: &str, body: Value) -> Value {
        let (status, body) = self.ask(method, path, token, body).await;
        assert!(status < 300, "{path}: {status} {body}");
        body
    }

    async fn sign_up(&self, name: &str) -> String {
        let user = json!({"user": {"username": name, "email": format!("{name}@mail.example"), "password": PASSWORD}});
        let answer = self.done(Method::POST, "/api/users", "", user).await;
        answer["user"]["token"].as_str().unwrap().to_owned()
    }

    /// Publishes an article; answers its address.
    async fn publish(&self, token: &str, text: &str) -> String {
        let article = json!({"article": {"title": text, "description": text, "body": text, "tagList": ["knots"]}});
        let answer = self.done(Method::POST, "/api/articles", token, article).await;
        format!("/api/articles/{}", answer["article"]["slug"].as_str().unwrap())
    }

    /// A minute goes by, with all that follows in it.
    async fn minute(&self) {
        self.clock.pass(Duration::from_secs(60));
        self.platform.tick().await;
        self.platform.drained().await;
    }

    /// Every key and value in Redis, as text.
    fn cached(&self) -> Vec<String> {
        let mut redis = redis::Client::open(self.platform.services().environment()["REDIS_URL"].clone()).unwrap();
        let keys: Vec<String> = redis.scan().unwrap().map(Result::unwrap).collect();
        let value = |key: String| {
            let kind: String = redis::cmd("TYPE").arg(&key).query(&mut redis).unwrap();
            let parts: Vec<Vec<u8>> = match kind.as_str() {
                "string" => vec![redis.get(&key).unwrap()],
                "hash" => redis.hgetall(&key).unwrap(),
                "zset" => redis.zrange(&key, 0, -1).unwrap(),
                "list" => redis.lrange(&key, 0, -1).unwrap(),
                "set" => redis.smembers(&key).unwrap(),
                "none" => Vec::new(),
                other => panic!("{key} is a {other}"),
            };
            let parts: Vec<_> = parts.iter().map(|part| String::from_utf8_lossy(part).into_owned()).collect();
            format!("{key} {}", parts.join(" "))
        };
        keys.into_iter().map(value).collect()
    }
}

/// Every item of every table of a program that has stopped, as JSON.
fn stored(data: &Path) -> Vec<(String, Value)> {
    let database = Database::new(data.join("dynamodb.sqlite").to_str().unwrap()).unwrap();
    let tables = database.list_tables(serde_json::from_value(json!({})).unwrap()).unwrap().table_names;
    assert!(tables.len() >= TABLES.len(), "{tables:?}");
    let mut items = Vec::new();
    for table in tables {
        let mut start = Value::Null;
        loop {
            let mut request = json!({"TableName": table});
            if !start.is_null() {
                request["ExclusiveStartKey"] = start;
            }
            let page = database.scan(serde_json::from_value(request).unwrap()).unwrap();
            let mut page = serde_json::to_value(page).unwrap();
            items.extend(page["Items"].as_array().unwrap().iter().map(|item| (table.clone(), item.clone())));
            start = page["LastEvaluatedKey"].take();
            if start.is_null() {
                break;
            }
        }
    }
    items
}

/// Those that have the mark in them, regardless of case.
fn marked(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    texts.into_iter().filter(|text| text.to_lowercase().contains(MARK)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_after_somebody_has_deleted_their_account_nothing_of_theirs_is_left() {
    let world = World::start().await;
    let bob = world.sign_up("bob").await;
    let token = world.sign_up(MARK).await;
    let about = json!({"user": {"bio": MARK, "image": format!("https://{MARK}.example/me.png")}});
    world.done(Method::PUT, "/api/user", &token, about).await;
    let bobs = world.publish(&bob, "Three knots").await;
    let [live, withdrawn] = [world.publish(&token, MARK).await, world.publish(&token, &format!("{MARK} two")).await];
    world.done(Method::POST, &format!("{withdrawn}/withdraw"), &token, Value::Null).await;
    world.done(Method::POST, "/api/drafts", &token, json!({"draft": {"title": MARK, "body": MARK}})).await;
    for (path, body) in [
        (format!("{bobs}/favorite"), Value::Null),
        (format!("{bobs}/collect"), json!({"folder": MARK})),
        (format!("{bobs}/comments"), json!({"comment": {"body": "Well said"}})),
        ("/api/profiles/bob/follow".to_owned(), Value::Null),
    ] {
        world.done(Method::POST, &path, &token, body).await;
    }
    world.done(Method::POST, &format!("/api/profiles/{MARK}/follow"), &bob, Value::Null).await;
    world.done(Method::POST, &format!("{live}/comments"), &bob, json!({"comment": {"body": "And yours"}})).await;
    let wrong = json!({"user": {"username": MARK, "password": "another horse battery"}});
    assert_eq!(world.ask(Method::POST, "/api/users/login", "", wrong).await.0, 401);
    let read = [
        live.clone(),
        "/api/articles".to_owned(),
        format!("/api/articles?author={MARK}"),
        format!("/api/profiles/{MARK}"),
        format!("{bobs}/comments"),
    ];
    for path in &read {
        world.done(Method::GET, path, "", Value::Null).await;
    }
    assert!(!marked(world.cached()).is_empty(), "there is something to find");

    assert_eq!(world.ask(Method::DELETE, "/api/user", &token, Value::Null).await, (204, Value::Null));

    // At once.
    assert_eq!(world.ask(Method::GET, "/api/user", &token, Value::Null).await.0, 401);
    assert_eq!(world.ask(Method::GET, &live, "", Value::Null).await.0, 410);
    assert_eq!(world.ask(Method::GET, &format!("/api/profiles/{MARK}"), "", Value::Null).await.0, 404);
    let login = json!({"user": {"email": format!("{MARK}@mail.example"), "password": PASSWORD}});
    assert_eq!(world.ask(Method::POST, "/api/users/login", "", login).await.0, 401);
    let latest = world.done(Method::GET, "/api/articles", "", Value::Null).await;
    assert_eq!(latest["articles"].as_array().unwrap().len(), 1);
    let comments = world.done(Method::GET, &format!("{bobs}/comments"), "", Value::Null).await;
    assert_eq!(comments["comments"][0]["author"]["username"], "[deleted]");
    assert_eq!(comments["comments"][0]["body"], "Well said");

    // A minute later.
    world.minute().await;
    for path in [&live, &withdrawn] {
        assert_eq!(world.ask(Method::GET, path, "", Value::Null).await.0, 410, "{path}");
    }
    let article = world.done(Method::GET, &bobs, "", Value::Null).await;
    assert_eq!(article["article"]["favoritesCount"], 0, "{article}");
    let profile = world.done(Method::GET, "/api/profiles/bob", "", Value::Null).await;
    assert_eq!((&profile["profile"]["followersCount"], &profile["profile"]["followingCount"]), (&json!(0), &json!(0)));
    // Asking for what is gone leaves its name for a few seconds.
    world.clock.pass(Duration::from_secs(60));
    let kept = world.cached();
    // A withdrawn article keeps its address.
    let address = |kept: &str| kept.starts_with("article:") && kept.contains(" value {\"Withdrawn\":");
    let kept = kept.into_iter().filter(|kept| !kept.starts_with("name:") && !address(kept));
    assert_eq!(marked(kept), [""; 0]);

    let data = world.folder.path().join("data");
    world.platform.stop().await.unwrap();
    let items = stored(&data);
    // A withdrawn article keeps its address.
    let of_theirs = |(table, item): &(String, Value)| {
        let text = format!("{table} {item}").to_lowercase();
        let slug = item["pk"]["S"].as_str().unwrap().starts_with("ARTICLE#") && item["title"].is_null();
        (text.contains(MARK) && !slug).then_some(text)
    };
    assert_eq!(items.iter().filter_map(of_theirs).collect::<Vec<_>>(), [""; 0]);
    let user = items.iter().find(|(_, item)| item["deletedAt"].is_object() && item["sk"]["S"] == "USER");
    let id = user.expect("the id stays").1["id"]["S"].as_str().unwrap().to_owned();
    let mut naming: Vec<_> = items
        .iter()
        .filter(|(_, item)| item.to_string().contains(&id))
        .map(|(_, item)| item["pk"]["S"].as_str().unwrap().replace(&id, "…"))
        .collect();
    naming.retain(|pk| !pk.starts_with("ARTICLE#") && !pk.starts_with("THREADS#"));
    naming.sort();
    assert_eq!(naming, ["SWEEP", "USER#…"], "the id stays, and a mark for what may come yet");
}
