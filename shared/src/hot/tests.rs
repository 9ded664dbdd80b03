//! Nobody is shown an older list after a newer one, in whatever order reads and writes meet.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    future::poll_fn,
    pin::Pin,
    rc::Rc,
    sync::atomic::AtomicBool,
    task::{Context, Poll, Waker},
};

use async_trait::async_trait;
use http::HeaderMap;
use serde_json::Value;

use super::*;
use crate::domain::{
    ArticleId, DraftId, Timestamp, UserId,
    article::{Article, Description, Slug, Title},
    reaction::Reactions,
    tag::Tag,
    user::{Profile, Username},
};

/// An article of a list.
pub(crate) fn listed(id: ArticleId, tags: &[&str]) -> Listed {
    let now = Timestamp::from_millis(1_800_000_000_000);
    let article = Article {
        id,
        draft_id: DraftId::from_bytes(id.to_bytes()),
        slug: Slug::parse(&format!("a-{}", id.to_string().to_lowercase())).unwrap(),
        author_id: UserId::from_bytes([1; 16]),
        title: Title::parse("Knots").unwrap(),
        description: Description::parse("Three that hold").unwrap(),
        tags: tags.iter().map(|tag| Tag::parse(tag).unwrap()).collect(),
        revision: 1,
        created_at: now,
        updated_at: now,
        version: 1,
    };
    let author = Profile { username: Username::parse("ann").unwrap(), bio: None, image: None };
    Listed { article, author, reactions: Reactions::default() }
}

fn list(version: u64) -> HotList {
    HotList { version, ..HotList::default() }
}

/// Goes on when it is polled again.
async fn a_moment() {
    let mut waited = false;
    poll_fn(|_| if std::mem::replace(&mut waited, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

/// The cache and the table: the version that each has. Whoever asks waits for a moment first.
#[derive(Default)]
struct Stores {
    cache: AtomicU64,
    table: AtomicU64,
    away: AtomicBool,
    /// How often they were asked.
    asked: [AtomicU64; 2],
    /// Whether an answer takes a moment.
    slow: AtomicBool,
}

impl Stores {
    async fn arrive(&self, which: usize) -> Result<(), StoreError> {
        self.asked[which].fetch_add(1, Ordering::SeqCst);
        if self.slow.load(Ordering::SeqCst) {
            a_moment().await;
        }
        let error = StoreError::Unavailable { service: "the test", source: "away".into() };
        if self.away.load(Ordering::SeqCst) { Err(error) } else { Ok(()) }
    }

    /// What is there when the question arrives; it takes another moment until the answer does.
    async fn there(&self, version: &AtomicU64) -> Option<HotList> {
        let there = Some(version.load(Ordering::SeqCst)).filter(|version| *version > 0).map(list);
        if self.slow.load(Ordering::SeqCst) {
            a_moment().await;
        }
        there
    }

    fn asked(&self) -> (u64, u64) {
        (self.asked[0].load(Ordering::SeqCst), self.asked[1].load(Ordering::SeqCst))
    }
}

#[async_trait]
impl HotListCache for Stores {
    async fn load(&self, known: Option<u64>) -> Result<CachedHotList, StoreError> {
        self.arrive(0).await?;
        Ok(match self.there(&self.cache).await {
            Some(list) if Some(list.version) == known => CachedHotList::Same,
            Some(list) => CachedHotList::List(list),
            None => CachedHotList::Nothing,
        })
    }

    async fn store(&self, list: &HotList) -> Result<(), StoreError> {
        self.arrive(0).await?;
        self.cache.fetch_max(list.version, Ordering::SeqCst);
        Ok(())
    }
}

#[async_trait]
impl HotListReads for Stores {
    async fn load(&self) -> Result<Option<HotList>, StoreError> {
        self.arrive(1).await?;
        Ok(self.there(&self.table).await)
    }
}

/// Time as the test has it.
#[derive(Default)]
struct Clock(AtomicU64);

impl System for Clock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(0)
    }

    fn monotonic(&self) -> Duration {
        Duration::from_millis(self.0.load(Ordering::SeqCst))
    }

    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(0);
    }
}

