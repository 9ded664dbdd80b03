//! The operations, each done once after another on an otherwise idle platform.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use bloghub::{functions, platform::Platform};
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{
        calls::Recorded,
        dynamodb::{ArticleTable, ArticleWriter, DynamoSettings, IdempotencyTable, Registry, TableNames},
        host::Host,
        system::OperatingSystem,
    },
    config::read_from,
    domain::{
        ArticleId, UserId,
        article::{Article, ArticleBody, Description, Slug, Title},
        password::PasswordHash,
        user::{EmailAddress, User, Username},
    },
    ports::{
        articles::{ARTICLE_WRITES, ArticleWrites as _},
        permission::Permission,
        users::{REGISTRATIONS, Registrations as _},
    },
    wiring::LoginConfig,
};

use crate::table::Row;

/// What each function used of its permissions.
pub(crate) type Used = BTreeMap<&'static str, BTreeSet<Permission>>;

struct Meter<'a> {
    platform: &'a Platform,
    http: reqwest::Client,
    rows: Vec<Row>,
    used: Used,
}

/// An operation: what it is called in the table, which function does it, what it may cost, and why not less.
struct Operation(&'static str, &'static str, &'static [(&'static str, u64)], &'static str);

impl Meter<'_> {
    /// Sends a request and answers the body; what the function called goes into a row.
    async fn measure(&mut self, operation: Operation, method: Method, path: &str, token: &str, body: Value) -> Value {
        self.measure_under("", operation, method, path, token, body).await
    }

    /// The same under an idempotency key, if there is one.
    async fn measure_under(
        &mut self,
        key: &str,
        operation: Operation,
        method: Method,
        path: &str,
        token: &str,
        body: Value,
    ) -> Value {
        let calls = self.platform.calls(operation.1).unwrap();
        calls.take();
        let mut request = self.http.request(method, format!("{}{path}", self.platform.url()));
        if !token.is_empty() {
            request = request.header("authorization", format!("Token {token}"));
        }
        if !key.is_empty() {
            request = request.header("idempotency-key", key);
        }
        if !body.is_null() {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let text = answer.text().await.unwrap();
        self.add(operation, calls.take());
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Calls a worker with `event`; what it called goes into a row.
    async fn measure_worker(&mut self, operation: Operation, event: Value) {
        let lookup = |name: &str| self.platform.services().environment().get(name).cloned();
        let worker = functions::workers().into_iter().find(|worker| worker.name == operation.1).unwrap();
        let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function((worker.permissions)());
        let handle = (worker.mount)(&lookup, &host).unwrap();
        handle(event).await.unwrap();
        self.add(operation, host.calls.take());
    }

    /// A row of what was called.
    fn add(&mut self, operation: Operation, recorded: Recorded) {
        let Operation(operation, function, expected, why) = operation;
        let Recorded { tallies, used } = recorded;
        if !used.is_empty() {
            self.used.entry(function).or_default().extend(used);
        }
        let units = |reads: bool| {
            let kind = |name: &str| ["GetItem", "BatchGetItem", "Query"].contains(&name) == reads;
            tallies.iter().filter(|(name, _)| kind(name)).fold(0.0, |sum, (_, tally)| sum + tally.units)
        };
        self.rows.push(Row {
            operation,
            calls: tallies.iter().map(|(name, tally)| (*name, tally.calls)).collect(),
            expected: expected.iter().copied().collect(),
            read_units: units(true),
            write_units: units(false),
            why,
        });
    }
}

const CALLER: &str = "a name leads to an id, and that to the user: two reads until profiles are cached";
const PROFILE: &str = "the author's profile is read until profiles are cached";
const TWO_STEPS: &str = "only the live article names its revision and its author, so they are a second call";

/// Does them all.
pub(crate) async fn all(platform: &Platform) -> (Vec<Row>, Used) {
    let mut meter = Meter { platform, http: reqwest::Client::new(), rows: Vec::new(), used: Used::new() };
    let m = &mut meter;

    let new = json!({"user": {"username": "jake", "email": "jake@mail.example", "password": "correct horse battery"}});
    let sign_up = Operation("sign up", "signup", &[("Redis", 1), ("TransactWriteItems", 1)], "");
    m.measure(sign_up, Method::POST, "/api/users", "", new.clone()).await;
    let log_in = Operation("log in by password", "login", &[("Redis", 1), ("GetItem", 2), ("PutItem", 1)], "");
    let user = m.measure(log_in, Method::POST, "/api/users/login", "", new.clone()).await;
    let (token, refresh) = (text(&user["user"]["token"]), text(&user["user"]["refreshToken"]));
    let wrong = json!({"user": {"email": "jake@mail.example", "password": "wrong"}});
    let refused = Operation("log in, refused", "login", &[("GetItem", 2)], "");
    m.measure(refused, Method::POST, "/api/users/login", "", wrong).await;
    import_with_bcrypt(platform).await;
    let imported = json!({"user": {"email": "old@mail.example", "password": "an old password"}});
    let rehash = "an imported hash is replaced, once";
    let first = Operation(
        "log in the first time after an import",
        "login",
        &[("Redis", 1), ("GetItem", 2), ("PutItem", 1), ("UpdateItem", 1)],
        rehash,
    );
    m.measure(first, Method::POST, "/api/users/login", "", imported).await;
    let why = "the user is read: a copy in each session would go stale; a cached profile will take its place";
    let renew = Operation("refresh", "session", &[("UpdateItem", 1), ("GetItem", 1)], why);
    m.measure(renew, Method::POST, "/api/sessions/refresh", "", json!({"refreshToken": refresh})).await;

    reads_of_users(m, &token).await;
    articles(m, &token).await;
    // The article that has just been deleted is swept first, so that the rows begin with nothing to do.
    sweep_all(m.platform).await;
    sweeps(m).await;
    articles_once(m, &token).await;

    let log_out = Operation("log out", "session", &[("Redis", 1), ("UpdateItem", 1)], "");
    m.measure(log_out, Method::POST, "/api/sessions/logout", &token, Value::Null).await;
    (meter.rows, meter.used)
}

async fn reads_of_users(m: &mut Meter<'_>, token: &str) {
    let own = Operation("my account", "profile", &[("Redis", 1), ("GetItem", 1)], "");
    m.measure(own, Method::GET, "/api/user", token, Value::Null).await;
    forget_sessions(m.platform).await;
    let why = "the session is read from its table, then remembered";
    let forgotten = Operation("my account, session not cached", "profile", &[("Redis", 2), ("GetItem", 2)], why);
    m.measure(forgotten, Method::GET, "/api/user", token, Value::Null).await;
    let change = json!({"user": {"username": "jacob", "bio": "I train dragons"}});
    let rename =
        Operation("change my account", "profile", &[("Redis", 1), ("GetItem", 1), ("TransactWriteItems", 1)], "");
    m.measure(rename, Method::PUT, "/api/user", token, change).await;
    let profile = Operation("a profile", "profile", &[("GetItem", 2)], CALLER);
    m.measure(profile, Method::GET, "/api/profiles/jacob", "", Value::Null).await;
}

async fn articles(m: &mut Meter<'_>, token: &str) {
    let new =
        json!({"article": {"title": "Dragons", "description": "How?", "body": "With love.", "tagList": ["a", "b"]}});
    let calls: &[_] = &[("Redis", 1), ("GetItem", 1), ("TransactWriteItems", 1)];
    let publish = Operation("publish, two tags", "publish", calls, PROFILE);
    m.measure(publish, Method::POST, "/api/articles", token, new).await;
    forget_sessions(m.platform).await;
    let calls: &[_] = &[("Redis", 2), ("GetItem", 3), ("TransactWriteItems", 1)];
    let why = "the article must be seen to be one's own; the session was not cached, and the author's profile is read";
    let edit = Operation("edit an article, session not cached", "publish", calls, why);
    m.measure(edit, Method::PUT, "/api/articles/dragons", token, json!({"article": {"body": "With much love."}})).await;

    let read = Operation("read an article, not cached", "article", &[("GetItem", 1), ("BatchGetItem", 1)], TWO_STEPS);
    m.measure(read, Method::GET, "/api/articles/dragons", "", Value::Null).await;
    let page = Operation("a page of the latest, or of a tag", "article", &[("Query", 1), ("BatchGetItem", 1)], "");
    m.measure(page, Method::GET, "/api/articles?limit=20", "", Value::Null).await;
    forget_sessions(m.platform).await;
    let calls: &[_] = &[("Redis", 2), ("GetItem", 3), ("Query", 1), ("BatchGetItem", 1)];
    let why = "the session was not cached, and the author's name is looked up";
    let own = Operation("a page of an author's, session not cached", "article", calls, why);
    m.measure(own, Method::GET, "/api/articles?author=jacob", token, Value::Null).await;
    let tags = Operation("tags, not cached", "article", &[("Query", 8)], "one query for each shard of the counts");
    m.measure(tags, Method::GET, "/api/tags", "", Value::Null).await;

    let calls: &[_] = &[("Redis", 1), ("GetItem", 1), ("TransactWriteItems", 1)];
    let why = "the article must be seen to be one's own";
    m.measure(
        Operation("delete an article", "publish", calls, why),
        Method::DELETE,
        "/api/articles/dragons",
        token,
        Value::Null,
    )
    .await;
}

async fn articles_once(m: &mut Meter<'_>, token: &str) {
    let new =
        json!({"article": {"title": "Knots", "description": "Three", "body": "That hold.", "tagList": ["a", "b"]}});
    let calls: &[_] = &[("Redis", 1), ("GetItem", 1), ("TransactWriteItems", 1)];
    let publish = Operation("publish, two tags, under an idempotency key", "publish", calls, PROFILE);
    m.measure_under("knots", publish, Method::POST, "/api/articles", token, new.clone()).await;
    let calls: &[_] = &[("Redis", 1), ("GetItem", 2), ("TransactWriteItems", 1)];
    let why = "what was answered is looked for once the write was refused, so that the first time costs no read";
    let again = Operation("the same again, answered as before", "publish", calls, why);
    m.measure_under("knots", again, Method::POST, "/api/articles", token, new).await;
}

async fn sweep_all(platform: &Platform) {
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let worker = functions::workers().into_iter().find(|worker| worker.name == "sweep").unwrap();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function((worker.permissions)());
    (worker.mount)(&lookup, &host).unwrap()(json!({})).await.unwrap();
}

async fn sweeps(m: &mut Meter<'_>) {
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 1)];
    m.measure_worker(Operation("sweep, nothing to do", "sweep", calls, ""), json!({})).await;
    leave_bodies(m.platform, 101).await;
    let calls: &[_] = &[("UpdateItem", 2), ("Query", 2), ("BatchWriteItem", 5), ("TransactWriteItems", 2)];
    let why = "25 bodies a batch, and a note of what is left after each hundred";
    m.measure_worker(Operation("sweep an article of 101 bodies", "sweep", calls, why), json!({})).await;
}

