//! What a cache promises, whatever the order of events: a property over random interleavings of readers and writers.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use proptest::{collection::vec, prelude::*};
use shared::{
    cache::{Cache, Policy},
    domain::Timestamp,
    ports::{StoreError, system::System as _},
};

use crate::simulation::{FakeCache, Loss, Simulated, Stage, Value, pass, run, step};

const FRESH: Duration = Duration::from_secs(10);
const KEEP: Duration = Duration::from_secs(40);
/// The hard expiry of a value whose lifetime varied upwards, and the longest time from a read of the table to its storing.
const LONGEST: Duration = Duration::from_secs(44 + 5);

/// The table: every state that the value has been in, and since when; the number of a state is its version.
#[derive(Default)]
struct Table {
    states: Mutex<Vec<(Option<Value>, Timestamp)>>,
    /// The newest version whose writer has been answered.
    answered: Mutex<usize>,
    loads: AtomicUsize,
}

impl Table {
    fn new() -> Self {
        Self { states: Mutex::new(vec![(None, Timestamp::from_millis(0))]), ..Self::default() }
    }

    fn write(&self, delete: bool, now: Timestamp) -> u64 {
        let mut states = self.states.lock().unwrap();
        let version = states.len() as u64;
        states.push(((!delete).then_some(Value { version }), now));
        version
    }

    async fn load(&self) -> Result<Option<Value>, StoreError> {
        self.loads.fetch_add(1, Ordering::Relaxed);
        step().await;
        let value = self.states.lock().unwrap().last().unwrap().0.clone();
        step().await;
        Ok(value)
    }
}

struct World {
    system: Arc<Simulated>,
    shared: Arc<FakeCache>,
    table: Table,
    /// Two processes.
    caches: [Cache<Value>; 2],
}

impl World {
    fn new() -> Self {
        let system = Arc::new(Simulated::default());
        let shared = Arc::new(FakeCache::new(system.clone()));
        let missing = Duration::from_secs(3);
        let policy = Policy { kind: "value", fresh: FRESH, keep: KEEP, missing, copies: 1 << 20 };
        let caches = [(); 2].map(|()| Cache::new(policy.clone(), shared.clone(), system.clone()));
        Self { system, shared, table: Table::new(), caches }
    }

    async fn get(&self, process: usize) -> Option<Arc<Value>> {
        self.caches[process].get("one", || self.table.load()).await.unwrap()
    }

    /// Reads; the answer must be a state that was not over when the reader began, as far as writers had been answered.
    async fn read(&self, process: usize) {
        let answered = *self.table.answered.lock().unwrap();
        let value = self.get(process).await;
        let states = self.table.states.lock().unwrap();
        let possible = &states[answered..];
        assert!(
            possible.iter().any(|(state, _)| state.as_ref() == value.as_deref()),
            "{value:?} was read after version {answered} was answered: {states:?}"
        );
    }

    /// Reads; the answer must not have been over for longer than a value is kept.
    async fn read_within_hard_expiry(&self, process: usize) {
        let began = self.system.now();
        let value = self.get(process).await;
        let states = self.table.states.lock().unwrap();
        let over = |n: usize| states.get(n + 1).map_or(began, |(_, since)| *since);
        let recent = (0..states.len()).filter(|&n| over(n).plus(LONGEST) >= began);
        assert!(
            recent.into_iter().any(|n| states[n].0.as_ref() == value.as_deref()),
            "{value:?} at {began}: {states:?}"
        );
    }

    /// Writes to the table, then to the cache, then answers. One that `reserves` takes the right to add its value before.
    async fn write(&self, process: usize, delete: bool, reserves: bool) {
        step().await;
        let reserved = if reserves { self.caches[process].reserve("one").await } else { None };
        step().await;
        let version = self.table.write(delete, self.system.now());
        if delete {
            self.caches[process].put_missing("one", version, &[]).await.unwrap();
        } else {
            self.caches[process].put("one", &Value { version }, reserved, &[]).await.unwrap();
        }
        let mut answered = self.table.answered.lock().unwrap();
        *answered = (*answered).max(usize::try_from(version).unwrap());
    }

