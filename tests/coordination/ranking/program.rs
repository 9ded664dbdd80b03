//! The hot list in the whole program, whose clock the test moves.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bloghub::platform::{Options, Platform};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use shared::{adapters::system::OperatingSystem, domain::Timestamp, ports::system::System};

/// The machine's clocks, both ahead by what the test says.
#[derive(Default)]
struct Ahead {
    machine: OperatingSystem,
    millis: AtomicU64,
}

impl System for Ahead {
    fn now(&self) -> Timestamp {
        self.machine.now().plus(Duration::from_millis(self.millis.load(Ordering::SeqCst)))
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic() + Duration::from_millis(self.millis.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        self.machine.fill(bytes);
    }
}

struct World {
    platform: Platform,
    clock: Arc<Ahead>,
    _folder: tempfile::TempDir,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let clock = Arc::new(Ahead::default());
        let options = Options::new(0, folder.path().join("data")).with("RATE_LIMITS", "off");
        let platform = Platform::start_on(&options, clock.clone(), |_| {}).await.unwrap();
        Self { platform, clock, _folder: folder }
    }

    async fn done(&self, method: Method, path: &str, token: &str, body: Value) -> Value {
        let request = Client::new().request(method, format!("{}{path}", self.platform.url()));
        let request =
            if token.is_empty() { request } else { request.header("authorization", format!("Token {token}")) };
        let request = if body.is_null() { request } else { request.json(&body) };
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
    }

    async fn sign_up(&self, name: &str) -> String {
        let user =
            json!({"username": name, "email": format!("{name}@mail.example"), "password": "correct horse battery"});
        let answer = self.done(Method::POST, "/api/users", "", json!({"user": user})).await;
        answer["user"]["token"].as_str().unwrap().to_owned()
    }

    /// Publishes a draft; answers its path and the address of its article.
    async fn publish(&self, token: &str, title: &str, tags: &[&str]) -> (String, String) {
        let draft = json!({"title": title, "description": "That hold", "body": "Bowline", "tagList": tags});
        let draft = self.done(Method::POST, "/api/drafts", token, json!({"draft": draft})).await;
        let draft = format!("/api/drafts/{}", draft["draft"]["id"].as_str().unwrap());
        let article = self.done(Method::POST, &format!("{draft}/publish"), token, Value::Null).await;
        (draft, article["article"]["slug"].as_str().unwrap().to_owned())
    }

    /// What follows from all that was done is done, and a minute goes by.
    async fn minute(&self) {
        self.platform.drained().await;
        self.clock.millis.fetch_add(60_000, Ordering::SeqCst);
        self.platform.tick().await;
        self.platform.drained().await;
    }

    /// The hot list after a minute: slugs, and the whole answer.
    async fn hot(&self, query: &str) -> (Vec<String>, Value) {
        let answer = self.done(Method::GET, &format!("/api/articles/hot?{query}"), "", Value::Null).await;
        let slugs = answer["articles"].as_array().unwrap().iter();
        (slugs.map(|article| article["slug"].as_str().unwrap().to_owned()).collect(), answer)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_many_do_something_about_is_hot_within_a_minute_and_what_nobody_can_read_is_not() {
    let world = World::start().await;
    let (ann, bob) = (world.sign_up("ann").await, world.sign_up("bob").await);
    let (first, knots) = world.publish(&ann, "Knots", &["Sailing"]).await;
    let (_, ropes) = world.publish(&ann, "Ropes", &["sailing", "hemp"]).await;
    let (_, quiet) = world.publish(&ann, "Quiet", &["sailing"]).await;
    let (_, talked) = world.publish(&ann, "Talked about", &[]).await;
    assert_eq!(world.hot("").await.1["version"], 0, "none was made yet");

    for (token, slug, what) in [
        (&ann, &knots, "favorite"),
        (&bob, &knots, "favorite"),
        (&ann, &knots, "collect"),
        (&bob, &knots, "collect"),
        (&bob, &ropes, "collect"),
        (&ann, &ropes, "favorite"),
    ] {
        let body = if what == "collect" { json!({}) } else { Value::Null };
        world.done(Method::POST, &format!("/api/articles/{slug}/{what}"), token, body).await;
    }
    for text in ["One", "Two", "Three", "Four"] {
        let comment = json!({"comment": {"body": text}});
        world.done(Method::POST, &format!("/api/articles/{talked}/comments"), &bob, comment).await;
    }
    world.minute().await;
    // 6, 4 and 3 points; of all that is as old, that is the order. About the quiet one nobody did anything.
    let (slugs, answer) = world.hot("").await;
    assert_eq!(slugs, [&knots, &talked, &ropes].map(String::clone));
    assert_eq!((answer["articlesCount"].as_u64(), answer["rankedAt"].is_string()), (Some(3), true));
    let shown = &answer["articles"][0];
    assert_eq!(
        (&shown["favoritesCount"], &shown["collectsCount"], &shown["author"]["username"]),
        (&json!(2), &json!(2), &json!("ann"))
    );
    assert_eq!((&shown["favorited"], &shown["collected"]), (&json!(false), &json!(false)));
    let (slugs, tagged) = world.hot("tag=SAILING&limit=1").await;
    assert_eq!((slugs, &tagged["articlesCount"]), (vec![knots.clone()], &json!(2)));
    assert_eq!(world.hot("tag=hemp").await.0, std::slice::from_ref(&ropes));

    // What was withdrawn and what was deleted are gone with the next list, and the rest moves up.
    world.done(Method::POST, &format!("/api/articles/{knots}/withdraw"), &ann, Value::Null).await;
    world.done(Method::DELETE, &format!("/api/articles/{talked}"), &ann, Value::Null).await;
    world.minute().await;
    let (slugs, later) = world.hot("").await;
    assert_eq!(slugs, std::slice::from_ref(&ropes));
    assert!(later["version"].as_u64() > answer["version"].as_u64());

    // Published again, it is hot again with the next that is done about it.
    world.done(Method::POST, &format!("{first}/publish"), &ann, Value::Null).await;
    world
        .done(Method::POST, &format!("/api/articles/{knots}/comments"), &bob, json!({"comment": {"body": "Back"}}))
        .await;
    world.done(Method::POST, &format!("/api/articles/{quiet}/favorite"), &bob, Value::Null).await;
    world.minute().await;
    assert_eq!(world.hot("").await.0, [&knots, &ropes, &quiet].map(String::clone));

    // What is taken back counts no more.
    world.done(Method::DELETE, &format!("/api/articles/{quiet}/favorite"), &bob, Value::Null).await;
    world.minute().await;
    assert_eq!(world.hot("").await.0, [&knots, &ropes].map(String::clone));
    world.platform.stop().await.unwrap();
}
