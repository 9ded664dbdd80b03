//! Random sequences of operations, done on the platform and on a simple model of it, which must answer alike.
//!
//! The seed is printed. `PROPTEST_RNG_SEED=<seed>` runs the same cases again, `PROPTEST_CASES=<number>` more or fewer of them.

mod accounts;
mod articles;
mod client;
mod comments;
mod departures;
mod drafts;
mod everything;
mod expected;
mod follows;
mod hot;
mod likes;
mod lists;
mod operation;
mod sessions;
mod vocabulary;
mod world;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use bloghub::platform::{Options, Platform};
use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};
use shared::{adapters::system::OperatingSystem, config, ports::system::System};

use crate::{
    client::{Client, Outcome},
    operation::Operation,
    vocabulary::Sent,
    world::World,
};

/// Cases unless `PROPTEST_CASES` says otherwise: about half a minute of them.
const CASES: u32 = 12;

/// Few tries, so that sequences use them up.
const LOCKOUT: &str = "account 3/86400";

#[test]
fn the_platform_answers_as_the_model_does() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let data = tempfile::tempdir().unwrap();
    let options = Options::new(0, data.path().join("data")).with("RATE_LIMITS", "off").with("LOGIN_LOCKOUT", LOCKOUT);
    let platform = Arc::new(runtime.block_on(Platform::start(&options, |_| {})).unwrap());
    let client = Client::new(platform.clone());

    let config = configuration();
    println!("model: {} cases, PROPTEST_RNG_SEED={}", config.cases, config.rng_seed);
    // A case that is tried again, smaller, is a case of its own.
    let number = AtomicU64::new(0);
    let outcome = TestRunner::new(config).run(&operation::sequence(), |operations| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        runtime.block_on(case(client.clone(), number, &operations)).map_err(TestCaseError::fail)
    });
    drop(client);
    let platform = Arc::into_inner(platform).expect("all clients are gone");
    runtime.block_on(platform.stop()).unwrap();
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
}

/// The settings of the environment, with a seed that can be printed.
fn configuration() -> Config {
    let mut config = Config::default();
    if config::variable("PROPTEST_CASES").is_none() {
        config.cases = CASES;
    }
    if config.rng_seed == RngSeed::Random {
        let system: &dyn System = &OperatingSystem::default();
        config.rng_seed = RngSeed::Fixed(u64::from_ne_bytes(system.random()));
    }
    // Beside this package's manifest, which is where tests run.
    config.failure_persistence = Some(Box::new(FileFailurePersistence::Direct("model/failures.txt")));
    config.max_shrink_iters = 400;
    config
}

/// One case: two users sign up, then come the operations; after them everything is compared, and again without the cache.
async fn case(client: Client, number: u64, operations: &[Operation]) -> Outcome {
    let mut world = World::new(client, number).await?;
    let outcome = async {
        for user in 0..2 {
            let nth = |words: Vec<vocabulary::Word>, n: usize| Sent::Value(words[n].clone());
            let (name, email) = (nth(vocabulary::names(), user * 6), nth(vocabulary::emails(), user * 3));
            world.sign_up(&name, &email, &nth(vocabulary::passwords(), user)).await?;
        }
        for operation in operations {
            world.perform(operation).await?;
        }
        world.compare_everything().await?;
        world.compare_hot().await?;
        world.empty_cache().await;
        world.compare_everything().await?;
        world.delete_everything().await?;
        world.compare_hot().await
    };
    outcome.await.map_err(|difference| format!("{difference}\nafter\n  {}", world.story.join("\n  ")))
}
