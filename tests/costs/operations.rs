//! The operations, each done once after another on an otherwise idle platform.

use bloghub::platform::Platform;
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{
        dynamodb::{Registry, TableNames},
        host::Host,
        system::OperatingSystem,
    },
    config::read_from,
    domain::{
        UserId,
        agent::Agent,
        password::PasswordHash,
        user::{EmailAddress, Role, User, Username},
    },
    ports::users::{REGISTRATIONS, Registrations as _},
    wiring::GateConfig,
};
use test_servers::Clock;

use crate::{
    accounts, comments, drafts, hot, identities, messages,
    meter::{Meter, Operation, Used},
    reactions, search, sessions, sweeps,
    table::Row,
};

const LOGIN: &str = "the new session is remembered, which saves the next request a read; the try is counted for account and address before it is looked at, and taken back";
const NAME: &str = "a name leads to an id, and that to the user and to how many follow; each is asked for, made under a right of its own, and filled in";
const TWO_STEPS: &str = "only the live article names its revision and its author, so they are a second call; the right to fill the cache is asked for first";

/// Does them all.
pub(crate) async fn all(platform: &Platform, clock: &Clock, vendors: &identities::Vendors) -> (Vec<Row>, Used) {
    let mut meter = Meter::new(platform, clock);
    let m = &mut meter;

    teach_scripts(m).await;
    let new = json!({"user": {"username": "jake", "email": "jake@mail.example", "password": "correct horse battery"}});
    let why = "the session is remembered, and whoever looked for the name in vain is told, both at the same time";
    let sign_up = Operation("sign up", "signup", &[("Redis", 3), ("TransactWriteItems", 1)], why);
    m.measure(sign_up, Method::POST, "/api/users", "", new.clone()).await;
    let calls: &[_] = &[("Redis", 2), ("GetItem", 2), ("UpdateItem", 3), ("PutItem", 1), ("DeleteItem", 1)];
    let log_in = Operation("log in by password", "login", calls, LOGIN);
    let user = m.measure(log_in, Method::POST, "/api/users/login", "", new.clone()).await;
    let token = text(&user["user"]["token"]);
    import_with_bcrypt(platform).await;
    let imported = json!({"user": {"email": "old@mail.example", "password": "an old password"}});
    let rehash = "an imported hash is replaced, once";
    let first = Operation(
        "log in the first time after an import",
        "login",
        &[("Redis", 2), ("GetItem", 2), ("UpdateItem", 4), ("PutItem", 1), ("DeleteItem", 1)],
        rehash,
    );
    m.measure(first, Method::POST, "/api/users/login", "", imported).await;
    accounts::guesses(m, "old@mail.example").await;
    messages::all(m).await;
    // Whoever goes on has a session that is cached.
    m.unmeasured(Method::GET, "/api/user", &token, Value::Null).await;
    reads_of_users(m, &token).await;
    articles(m, &token).await;
    articles_once(m, &token).await;
    sweeps::all(m).await;
    // Whoever goes on has a session that is cached.
    m.unmeasured(Method::GET, "/api/user", &token, Value::Null).await;
    drafts::all(m, &token).await;
    comments::all(m, &token).await;
    reactions::all(m, "jacob").await;
    hot::all(m, &token).await;
    search::all(m, &token).await;
    identities::all(m, vendors).await;
    depth(m, &token).await;
    let described = Operation("the API's description", "fallback", &[], "");
    m.measure(described, Method::GET, "/api/openapi.json", "", Value::Null).await;
    accounts::all(m).await;

    sessions::all(m).await;
    platform.drained().await;
    let relayed = platform.calls("change-relay").unwrap().take();
    meter.used.insert("change-relay", relayed.used);
    (meter.rows, meter.used)
}

