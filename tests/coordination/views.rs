//! The function `view-drain`, over a real Redis and the embedded database: whoever reads an article counts once an hour, and that once,
//! wherever a run is killed, paused or overtaken.

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use bloghub::platform::{Options, Platform};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use shared::{
    adapters::redis::Redis,
    domain::{
        ArticleId, Timestamp, UserId,
        idempotency::HmacKey,
        limit::Caller,
        reaction::ArticleCounters,
        view::{Batch, Part, Reader},
    },
    lease::End,
    ports::{
        StoreError,
        cache::FillToken,
        counters::{Begun, CounterCache as _, Glimpse},
        system::System as _,
        views::{Take, Taken, ViewTallies, WaitingViews},
    },
};
use test_servers::{Clock, RedisNode};
use tokio::sync::{Notify, Semaphore};
use view_drain::{BUDGET, Drain, LIFE, Report};

use crate::world::World;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);
/// Two of them are of one part.
const ARTICLES: [u8; 4] = [1, 2, 3, 1 + Part::COUNT];

fn id(article: u8) -> ArticleId {
    ArticleId::from_bytes([article; 16])
}

/// Readers, the cache, the table, and a clock that stands still.
struct Stage {
    world: World,
    redis: Arc<Redis>,
    node: RedisNode,
}

impl Stage {
    async fn new() -> Arc<Self> {
        let (world, node) = (World::new().await, RedisNode::start());
        let redis = Redis::new(&node.url().parse().unwrap(), Arc::default(), world.clock.clone()).unwrap();
        Arc::new(Self { world, redis: Arc::new(redis), node })
    }

    fn now(&self) -> Timestamp {
        self.world.clock.now()
    }

    /// Somebody reads an article, and is told what its counters are.
    async fn read(&self, article: ArticleId, reader: u8) -> Glimpse {
        let key = HmacKey::parse(&HmacKey::encode([1; 32])).unwrap();
        let reader = Reader::new(&key, Caller::User(UserId::from_bytes([reader; 16])), self.now());
        self.redis.look(&[article], Some(reader), self.now()).await.unwrap().remove(0)
    }

    fn drain(&self, waiting: Arc<dyn WaitingViews>, tallies: Arc<dyn ViewTallies>) -> Drain {
        let (leases, system) = (self.world.leases.clone(), self.world.clock.clone());
        Drain { waiting, tallies, cache: self.redis.clone(), leases, system }
    }

    /// A run that nothing happens to.
    async fn run(&self) -> Report {
        self.drain(self.redis.clone(), Arc::new(self.world.interactions.clone())).drain().await.unwrap()
    }

    /// What the table's counter says.
    fn reads(&self, article: ArticleId) -> u64 {
        self.world.counters_item(article)["reads"]["N"].as_str().map_or(0, |reads| reads.parse().unwrap())
    }

    fn all_reads(&self) -> BTreeMap<u8, u64> {
        ARTICLES.into_iter().map(|article| (article, self.reads(id(article)))).collect()
    }

