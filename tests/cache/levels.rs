//! The levels of a cache, one behaviour after another, under a simulated clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use shared::{
    cache::{Cache, CacheCounts, Policy},
    domain::Timestamp,
    ports::{
        StoreError,
        cache::{CacheKey, Entry, Found, SharedCache as _},
    },
};

use crate::simulation::{FakeCache, Loss, Simulated, Stage, Value, pass, run};

const SECOND: Duration = Duration::from_secs(1);

struct World {
    system: Arc<Simulated>,
    shared: Arc<FakeCache>,
    cache: Cache<Value>,
    /// The version in the table; 0 is no value, and `u64::MAX` a table that is away.
    table: AtomicU64,
}

impl World {
    fn new() -> Self {
        let system = Arc::new(Simulated::default());
        let shared = Arc::new(FakeCache::new(system.clone()));
        let policy =
            Policy { kind: "value", fresh: 10 * SECOND, keep: 60 * SECOND, missing: 5 * SECOND, copies: 1 << 20 };
        let cache = Cache::new(policy, shared.clone(), system.clone());
        Self { system, shared, cache, table: AtomicU64::new(1) }
    }

    async fn load(&self) -> Result<Option<Value>, StoreError> {
        match self.table.load(Ordering::Relaxed) {
            0 => Ok(None),
            u64::MAX => Err(StoreError::Unavailable { service: "DynamoDB", source: "away".into() }),
            version => Ok(Some(Value { version })),
        }
    }

    /// The version that is read, 0 for none; or an error.
    async fn get(&self) -> Result<u64, StoreError> {
        self.during(self.cache.get("one", || self.load())).await.map(|value| value.map_or(0, |value| value.version))
    }

    async fn during<T>(&self, act: impl Future<Output = T>) -> T {
        let mut answer = None;
        let mut stage = Stage::default();
        stage.enter(async { answer = Some(act.await) });
        stage.finish(&self.system).await;
        drop(stage);
        answer.unwrap()
    }

    fn counts(&self) -> CacheCounts {
        self.cache.counts()
    }
}

#[test]
fn a_value_is_loaded_once_and_then_served() {
    let world = World::new();
    run(async {
        for _ in 0..3 {
            assert_eq!(world.get().await.unwrap(), 1);
        }
        assert_eq!(world.counts(), CacheCounts { misses: 1, loads: 1, hits: 2, ..CacheCounts::default() });
    });
}

#[test]
fn what_the_process_holds_is_not_sent_again() {
    let world = World::new();
    run(async {
        world.get().await.unwrap();
        let lookup = world.cache.look_up("one");
        assert_eq!(lookup.wanted.known, Some(1));
        let found = world.during(world.shared.read(std::slice::from_ref(&lookup.wanted))).await.unwrap().remove(0);
        assert!(matches!(found, Found::Same { .. }));
        let value = world.during(world.cache.resolve(lookup, Some(found), || world.load())).await.unwrap();
        assert_eq!(value.unwrap().version, 1);
        assert_eq!(world.counts().hits, 1);
    });
}

#[test]
fn a_copy_is_not_used_once_the_shared_cache_has_lost_the_value() {
    let world = World::new();
    run(async {
        world.get().await.unwrap();
        world.table.store(2, Ordering::Relaxed);
        world.shared.lose(Loss::Everything);
        assert_eq!(world.get().await.unwrap(), 2);
    });
}

#[test]
fn that_there_is_none_is_remembered_briefly() {
    let world = World::new();
    run(async {
        world.table.store(0, Ordering::Relaxed);
        assert_eq!((world.get().await.unwrap(), world.get().await.unwrap()), (0, 0));
        assert_eq!((world.counts().loads, world.counts().negatives), (1, 1));
        world.table.store(1, Ordering::Relaxed);
        pass(&world.system, 6 * SECOND).await;
        assert_eq!(world.get().await.unwrap(), 1);
    });
}