fn process(stores: &Arc<Stores>) -> (HotLists, Arc<Clock>) {
    let clock = Arc::new(Clock::default());
    (HotLists::new(stores.clone(), stores.clone(), clock.clone()), clock)
}

type Actor = Pin<Box<dyn Future<Output = ()>>>;

/// Plays each order in which actors can take their steps: from one question of a store to the next. `scene` makes the actors, and what is
/// looked at after each step, and, with `true`, at the end. Answers how many orders there are.
fn every_order(scene: impl Fn() -> (Vec<Actor>, Box<dyn FnMut(bool)>)) -> usize {
    let mut choices: Vec<(usize, usize)> = Vec::new();
    let mut orders = 0;
    loop {
        let (actors, mut look) = scene();
        let mut context = Context::from_waker(Waker::noop());
        let mut left: Vec<Actor> = Vec::new();
        // Up to the first question, which nothing depends on.
        for mut actor in actors {
            if actor.as_mut().poll(&mut context).is_pending() {
                left.push(actor);
            }
        }
        let mut depth = 0;
        while !left.is_empty() {
            if depth == choices.len() {
                choices.push((0, left.len()));
            }
            let next = choices[depth].0;
            if left[next].as_mut().poll(&mut context).is_ready() {
                drop(left.remove(next));
            }
            look(false);
            depth += 1;
        }
        look(true);
        orders += 1;
        while choices.last().is_some_and(|(choice, of)| choice + 1 == *of) {
            choices.pop();
        }
        let Some(last) = choices.last_mut() else { return orders };
        last.0 += 1;
    }
}

fn now<T>(future: impl Future<Output = T>) -> T {
    let mut future = Box::pin(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
    }
}

/// Stores where version 1 is, and that take a moment.
fn stores_at_one() -> Arc<Stores> {
    let stores = Arc::new(Stores::default());
    for store in [&stores.cache, &stores.table] {
        store.store(1, Ordering::SeqCst);
    }
    stores.slow.store(true, Ordering::SeqCst);
    stores
}

/// Makes `version`: the table first, then the cache.
fn maker(stores: &Arc<Stores>, version: u64) -> Actor {
    let stores = stores.clone();
    Box::pin(async move {
        a_moment().await;
        stores.table.fetch_max(version, Ordering::SeqCst);
        stores.store(&list(version)).await.unwrap();
    })
}

/// The cache loses what it has.
fn loss(stores: &Arc<Stores>) -> Actor {
    let stores = stores.clone();
    Box::pin(async move {
        a_moment().await;
        stores.cache.store(0, Ordering::SeqCst);
    })
}

fn looking(process: &Rc<HotLists>) -> Actor {
    let process = process.clone();
    Box::pin(async move {
        process.look().await.unwrap();
    })
}

fn version(process: &HotLists) -> u64 {
    process.newest.load().map_or(0, |copy| copy.version())
}

#[test]
fn no_process_goes_back_in_whatever_order_lists_are_made_lost_and_read() {
    let orders = every_order(|| {
        let stores = stores_at_one();
        let processes = [(); 2].map(|()| Rc::new(process(&stores).0));
        // The first process knows version 1, the other nothing. In the first, two look at the same time.
        now(processes[0].look()).unwrap();
        let actors = vec![maker(&stores, 2), loss(&stores), looking(&processes[0]), looking(&processes[0])];
        let mut before = [1, 0];
        let look = move |end: bool| {
            for (process, before) in processes.iter().zip(&mut before) {
                if end {
                    now(process.look()).unwrap();
                    assert_eq!(version(process), 2, "whoever looks after it was made has it");
                }
                assert!(version(process) >= *before, "{} after {before}", version(process));
                *before = version(process);
            }
        };
        (actors, Box::new(look))
    });
    assert!(orders > 1_000, "{orders}");
}