    async fn empty_cache(&self) {
        let client = redis::Client::open(self.node.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("FLUSHALL").query_async::<()>(&mut connection).await.unwrap();
    }
}

fn clean(articles: u32, views: u64) -> Report {
    Report { articles, views, ..Report::of(End::Clean) }
}

#[tokio::test]
async fn a_reader_counts_once_an_hour_and_the_cache_shows_it_once_it_is_drained() {
    let stage = Stage::new().await;
    // Whoever reads first has the table's counters cached.
    let Begun::Read(Some(token), _) = stage.redis.begin(id(1), FillToken(1), None, stage.now()).await.unwrap() else {
        panic!("nothing is there")
    };
    stage.redis.fill(id(1), token, &ArticleCounters::default(), 1, stage.now()).await.unwrap();
    for reader in [1, 1, 2, 1] {
        assert_eq!(stage.read(id(1), reader).await, Glimpse::Known(ArticleCounters::default()));
    }
    stage.read(id(2), 1).await;
    assert_eq!(stage.run().await, clean(2, 3));
    assert_eq!((stage.reads(id(1)), stage.reads(id(2))), (2, 1));
    let Glimpse::Known(counters) = stage.read(id(1), 1).await else { panic!("they are cached") };
    assert_eq!(counters.reads, 2);
    assert_eq!(stage.run().await, clean(0, 0), "nobody new has read anything");

    stage.world.clock.pass(HOUR);
    stage.read(id(1), 1).await;
    assert_eq!(stage.run().await, clean(1, 1));
    assert_eq!(stage.reads(id(1)), 3);
}

/// The real things, up to a number of calls: the one after that is done or not, and nobody hears of it.
struct Dying {
    stage: Arc<Stage>,
    left: AtomicUsize,
    done: bool,
    died: Notify,
}

impl Dying {
    fn after(calls: usize, done: bool, stage: &Arc<Stage>) -> Arc<Self> {
        Arc::new(Self { stage: stage.clone(), left: calls.into(), done, died: Notify::new() })
    }

    async fn call<T>(&self, call: impl Future<Output = T>) -> T {
        if self.left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
            return call.await;
        }
        if self.done {
            call.await;
        }
        self.died.notify_one();
        std::future::pending().await
    }

    /// Whether the run died.
    async fn run(self: Arc<Self>) -> bool {
        let drain = self.stage.drain(self.clone(), self.clone());
        tokio::select! {
            report = drain.drain() => {
                report.unwrap();
                false
            }
            () = self.died.notified() => true,
        }
    }
}

#[async_trait]
impl WaitingViews for Dying {
    async fn take(&self, asked: &[Take]) -> Result<Vec<Taken>, StoreError> {
        self.call(self.stage.redis.take(asked)).await
    }
}

#[async_trait]
impl ViewTallies for Dying {
    async fn add(&self, article: ArticleId, views: u64, batch: Batch) -> Result<ArticleCounters, StoreError> {
        self.call(self.stage.world.interactions.add(article, views, batch)).await
    }
}

#[tokio::test]
async fn views_are_counted_once_wherever_a_run_is_killed() {
    let stage = Stage::new().await;
    let mut expected: BTreeMap<u8, u64> = ARTICLES.into_iter().map(|article| (article, 0)).collect();
    let mut reader = 0;
    for done in [false, true] {
        for calls in 0.. {
            for article in ARTICLES {
                reader += 1;
                stage.read(id(article), reader).await;
                *expected.get_mut(&article).unwrap() += 1;
            }
            let died = Dying::after(calls, done, &stage).run().await;
            // Somebody reads while what the run has left lies about.
            reader += 1;
            stage.read(id(1), reader).await;
            *expected.get_mut(&1).unwrap() += 1;
            stage.world.clock.pass(LIFE + Duration::from_millis(1));
            assert_eq!(stage.run().await.end, End::Clean, "after {calls} calls");
            assert_eq!(stage.all_reads(), expected, "killed after {calls} calls, the last of which was done: {done}");
            if !died {
                // Taking, four articles, taking again: each of them was the last once.
                assert_eq!(calls, ARTICLES.len() + 2);
                break;
            }
        }
    }
}

/// The table's counters, which wait before each write until they are let through.
struct Paused {
    stage: Arc<Stage>,
    paused: Notify,
    gate: Semaphore,
}

#[async_trait]
impl ViewTallies for Paused {
    async fn add(&self, article: ArticleId, views: u64, batch: Batch) -> Result<ArticleCounters, StoreError> {
        self.paused.notify_one();
        self.gate.acquire().await.unwrap().forget();
        self.stage.world.interactions.add(article, views, batch).await
    }
}