#[test]
fn a_writers_value_takes_the_place_of_an_older_one_and_of_none() {
    let world = World::new();
    run(async {
        world.table.store(0, Ordering::Relaxed);
        assert_eq!(world.get().await.unwrap(), 0);
        for version in 1..4 {
            world.during(world.cache.put("one", &Value { version }, None, &[])).await.unwrap();
            assert_eq!(world.get().await.unwrap(), version);
        }
        world.during(world.cache.put_missing("one", 4, &[])).await.unwrap();
        assert_eq!(world.get().await.unwrap(), 0);
        assert_eq!(world.counts().loads, 1);
    });
}

#[test]
fn past_the_soft_expiry_the_one_who_has_the_right_gets_the_new_value() {
    let world = World::new();
    run(async {
        world.get().await.unwrap();
        world.table.store(2, Ordering::Relaxed);
        pass(&world.system, 12 * SECOND).await;
        assert_eq!(world.get().await.unwrap(), 2);
        assert_eq!(world.get().await.unwrap(), 2);
        assert_eq!((world.counts().loads, world.counts().hits), (2, 1));
    });
}

#[test]
fn a_value_that_has_gone_unnoticed_goes_with_its_soft_expiry() {
    let world = World::new();
    run(async {
        world.get().await.unwrap();
        world.table.store(0, Ordering::Relaxed);
        pass(&world.system, 12 * SECOND).await;
        assert_eq!((world.get().await.unwrap(), world.get().await.unwrap()), (0, 0));
    });
}

#[test]
fn while_the_table_is_away_the_old_value_is_served_until_its_hard_expiry() {
    let world = World::new();
    run(async {
        world.get().await.unwrap();
        world.table.store(u64::MAX, Ordering::Relaxed);
        pass(&world.system, 12 * SECOND).await;
        assert_eq!(world.get().await.unwrap(), 1);
        assert_eq!(world.counts().stale, 1);
        pass(&world.system, 55 * SECOND).await;
        assert!(matches!(world.get().await, Err(StoreError::Unavailable { service: "DynamoDB", .. })));
    });
}

#[test]
fn without_the_shared_cache_every_value_is_loaded() {
    let world = World::new();
    run(async {
        world.get().await.unwrap();
        world.table.store(2, Ordering::Relaxed);
        world.shared.away.store(true, Ordering::Relaxed);
        assert_eq!(world.get().await.unwrap(), 2, "the copy could be old");
        assert_eq!(world.get().await.unwrap(), 2);
        assert_eq!((world.counts().away, world.counts().loads), (2, 3));
    });
}

#[test]
fn whoever_waits_for_a_maker_that_never_ends_loads_it_without_storing_it() {
    let world = World::new();
    run(async {
        let mut stage = Stage::default();
        stage.enter(async {
            let never = world.cache.get("one", std::future::pending::<Result<Option<Value>, StoreError>>);
            drop(never.await);
        });
        for _ in 0..20 {
            stage.advance(0);
        }
        // Cancelled, its right stays until it expires.
        drop(stage);
        assert_eq!(world.get().await.unwrap(), 1);
        assert_eq!(world.counts().loads, 2);
        let again = world.during(world.shared.read(&[world.cache.look_up("one").wanted])).await.unwrap();
        assert_eq!(again, [Found::Nothing]);
    });
}

#[test]
fn what_another_release_wrote_counts_as_a_miss_and_is_replaced() {
    let world = World::new();
    run(async {
        let entry =
            Entry { version: 1, value: Some(b"\x01binary".to_vec()), fresh_until: Timestamp::from_millis(9_000) };
        world.shared.store(CacheKey::new("value", "one"), entry, 60 * SECOND);
        assert_eq!((world.get().await.unwrap(), world.get().await.unwrap()), (1, 1));
        assert_eq!((world.counts().misses, world.counts().loads, world.counts().hits), (1, 1, 1));
    });
}