#[test]
fn no_process_goes_back_when_a_stale_maker_reaches_the_cache_after_a_later_one() {
    let orders = every_order(|| {
        let stores = stores_at_one();
        let one = Rc::new(process(&stores).0);
        now(one.look()).unwrap();
        let again = one.clone();
        let twice: Actor = Box::pin(async move {
            for _ in 0..2 {
                again.look().await.unwrap();
            }
        });
        let actors = vec![maker(&stores, 2), maker(&stores, 3), loss(&stores), twice];
        let mut before = 1;
        let look = move |_: bool| {
            assert!(version(&one) >= before, "{} after {before}", version(&one));
            before = version(&one);
        };
        (actors, Box::new(look))
    });
    assert!(orders > 1_000, "{orders}");
}

/// What the rule is for: a copy that takes whatever was read last is old after it was new, in some order.
#[test]
fn without_versions_a_process_would_go_back() {
    let back = Rc::new(Cell::new(0));
    let orders = every_order(|| {
        let (stores, copy) = (stores_at_one(), Rc::new(Cell::new(1)));
        let naive = || -> Actor {
            let (stores, copy) = (stores.clone(), copy.clone());
            Box::pin(async move {
                let read = match HotListCache::load(&*stores, None).await.unwrap() {
                    CachedHotList::List(list) => list.version,
                    _ => HotListReads::load(&*stores).await.unwrap().unwrap().version,
                };
                copy.set(read);
            })
        };
        let actors = vec![maker(&stores, 2), loss(&stores), naive(), naive()];
        let (back, seen) = (back.clone(), RefCell::new(1));
        let look = move |_: bool| {
            back.set(back.get() + usize::from(copy.get() < *seen.borrow()));
            seen.replace(copy.get());
        };
        (actors, Box::new(look))
    });
    assert!(back.get() > 0 && back.get() < orders);
}

#[test]
fn of_values_that_threads_offer_at_the_same_time_readers_see_ever_newer_ones_and_the_newest_stays() {
    let newest = Newest::<HotAnswers>::default();
    let answers = |version| Arc::new(HotAnswers::of(list(version)));
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let newest = &newest;
            // Each in an order of its own, up and down: 7 and 2,003 have no divisor in common.
            scope.spawn(move || {
                for n in 0..2_003 {
                    newest.offer(answers((n * 7 + thread * 500) % 2_003 + 1));
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                let mut last = 0;
                while last < 2_003 {
                    let seen = newest.load().map_or(0, |answers| answers.version());
                    assert!(seen >= last, "{seen} after {last}");
                    last = seen;
                }
            });
        }
    });
    assert_eq!(newest.load().unwrap().version(), 2_003);
    assert!(!newest.offer(answers(2_003)) && newest.offer(answers(2_004)));
}

#[tokio::test]
async fn a_copy_is_served_for_two_seconds_without_a_question_and_then_one_asks() {
    let stores = Arc::new(Stores::default());
    stores.cache.store(5, Ordering::SeqCst);
    stores.table.store(5, Ordering::SeqCst);
    let (process, clock) = process(&stores);
    assert_eq!((process.newest().await.unwrap().version(), stores.asked()), (5, (1, 0)));
    stores.cache.store(6, Ordering::SeqCst);
    clock.0.store(1_999, Ordering::SeqCst);
    for _ in 0..100 {
        assert_eq!(process.newest().await.unwrap().version(), 5);
    }
    assert_eq!(stores.asked(), (1, 0));
    clock.0.store(2_000, Ordering::SeqCst);
    stores.slow.store(true, Ordering::SeqCst);
    let mut first = Box::pin(process.newest());
    let mut context = Context::from_waker(Waker::noop());
    assert!(first.as_mut().poll(&mut context).is_pending());
    // The others do not wait for whoever asks.
    for _ in 0..100 {
        assert_eq!(now(process.newest()).unwrap().version(), 5);
    }
    assert_eq!((first.await.unwrap().version(), stores.asked()), (6, (2, 0)));
}

