//! Totals of likes and collections that the cache does not know: many readers at the same time, in two processes.

use std::sync::Arc;

use futures_util::future::join_all;
use shared::{
    adapters::{dynamodb::ReactionTable, redis::Redis},
    domain::ArticleId,
    ports::{cache::FillToken, counters::CounterCache as _, reactions::CounterViews as _, system::System as _},
};
use test_servers::RedisNode;

use crate::world::World;

fn article() -> ArticleId {
    ArticleId::from_bytes([7; 16])
}

struct Process {
    redis: Arc<Redis>,
    views: ReactionTable,
}

impl Process {
    fn of(world: &World, node: &RedisNode) -> Self {
        let redis = Redis::new(&node.url().parse().unwrap(), Arc::default(), world.clock.clone()).unwrap();
        let redis = Arc::new(redis);
        let views = ReactionTable::new(world.interactions.clone(), redis.clone(), world.clock.clone());
        Self { redis, views }
    }

    async fn readers(&self, count: usize) {
        let all = join_all((0..count).map(|_| self.views.counters(article(), None))).await;
        assert!(all.iter().all(|counters| counters.as_ref().unwrap().likes == 0));
    }
}

/// Reads of the table since it was last asked.
fn reads(world: &World) -> u64 {
    world.calls.take().tallies.get("BatchGetItem").map_or(0, |tally| tally.calls)
}

#[tokio::test]
async fn of_a_crowd_of_readers_in_two_processes_one_reads_the_table() {
    let (world, node) = (World::new().await, RedisNode::start());
    let processes = [Process::of(&world, &node), Process::of(&world, &node)];
    // Redis learns the scripts. Whom it does not answer in time reads the table: the crowd is one that it has time for.
    processes[0].views.counters(ArticleId::from_bytes([8; 16]), None).await.unwrap();
    reads(&world);
    join_all(processes.iter().map(|process| process.readers(20))).await;
    assert_eq!(reads(&world), 1);
}

#[tokio::test]
async fn while_somebody_writes_to_the_table_a_reader_reads_it_once_at_the_end_of_their_patience() {
    let (world, node) = (World::new().await, RedisNode::start());
    let process = Process::of(&world, &node);
    // A writer who dies before they have settled.
    process.redis.announce(FillToken(1), &[article()], world.clock.now()).await.unwrap();
    reads(&world);
    process.readers(1).await;
    assert_eq!(reads(&world), 1);
}