#[tokio::test]
async fn a_run_that_was_paused_and_overtaken_counts_nothing_again_and_takes_nothing_away() {
    let stage = Stage::new().await;
    stage.read(id(1), 1).await;
    let paused = Arc::new(Paused { stage: stage.clone(), paused: Notify::new(), gate: Semaphore::new(0) });
    let drain = stage.drain(stage.redis.clone(), paused.clone());
    let late = tokio::spawn(async move { drain.drain().await });
    paused.paused.notified().await;

    assert_eq!(stage.run().await, Report::of(End::Busy), "the lease is held");
    stage.world.clock.pass(LIFE + Duration::from_millis(1));
    assert_eq!(stage.run().await, clean(1, 1), "what it had begun");
    stage.read(id(1), 2).await;
    assert_eq!(stage.run().await, clean(1, 1), "and a later batch");
    // One more is taken, but not yet counted, when the late one goes on.
    stage.read(id(1), 3).await;
    assert!(Dying::after(1, false, &stage).run().await);
    paused.gate.add_permits(1);
    late.await.unwrap().unwrap();
    assert_eq!(stage.reads(id(1)), 2);

    stage.world.clock.pass(LIFE + Duration::from_millis(1));
    assert_eq!(stage.run().await, clean(1, 1));
    assert_eq!(stage.reads(id(1)), 3);
}

/// The table's counters, of which one cannot be written.
struct Refusing {
    stage: Arc<Stage>,
    refused: ArticleId,
}

#[async_trait]
impl ViewTallies for Refusing {
    async fn add(&self, article: ArticleId, views: u64, batch: Batch) -> Result<ArticleCounters, StoreError> {
        if article == self.refused {
            return Err(StoreError::Contended { service: "the table" });
        }
        self.stage.world.interactions.add(article, views, batch).await
    }
}

#[tokio::test]
async fn what_cannot_be_written_waits_for_the_next_run_and_the_rest_does_not() {
    let stage = Stage::new().await;
    for article in ARTICLES {
        stage.read(id(article), 1).await;
    }
    let refusing = Refusing { stage: stage.clone(), refused: id(1) };
    let failed = stage.drain(stage.redis.clone(), Arc::new(refusing)).drain().await;
    assert!(matches!(failed, Err(StoreError::Contended { .. })), "a run that leaves something fails");
    let mut expected: BTreeMap<u8, u64> = ARTICLES.into_iter().map(|article| (article, 1)).collect();
    expected.insert(1, 0);
    assert_eq!(stage.all_reads(), expected);
    assert_eq!(stage.run().await, clean(1, 1), "what was written is not asked for again");
    assert_eq!(stage.reads(id(1)), 1);
}

/// The table's counters, each write of which takes a second.
struct Slow(Arc<Stage>);

#[async_trait]
impl ViewTallies for Slow {
    async fn add(&self, article: ArticleId, views: u64, batch: Batch) -> Result<ArticleCounters, StoreError> {
        self.0.world.clock.pass(Duration::from_secs(1));
        self.0.world.interactions.add(article, views, batch).await
    }
}

#[tokio::test]
async fn a_run_that_is_out_of_time_leaves_the_rest_to_the_next() {
    let stage = Stage::new().await;
    // More than are taken at once, all of one part.
    let articles = u8::try_from(BUDGET.as_secs()).unwrap() * 2;
    let ids: Vec<_> = (0..articles)
        .map(|number| ArticleId::from_bytes([[number; 15].as_slice(), &[7]].concat().try_into().unwrap()))
        .collect();
    for article in &ids {
        stage.read(*article, 1).await;
    }
    let first = stage.drain(stage.redis.clone(), Arc::new(Slow(stage.clone()))).drain().await.unwrap();
    assert_eq!(first.end, End::OutOfTime);
    assert!(first.articles > 0 && first.articles < u32::from(articles), "{first:?}");
    // The last that were written had no time to be struck off: they are found written.
    let second = stage.run().await;
    assert_eq!(second.end, End::Clean);
    assert!(ids.iter().all(|article| stage.reads(*article) == 1));
}