    /// A writer that ends between the table and the cache.
    async fn write_and_fall(&self, delete: bool) {
        step().await;
        self.table.write(delete, self.system.now());
    }
}

#[derive(Debug, Clone)]
enum Event {
    Reader(usize),
    Writer { process: usize, delete: bool, reserves: bool },
    Move(usize),
    Cancel(usize),
    Pass(u64),
    Lose(Loss),
    Away(bool),
}

fn event() -> impl Strategy<Value = Event> {
    let loss = prop_oneof![Just(Loss::Values), Just(Loss::Rights), Just(Loss::Everything)];
    prop_oneof![
        4 => (0..2usize).prop_map(Event::Reader),
        2 => (0..2usize, prop::bool::weighted(0.2), any::<bool>())
            .prop_map(|(process, delete, reserves)| Event::Writer { process, delete, reserves }),
        30 => any::<usize>().prop_map(Event::Move),
        1 => any::<usize>().prop_map(Event::Cancel),
        2 => prop_oneof![1..20u64, 2_000..12_000u64, Just(50_000)].prop_map(Event::Pass),
        2 => loss.prop_map(Event::Lose),
        1 => any::<bool>().prop_map(Event::Away),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn after_a_write_was_answered_nobody_reads_what_was_before(events in vec(event(), 1..150)) {
        let world = World::new();
        run(async {
            let mut stage = Stage::default();
            for event in events {
                match event {
                    Event::Reader(process) => stage.enter(world.read(process)),
                    Event::Writer { process, delete, reserves } => stage.enter(world.write(process, delete, reserves)),
                    Event::Move(which) => stage.advance(which),
                    Event::Cancel(which) => stage.cancel(which),
                    Event::Pass(millis) => pass(&world.system, Duration::from_millis(millis)).await,
                    Event::Lose(loss) => world.shared.lose(loss),
                    Event::Away(away) => world.shared.away.store(away, Ordering::Relaxed),
                }
            }
            stage.finish(&world.system).await;
        });
    }

    #[test]
    fn even_if_no_writer_reaches_the_cache_nothing_outlives_its_hard_expiry(events in vec(event(), 1..150)) {
        let world = World::new();
        run(async {
            let mut stage = Stage::default();
            for event in events {
                match event {
                    Event::Reader(process) => stage.enter(world.read_within_hard_expiry(process)),
                    Event::Writer { delete, .. } => stage.enter(world.write_and_fall(delete)),
                    Event::Move(which) => stage.advance(which),
                    Event::Cancel(which) => stage.cancel(which),
                    Event::Pass(millis) => pass(&world.system, Duration::from_millis(millis)).await,
                    Event::Lose(_) | Event::Away(_) => {}
                }
            }
            stage.finish(&world.system).await;
        });
    }

    #[test]
    fn while_one_makes_a_value_nobody_else_loads_it(
        old in any::<bool>(),
        readers in vec(0..2usize, 1..12),
        moves in vec(any::<usize>(), 0..200),
    ) {
        let world = World::new();
        run(async {
            world.table.write(false, world.system.now());
            if old {
                // Somebody reads it, and its soft expiry passes.
                let mut stage = Stage::default();
                stage.enter(world.read(0));
                stage.finish(&world.system).await;
                pass(&world.system, FRESH + FRESH / 5).await;
            }
            let before = world.table.loads.swap(0, Ordering::Relaxed);
            assert_eq!(before, usize::from(old));
            let mut stage = Stage::default();
            for &process in &readers {
                stage.enter(world.read(process));
            }
            for which in moves {
                stage.advance(which);
            }
            stage.finish(&world.system).await;
            assert_eq!(world.table.loads.load(Ordering::Relaxed), 1, "of {} readers", readers.len());
            assert_eq!(world.shared.grants.load(Ordering::Relaxed), 1 + usize::from(old));
        });
    }
}