async fn reads_of_users(m: &mut Meter<'_>, token: &str) {
    let own = Operation("my account", "profile", &[("Redis", 1), ("GetItem", 1)], "");
    m.measure(own, Method::GET, "/api/user", token, Value::Null).await;
    forget_sessions(m.platform).await;
    let why = "the session is read with its user, then remembered";
    let forgotten = Operation(
        "my account, session not cached",
        "profile",
        &[("Redis", 2), ("BatchGetItem", 1), ("GetItem", 1)],
        why,
    );
    m.measure(forgotten, Method::GET, "/api/user", token, Value::Null).await;
    let change = json!({"user": {"username": "jacob", "bio": "I train dragons"}});
    let why = "the profile is replaced and both names are evicted, all at the same time";
    let calls: &[_] = &[("Redis", 4), ("GetItem", 1), ("TransactWriteItems", 1)];
    let rename = Operation("change my account and name", "profile", calls, why);
    m.measure(rename, Method::PUT, "/api/user", token, change).await;
    let missed = Operation("a profile, not cached", "profile", &[("Redis", 9), ("GetItem", 3)], NAME);
    m.measure(missed, Method::GET, "/api/profiles/jacob", "", Value::Null).await;
    let cached = Operation("a profile, cached", "profile", &[("Redis", 1)], "");
    m.measure(cached, Method::GET, "/api/profiles/jacob", "", Value::Null).await;
}

/// What strangers' first pages cost, and what everybody's others.
async fn lists(m: &mut Meter<'_>, token: &str) {
    let strange = |name, path, calls, why| (Operation(name, "article", calls, why), path);
    let page: &[_] = &[("Redis", 4), ("Query", 1), ("BatchGetItem", 1)];
    let once: &[_] = &[("Redis", 1)];
    let tags: &[_] = &[("Redis", 3), ("Query", 8)];
    for (operation, path) in [
        strange(
            "first page of the latest, not cached",
            "/api/articles",
            page,
            "the right to make it, the counters, and to fill",
        ),
        strange("first page of the latest", "/api/articles?limit=10", once, ""),
        strange("tags, not cached", "/api/tags", tags, "one query for each shard of the counts, and to fill"),
        strange("tags", "/api/tags", once, ""),
        strange(
            "tags by their beginning",
            "/api/tags?prefix=a",
            &[("Redis", 1), ("Query", 8)],
            "one query for each shard of the counts",
        ),
        strange(
            "a further page, or a page of a tag",
            "/api/articles?tag=a&limit=20",
            &[("Redis", 2), ("Query", 1), ("BatchGetItem", 1)],
            reactions::COUNTED,
        ),
    ] {
        m.measure(operation, Method::GET, path, "", Value::Null).await;
    }
    forget_sessions(m.platform).await;
    let calls: &[_] = &[("Redis", 9), ("GetItem", 2), ("Query", 1), ("BatchGetItem", 3)];
    let why = "neither the session nor whose the name is was cached; of the first three articles, the one that was not is read; both ask for counters";
    let own = Operation("a page of one's own, session not cached", "article", calls, why);
    m.measure(own, Method::GET, "/api/articles?author=jacob", token, Value::Null).await;
    m.unmeasured_of("profile", Method::GET, "/api/profiles/jacob", "", Value::Null).await;
    let calls: &[_] = &[("Redis", 3), ("BatchGetItem", 2)];
    let why = "its author's list has put it into the cache, and not its counters, which are read and stored; what its reader did about it is asked of the table";
    let next = Operation("read one's own article after that", "article", calls, why);
    m.measure(next, Method::GET, "/api/articles/dragons", token, Value::Null).await;
    let first = Operation("first page of an author's", "article", once, "");
    m.unmeasured(Method::GET, "/api/articles?author=jacob", "", Value::Null).await;
    m.measure(first, Method::GET, "/api/articles?author=jacob", "", Value::Null).await;
}

