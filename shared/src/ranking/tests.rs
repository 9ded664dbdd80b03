//! What is found, against everything sorted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use async_trait::async_trait;
use proptest::prelude::*;

use super::*;
use crate::{
    domain::{ranking::HotClass, reaction::ArticleCounters},
    ports::ranking::CandidatePage,
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Articles in memory, in classes as they were noted: which may be behind the counters.
#[derive(Debug, Default)]
struct Shelf {
    counters: BTreeMap<ArticleId, ArticleCounters>,
    classes: BTreeMap<HotShard, BTreeSet<ArticleId>>,
    asked: Mutex<Vec<ArticleId>>,
}

impl Shelf {
    fn add(&mut self, article: ArticleId, counters: ArticleCounters) {
        self.counters.insert(article, counters);
        if let Some(class) = HotClass::of(&counters) {
            self.classes.entry(HotShard::of(class, article)).or_default().insert(article);
        }
    }

    /// All of them, the hottest first.
    fn sorted(&self, scoring: &Scoring, gone: &HashSet<ArticleId>) -> Vec<Scored> {
        let scored = self.counters.iter().filter(|(article, _)| !gone.contains(*article)).map(|(article, counters)| {
            Scored { article: *article, counters: *counters, score: scoring.score(counters, article.made_at(), NOW) }
        });
        let mut all: Vec<_> = scored.filter(|scored| scored.score > 0.0).collect();
        all.sort_by(|one, other| other.cmp(one));
        all.truncate(TOP);
        all
    }
}

#[async_trait]
impl Candidates for Shelf {
    async fn page(&self, shard: HotShard, behind: Option<ArticleId>, limit: u16) -> Result<CandidatePage, StoreError> {
        let all = self.classes.get(&shard).into_iter().flatten().rev();
        let mut left = all.filter(|article| behind.is_none_or(|behind| **article < behind)).copied();
        let articles: Vec<_> = left.by_ref().take(limit.into()).collect();
        Ok(CandidatePage { articles, more: left.next().is_some() })
    }

    async fn counters(&self, articles: &[ArticleId]) -> Result<Vec<ArticleCounters>, StoreError> {
        self.asked.lock().unwrap().extend(articles);
        Ok(articles.iter().map(|article| self.counters[article]).collect())
    }

    async fn dismiss(&self, _: &HashSet<ArticleId>) -> Result<(), StoreError> {
        Ok(())
    }
}

fn article(number: u64, age: u64) -> ArticleId {
    let made = Timestamp::from_millis(NOW.as_millis() - i64::try_from(age).unwrap());
    let mut random = [0; 10];
    random[2..].copy_from_slice(&number.to_be_bytes());
    ArticleId::new(made, random)
}

/// Numbers of all sizes: as many below ten as between a thousand and ten thousand.
fn number() -> impl Strategy<Value = u64> {
    (0.0..5.0_f64).prop_map(|power| (10_f64.powf(power) - 1.0).round() as u64)
}

fn population() -> impl Strategy<Value = Shelf> {
    // Ages in milliseconds, from the same hour to years.
    let one = (proptest::array::uniform4(number()), (3.0..11.0_f64).prop_map(|power| 10_f64.powf(power) as u64));
    proptest::collection::vec(one, 0..600).prop_map(|articles| {
        let mut shelf = Shelf::default();
        for (place, ([likes, collects, comments, reads], age)) in articles.into_iter().enumerate() {
            let counters = ArticleCounters { likes, collects, comments, reads, version: 2 };
            shelf.add(article(place as u64, age), counters);
        }
        shelf
    })
}

fn scoring() -> impl Strategy<Value = Scoring> {
    let weights = proptest::array::uniform4(prop_oneof![Just(1.0), 0.0..10.0_f64]);
    let other = (0.5..3.0_f64, weights).prop_map(|(gravity, [likes, collects, comments, reads])| Scoring {
        gravity,
        likes,
        collects,
        comments,
        reads,
    });
    prop_oneof![Just(Scoring::default()), other]
}

fn run(shelf: &Shelf, scoring: &Scoring, gone: &HashSet<ArticleId>) -> Ranking {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(rank(shelf, scoring, NOW, gone)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_found_is_what_sorting_everything_finds(shelf in population(), scoring in scoring(), every in 2..50_usize) {
        let gone: HashSet<_> = shelf.counters.keys().copied().step_by(every).collect();
        for gone in [HashSet::new(), gone] {
            let found = run(&shelf, &scoring, &gone);
            prop_assert!(found.whole);
            prop_assert_eq!(found.top, shelf.sorted(&scoring, &gone));
        }
    }
}

#[test]
fn articles_that_are_alike_are_ranked_newest_first_across_pages_and_shards() {
    let mut shelf = Shelf::default();
    let counters = ArticleCounters { likes: 4, version: 2, ..ArticleCounters::default() };
    for number in 0..2_500 {
        shelf.add(article(number, 3_600_000), counters);
    }
    let found = run(&shelf, &Scoring::default(), &HashSet::new());
    assert_eq!(found.top, shelf.sorted(&Scoring::default(), &HashSet::new()));
    assert!(found.top.windows(2).all(|pair| pair[0].article > pair[1].article));
}

#[test]
fn what_is_read_follows_those_that_can_be_hot_and_not_how_many_there_are() {
    let read = |articles: u64| {
        let mut shelf = Shelf::default();
        // An article a minute, of which every hundredth is liked by many and the rest by a few.
        for number in 0..articles {
            let likes = if number % 100 == 0 { 1_000 + number % 7 } else { 1 + number % 5 };
            let counters = ArticleCounters { likes, version: 2, ..ArticleCounters::default() };
            shelf.add(article(number, number * 60_000), counters);
        }
        let found = run(&shelf, &Scoring::default(), &HashSet::new());
        assert_eq!(found.top, shelf.sorted(&Scoring::default(), &HashSet::new()));
        let asked = shelf.asked.lock().unwrap();
        assert_eq!((asked.len(), asked.iter().collect::<BTreeSet<_>>().len()), (found.scored, found.scored));
        (found.scored, found.named)
    };
    let (few, named) = read(20_000);
    assert!(few < 1_000 && named < 3_000, "{few} of {named}");
    assert_eq!(read(100_000), (few, named));
}

#[test]
fn an_article_in_two_classes_is_on_the_list_once() {
    let mut shelf = Shelf::default();
    let moving = article(1, 1_000);
    shelf.add(moving, ArticleCounters { likes: 3, version: 2, ..ArticleCounters::default() });
    shelf.add(moving, ArticleCounters { likes: 9, version: 3, ..ArticleCounters::default() });
    assert_eq!(shelf.classes.values().map(BTreeSet::len).sum::<usize>(), 2);
    assert_eq!(run(&shelf, &Scoring::default(), &HashSet::new()).top.len(), 1);
}