/// Leaves a deleted article with `revisions` bodies to sweep, of which two are there.
async fn leave_bodies(platform: &Platform, revisions: u32) {
    let name = |name: &str| platform.services().environment()[name].clone();
    let names = TableNames {
        articles: Some(name("ARTICLES_TABLE")),
        coordination: Some(name("COORDINATION_TABLE")),
        ..TableNames::default()
    };
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(ARTICLE_WRITES.to_vec());
    let dynamo = host.dynamo(&read_from::<DynamoSettings>(&lookup).unwrap(), names);
    let table = ArticleTable::new(dynamo.clone(), &name("ARTICLES_TABLE"));
    let writer = ArticleWriter::new(table, IdempotencyTable::new(dynamo, &name("COORDINATION_TABLE")));
    let (now, body) = (host.system.now(), ArticleBody::parse("Text".to_owned()).unwrap());
    let first = Article {
        id: ArticleId::new(now, host.system.random()),
        slug: Slug::parse("edited-often").unwrap(),
        author_id: UserId::new(now, host.system.random()),
        title: Title::parse("Edited often").unwrap(),
        description: Description::parse("Very often").unwrap(),
        tags: Vec::new(),
        revision: 1,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    writer.create(&first, &body, None).await.unwrap();
    let last = Article { revision: revisions, version: 2, ..first.clone() };
    writer.update(&first, &last, Some(&body)).await.unwrap();
    writer.delete(&last, now).await.unwrap();
}

/// Stores a user whose password was hashed elsewhere.
async fn import_with_bcrypt(platform: &Platform) {
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(REGISTRATIONS.to_vec());
    let parts = read_from::<LoginConfig>(&lookup).unwrap().wire(&host).unwrap();
    let now = host.system.now();
    let user = User {
        id: UserId::new(now, host.system.random()),
        username: Username::parse("old").unwrap(),
        email: EmailAddress::parse("old@mail.example").unwrap(),
        bio: None,
        image: None,
        created_at: now,
        version: 1,
    };
    let (session, _) = parts.logins.begin(user.id);
    let hash = PasswordHash(bcrypt::hash("an old password", 4).unwrap());
    Registry::new(parts.users, parts.sessions).register(&user, &hash, &session).await.unwrap();
}

/// Empties the cache.
async fn forget_sessions(platform: &Platform) {
    let url = platform.services().environment()["REDIS_URL"].clone();
    let mut redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").query_async::<()>(&mut redis).await.unwrap();
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