async fn articles(m: &mut Meter<'_>, token: &str) {
    let new =
        json!({"article": {"title": "Dragons", "description": "How?", "body": "With love.", "tagList": ["a", "b"]}});
    let calls: &[_] = &[("Redis", 3), ("TransactWriteItems", 1)];
    let why = "before it is written, its place in the cache is reserved for its first readers";
    let publish = Operation("publish, two tags", "publish", calls, why);
    m.measure(publish, Method::POST, "/api/articles", token, new).await;
    let why = "the article is cached; who wrote it and what was done about it is asked for once the article is known";
    let read = Operation("read an article just published", "article", &[("Redis", 4), ("BatchGetItem", 1)], why);
    m.measure(read, Method::GET, "/api/articles/dragons", "", Value::Null).await;
    forget_sessions(m.platform).await;
    let calls: &[_] = &[("Redis", 6), ("GetItem", 3), ("TransactWriteItems", 1), ("BatchGetItem", 2)];
    let why = "the article must be seen to be one's own, and its draft to be unchanged; neither the session nor the author's profile was cached; what was done about it is read for the answer";
    let edit = Operation("edit an article, session not cached", "publish", calls, why);
    m.measure(edit, Method::PUT, "/api/articles/dragons", token, json!({"article": {"body": "With much love."}})).await;

    let calls: &[_] = &[("Redis", 4), ("GetItem", 1), ("BatchGetItem", 1)];
    let read = Operation("read an article, not cached", "article", calls, TWO_STEPS);
    m.measure(read, Method::GET, "/api/articles/dragons", "", Value::Null).await;
    // Whoever read the tables got the counters along, and the next reader caches them.
    m.measure(Operation("", "article", &[], ""), Method::GET, "/api/articles/dragons", "", Value::Null).await;
    m.rows.pop();
    let read = Operation("read an article, cached", "article", &[("Redis", 1)], "");
    m.measure(read, Method::GET, "/api/articles/dragons", "", Value::Null).await;
    let calls: &[_] = &[("Redis", 3), ("GetItem", 1)];
    let why = "the article was cached; its HTML is an item and an entry of its own, which most readers do not ask for";
    let html = Operation("read an article as HTML, not cached", "article", calls, why);
    m.measure(html, Method::GET, "/api/articles/dragons?format=html", "", Value::Null).await;
    let html = Operation("read an article as HTML, cached", "article", &[("Redis", 1)], "");
    m.measure(html, Method::GET, "/api/articles/dragons?format=html", "", Value::Null).await;
    lists(m, token).await;

    let calls: &[_] = &[("Redis", 2), ("GetItem", 1), ("TransactWriteItems", 1)];
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
    // The author's profile is cached, as it was for the publication without a key.
    m.measure(Operation("", "profile", &[], ""), Method::GET, "/api/profiles/jacob", "", Value::Null).await;
    m.rows.pop();
    let calls: &[_] = &[("Redis", 3), ("TransactWriteItems", 1)];
    let publish = Operation("publish, two tags, under an idempotency key", "publish", calls, "as without one");
    m.measure_under("knots", publish, Method::POST, "/api/articles", token, new.clone()).await;
    let calls: &[_] = &[("Redis", 2), ("TransactWriteItems", 1), ("GetItem", 1)];
    let why = "what was answered is looked for once the write was refused, so that the first time costs no read";
    let again = Operation("the same again, answered as before", "publish", calls, why);
    m.measure_under("knots", again, Method::POST, "/api/articles", token, new).await;
}