#[tokio::test]
async fn what_nobody_can_be_asked_for_is_what_is_known_and_the_table_is_asked_rarely() {
    let stores = Arc::new(Stores::default());
    stores.away.store(true, Ordering::SeqCst);
    let (process, clock) = process(&stores);
    assert!(process.newest().await.is_err(), "nothing is known");
    stores.away.store(false, Ordering::SeqCst);
    stores.table.store(3, Ordering::SeqCst);
    assert_eq!(process.newest().await.unwrap().version(), 3, "the cache has lost it");
    let asked = stores.asked();
    clock.0.store(9_999, Ordering::SeqCst);
    assert_eq!((process.newest().await.unwrap().version(), stores.asked()), (3, asked));
    stores.away.store(true, Ordering::SeqCst);
    for time in (10_000..100_000).step_by(100) {
        clock.0.store(time, Ordering::SeqCst);
        assert_eq!(process.newest().await.unwrap().version(), 3);
    }
    assert_eq!(stores.asked(), (asked.0 + 9, asked.1 + 9), "each ten seconds");
}

#[tokio::test]
async fn before_the_first_list_there_is_an_empty_one_of_version_0() {
    let stores = Arc::new(Stores::default());
    let (process, clock) = process(&stores);
    assert_eq!(process.newest().await.unwrap().version(), 0);
    stores.cache.store(1, Ordering::SeqCst);
    clock.0.store(10_000, Ordering::SeqCst);
    assert_eq!(process.newest().await.unwrap().version(), 1);
}

async fn json(response: Response) -> Value {
    serde_json::from_slice(&axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap()).unwrap()
}

#[tokio::test]
async fn answers_have_as_many_as_are_wanted_and_count_all() {
    let tags = |number: u8| if number.is_multiple_of(2) { vec!["Even", "all"] } else { vec!["all"] };
    let articles: Vec<_> = (0..30).map(|n| listed(ArticleId::from_bytes([n; 16]), &tags(n))).collect();
    let slugs: Vec<_> = articles.iter().map(|listed| listed.article.slug.to_string()).collect();
    let ranked_at = Some(Timestamp::from_millis(0));
    let answers = HotAnswers::of(HotList { version: 9, ranked_at, articles });
    let reading = Reading::of(&HeaderMap::new());
    for (limit, shown) in [(1, 1), (20, 20), (30, 30), (100, 30), (20, 20)] {
        let answer = json(answers.answer(&reading, limit, None)).await;
        let names: Vec<_> =
            answer["articles"].as_array().unwrap().iter().map(|it| it["slug"].as_str().unwrap()).collect();
        assert_eq!(names, slugs[..shown]);
        assert_eq!((answer["articlesCount"].as_u64(), answer["version"].as_u64()), (Some(30), Some(9)));
        assert_eq!(answer["rankedAt"], "1970-01-01T00:00:00.000Z");
    }
    let even = FoldedTag::wanted("eVEN").unwrap();
    let answer = json(answers.answer(&reading, 4, Some(&even))).await;
    let names: BTreeSet<_> =
        answer["articles"].as_array().unwrap().iter().map(|it| it["slug"].as_str().unwrap()).collect();
    assert_eq!(names, slugs.iter().step_by(2).take(4).map(String::as_str).collect());
    assert_eq!(answer["articlesCount"], 15);
    let none = json(answers.answer(&reading, 4, FoldedTag::wanted("odd").as_ref())).await;
    assert_eq!((none["articles"].as_array().map(Vec::len), &none["articlesCount"]), (Some(0), &serde_json::json!(0)));
}
