//! Counters of one article whose likes are committed, told, counted, settled and read in random order.

use proptest::{prelude::*, test_runner::TestRunner};
use shared::{
    domain::{ArticleId, counting::Move, reaction::ArticleCounters},
    ports::counters::{Begun, CounterCache as _, Glimpse},
};
use test_servers::RedisNode;

use super::{Counters, like, redis};

/// What happens next to the article.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// Somebody's like is committed.
    Commit,
    /// Whoever made it tells the cache and is answered.
    Tell(usize),
    /// So many records have come by the stream: they are announced, or else, one step later, counted in the table, or else settled.
    Count(usize),
    /// What was settled last is settled again.
    SettleAgain,
    /// A reader begins to read the table, or else has read it, or else stores what they read.
    Read(usize),
    /// The counters expire; the moves under way do not.
    Expire,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        4 => Just(Event::Commit),
        4 => (0..4_usize).prop_map(Event::Tell),
        6 => (1..4_usize).prop_map(Event::Count),
        1 => Just(Event::SettleAgain),
        8 => (0..3_usize).prop_map(Event::Read),
        1 => Just(Event::Expire),
    ];
    prop::collection::vec(event, 1..100)
}

/// How far a reader has come.
#[derive(Debug, Clone, Copy, Default)]
enum Reader {
    #[default]
    Idle,
    Begun(u64),
    Read(u64, ArticleCounters),
}

/// How far the batch has come that is counted.
#[derive(Debug, Default)]
enum Batch {
    #[default]
    None,
    Announced(usize),
    Counted(Vec<Move>),
}

/// One article, whose likes are committed, told, counted, settled and read in any order that can happen.
struct Simulation<'a> {
    counters: Counters<'a>,
    untold: Vec<Move>,
    uncounted: Vec<Move>,
    batch: Batch,
    last: Vec<Move>,
    table: ArticleCounters,
    committed: u64,
    answered: u64,
    readers: [Reader; 3],
}

impl Simulation<'_> {
    async fn step(&mut self, event: Event, number: u8) {
        match event {
            Event::Commit => {
                let moved = like(number);
                self.committed += 1;
                self.untold.push(moved);
                self.uncounted.push(moved);
            }
            Event::Tell(place) if place < self.untold.len() => {
                let moved = self.untold.remove(place);
                let glimpse = self.counters.moved(moved).await;
                self.answered += 1;
                if let Glimpse::Known(counters) = glimpse {
                    self.check(counters.likes);
                }
            }
            Event::Tell(_) => {}
            Event::Count(size) => self.count(size).await,
            Event::SettleAgain => self.counters.settled(self.table, &self.last.clone()).await,
            Event::Read(reader) => self.read(reader, u64::from(number) * 8 + 1).await,
            Event::Expire => self.counters.cache.forget(&[(self.counters.article, u64::MAX)], &[]).await.unwrap(),
        }
    }

    async fn count(&mut self, size: usize) {
        self.batch = match std::mem::take(&mut self.batch) {
            Batch::None if self.uncounted.is_empty() => Batch::None,
            Batch::None => {
                self.counters.announce(5).await;
                Batch::Announced(size.min(self.uncounted.len()))
            }
            Batch::Announced(size) => {
                let counted: Vec<_> = self.uncounted.drain(..size).collect();
                self.table.likes += counted.len() as u64;
                self.table.version += 1;
                Batch::Counted(counted)
            }
            Batch::Counted(moves) => {
                self.counters.settled_by(5, self.table, &moves).await;
                self.last = moves;
                Batch::None
            }
        };
    }

    async fn read(&mut self, reader: usize, token: u64) {
        self.readers[reader] = match self.readers[reader] {
            Reader::Idle => match self.counters.begin(token).await {
                Begun::Read(Some(token), _) => Reader::Begun(token.0),
                // They wait and begin anew.
                Begun::Read(None, _) => Reader::Idle,
                Begun::Known(counters) => {
                    self.check(counters.likes);
                    Reader::Idle
                }
            },
            Reader::Begun(token) => Reader::Read(token, self.table),
            Reader::Read(token, counters) => {
                if let Some(shown) = self.counters.fill(token, &counters).await {
                    self.check(shown.likes);
                }
                Reader::Idle
            }
        };
    }

    /// Nobody sees fewer likes than were answered, nor more than were committed.
    fn check(&self, seen: u64) {
        assert!(seen >= self.answered, "{seen} of {} answered likes are seen", self.answered);
        assert!(seen <= self.committed, "{seen} likes of {} are seen", self.committed);
    }

    async fn look(&self) {
        match self.counters.look().await {
            Glimpse::Known(counters) => self.check(counters.likes),
            Glimpse::Table => self.check(self.table.likes),
            Glimpse::Behind => {}
        }
    }
}

#[test]
fn no_order_of_events_hides_a_like_that_was_answered_or_shows_one_twice() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let node = RedisNode::start();
    let cache = {
        let _entered = runtime.enter();
        redis(&node.url())
    };
    let config = ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() };
    let outcome = TestRunner::new(config).run(&(events(), any::<[u8; 16]>()), |(events, article)| {
        runtime.block_on(async {
            let mut simulation = Simulation {
                counters: Counters { article: ArticleId::from_bytes(article), ..Counters::of(&cache, 0) },
                untold: Vec::new(),
                uncounted: Vec::new(),
                batch: Batch::None,
                last: Vec::new(),
                table: ArticleCounters::default(),
                committed: 0,
                answered: 0,
                readers: [Reader::Idle; 3],
            };
            for (number, event) in (1..).zip(events) {
                simulation.step(event, number).await;
                simulation.look().await;
            }
            // All that was begun is ended: everyone agrees.
            while !simulation.untold.is_empty() {
                simulation.step(Event::Tell(0), 0).await;
            }
            while !simulation.uncounted.is_empty() || !matches!(simulation.batch, Batch::None) {
                simulation.step(Event::Count(9), 0).await;
            }
            assert_eq!(simulation.table.likes, simulation.committed);
            assert_ne!(simulation.counters.look().await, Glimpse::Behind);
            simulation.look().await;
        });
        Ok(())
    });
    outcome.unwrap();
}