/// A page by cursor costs the same however much stands before it.
async fn depth(m: &mut Meter<'_>, token: &str) {
    const ARTICLES: usize = 40;
    for number in 0..ARTICLES {
        let fields =
            json!({"title": format!("Depth {number}"), "description": "How?", "body": "Deep.", "tagList": ["deep"]});
        m.unmeasured(Method::POST, "/api/articles", token, json!({"article": fields})).await;
    }
    let mut page = m.unmeasured_of("article", Method::GET, "/api/articles?tag=deep&limit=1", "", Value::Null).await;
    let mut costs = Vec::new();
    for number in 1..ARTICLES {
        let path = format!("/api/articles?tag=deep&limit=1&cursor={}", text(&page["cursor"]));
        let calls: &[_] = &[("Redis", 2), ("Query", 1), ("BatchGetItem", 1)];
        let behind = Operation("a page of one article by cursor, at any depth", "article", calls, reactions::COUNTED);
        page = m.measure(behind, Method::GET, &path, "", Value::Null).await;
        assert_eq!(page["articles"][0]["title"], format!("Depth {}", ARTICLES - 1 - number));
        let row = m.rows.pop().unwrap();
        costs.push(row.read_units);
        // One row stands for all but the last page, which has no next one to look for.
        if number == ARTICLES - 2 {
            m.rows.push(row);
        }
    }
    assert!(page["cursor"].is_null());
    costs.pop();
    assert!(costs.windows(2).all(|pair| pair[0] == pair[1]), "{costs:?}");
}

/// Does what runs each script once: a server that does not know one yet costs another round trip, once in its life.
async fn teach_scripts(m: &mut Meter<'_>) {
    let once = || Operation("", "signup", &[], "");
    let new = json!({"user": {"username": "once", "email": "once@mail.example", "password": "correct horse battery"}});
    let user = m.measure(once(), Method::POST, "/api/users", "", new.clone()).await;
    let token = text(&user["user"]["token"]);
    m.measure(once(), Method::POST, "/api/users/login", "", new).await;
    m.measure(once(), Method::PUT, "/api/user", &token, json!({"user": {"username": "twice"}})).await;
    let article = json!({"article": {"title": "Once", "description": "Upon", "body": "A time."}});
    m.measure(once(), Method::POST, "/api/articles", &token, article).await;
    for _ in 0..2 {
        m.measure(once(), Method::GET, "/api/profiles/twice", "", Value::Null).await;
        m.measure(once(), Method::GET, "/api/articles/once", "", Value::Null).await;
    }
    m.measure(once(), Method::GET, "/api/articles", &token, Value::Null).await;
    // What ends sessions: `once` is nobody's user any more.
    for path in ["/api/sessions/logout", "/api/sessions/logout-all"] {
        let user = json!({"user": {"email": "once@mail.example", "password": "correct horse battery"}});
        let user = m.measure(once(), Method::POST, "/api/users/login", "", user).await;
        m.measure(once(), Method::POST, path, &text(&user["user"]["token"]), Value::Null).await;
    }
    messages::teach_scripts(m).await;
    m.platform.drained().await;
    m.rows.clear();
    m.used.clear();
    for name in bloghub::functions::names() {
        m.platform.calls(name).unwrap().take();
    }
}

/// Stores a user whose password was hashed elsewhere.
async fn import_with_bcrypt(platform: &Platform) {
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let host = Host::local(std::sync::Arc::new(OperatingSystem::default()), 1).for_function(REGISTRATIONS.to_vec());
    let parts = read_from::<GateConfig>(&lookup).unwrap().wire(&host, TableNames::default()).unwrap();
    let now = host.system.now();
    let user = User {
        id: UserId::new(now, host.system.random()),
        username: Username::parse("old").unwrap(),
        email: Some(EmailAddress::parse("old@mail.example").unwrap()),
        phone: None,
        role: Role::default(),
        bio: None,
        image: None,
        created_at: now,
        version: 1,
        epoch: 0,
    };
    let (session, _) = parts.logins.begin(&user, Agent::parse(""));
    let hash = PasswordHash(bcrypt::hash("an old password", 4).unwrap());
    Registry::new(parts.users, parts.sessions).register(&user, Some(&hash), &session).await.unwrap();
}

/// Empties the cache.
pub(crate) async fn forget_sessions(platform: &Platform) {
    let url = platform.services().environment()["REDIS_URL"].clone();
    let mut redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    redis::cmd("FLUSHALL").query_async::<()>(&mut redis).await.unwrap();
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