#[tokio::test]
async fn an_emptied_cache_loses_what_waited_and_says_so() {
    let stage = Stage::new().await;
    stage.read(id(1), 1).await;
    assert_eq!(stage.run().await, clean(1, 1), "the first run finds nothing that it could have lost");
    stage.world.clock.pass(MINUTE);
    stage.read(id(1), 2).await;
    stage.empty_cache().await;
    assert_eq!(stage.run().await, Report { lost: Part::COUNT.into(), ..Report::of(End::Clean) });
    assert_eq!(stage.reads(id(1)), 1);
    // What is read from then on is counted.
    stage.world.clock.pass(MINUTE);
    stage.read(id(1), 3).await;
    assert_eq!(stage.run().await, clean(1, 1));
    assert_eq!(stage.reads(id(1)), 2);
}

/// The whole program, and people who read.
struct Site {
    platform: Platform,
    http: Client,
}

impl Site {
    fn ask(&self, method: Method, path: &str, from: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.platform.url())).header("x-forwarded-for", from)
    }

    async fn post(&self, path: &str, token: &str, body: Value) -> Value {
        let request = self.ask(Method::POST, path, "192.0.2.9").header("authorization", format!("Token {token}"));
        request.json(&body).send().await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_counts_who_reads_an_article_when_the_clock_says_so() {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let clock = Arc::new(Clock::ahead());
    // An hour begins.
    let past = clock.now().as_millis().unsigned_abs() % 3_600_000;
    clock.pass(HOUR - Duration::from_millis(past));
    let options = Options::new(0, folder.path().join("data")).with("TRUSTED_PROXIES", "127.0.0.1");
    let platform = Platform::start_on(&options, clock.clone(), |_| {}).await.unwrap();
    let site = Site { platform, http: Client::new() };
    let user = json!({"username": "ada", "email": "ada@mail.example", "password": "correct horse battery"});
    let user = site.post("/api/users", "", json!({"user": user})).await;
    let token = user["user"]["token"].as_str().unwrap();
    let article = json!({"title": "Three knots", "description": "That hold", "body": "Bowline"});
    let article = site.post("/api/articles", token, json!({"article": article})).await;
    let path = format!("/api/articles/{}", article["article"]["slug"].as_str().unwrap());

    // Two strangers, one of them again and again, whether or not their function knows the article.
    let mut etag = String::new();
    for from in ["192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.1"] {
        let answer = site.ask(Method::GET, &path, from).send().await.unwrap().error_for_status().unwrap();
        answer.headers()["etag"].to_str().unwrap().clone_into(&mut etag);
    }
    // A third, who has it already, and a user from two addresses.
    let third = site.ask(Method::GET, &path, "192.0.2.3").header("if-none-match", etag);
    assert_eq!(third.send().await.unwrap().status(), 304);
    for from in ["192.0.2.4", "192.0.2.5"] {
        let request = site.ask(Method::GET, &path, from).header("authorization", format!("Token {token}"));
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    // None of these reads it.
    let head = site.ask(Method::HEAD, &path, "192.0.2.6");
    assert_eq!(head.send().await.unwrap().status(), 200);
    let forged = site.ask(Method::GET, &path, "192.0.2.7").header("authorization", "Token forged");
    assert_eq!(forged.send().await.unwrap().status(), 401);
    let nowhere = site.ask(Method::GET, "/api/articles/two-knots", "192.0.2.8");
    assert_eq!(nowhere.send().await.unwrap().status(), 404);
    let list = site.ask(Method::GET, "/api/articles", "192.0.2.9");
    assert_eq!(list.send().await.unwrap().status(), 200);

    let counted = async || {
        let answer = site.ask(Method::GET, &path, "192.0.2.1").send().await.unwrap();
        answer.json::<Value>().await.unwrap()["article"]["readsCount"].clone()
    };
    site.platform.tick().await;
    assert_eq!(counted().await, 0);
    clock.pass(MINUTE);
    site.platform.tick().await;
    site.platform.drained().await;
    assert_eq!(counted().await, 4);
    clock.pass(MINUTE);
    site.platform.tick().await;
    assert_eq!(counted().await, 4, "nobody new has read it");
    site.platform.stop().await.unwrap();
}
