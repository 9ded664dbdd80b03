//! Two who hold the lease, one of whom does not know that it has lost it.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use ranking_cron::{End, LEASE, LIFE, Ranker};
use shared::{
    cached::CachedArticles,
    domain::{
        ArticleId, HolderId, UserId,
        article::{Article, ArticleHtml, Found, Listed, Seen, Slug},
        ranking::{HotList, HotShard, Scored, Scoring},
        reaction::{ArticleCounters, Reactions},
        user::{Profile, Username},
        view::Reader,
    },
    ports::{
        StoreError,
        articles::ArticleDetails,
        cache::{CacheKey, Claim, Entry, FillToken, Found as FoundInCache, SharedCache, Stale, Wanted},
        leases::{GuardedWriteError, Lease, Leases as _},
        ranking::{CachedHotList, CandidatePage, Candidates, HotArticles, HotListCache, HotListReads as _},
        system::System as _,
    },
};

use super::{Timestamp, article, like_and_classify};
use crate::world::World;

/// Articles as they are scored; nothing else is known of them.
struct Shown(Article);

#[async_trait]
impl HotArticles for Shown {
    async fn show(&self, scored: &[Scored]) -> Result<Vec<Option<Listed>>, StoreError> {
        let author = Profile { username: Username::parse("ann").unwrap(), bio: None, image: None };
        let listed = |scored: &Scored| Listed {
            article: Article { id: scored.article, ..self.0.clone() },
            author: author.clone(),
            reactions: Reactions::of_stranger(scored.counters),
        };
        Ok(scored.iter().map(|scored| Some(listed(scored))).collect())
    }
}

#[async_trait]
impl ArticleDetails for Shown {
    async fn read(&self, _: &Slug, _: Option<UserId>, _: Option<Reader>) -> Result<Option<Found<Seen>>, StoreError> {
        Ok(None)
    }

    async fn html(&self, _: &Article) -> Result<Option<ArticleHtml>, StoreError> {
        Ok(None)
    }
}

/// A cache that keeps the newest list and nothing else.
#[derive(Default)]
struct Cache(Mutex<Option<HotList>>);

impl Cache {
    fn version(&self) -> Option<u64> {
        self.0.lock().unwrap().as_ref().map(|list| list.version)
    }
}

#[async_trait]
impl HotListCache for Cache {
    async fn load(&self, _: Option<u64>) -> Result<CachedHotList, StoreError> {
        Ok(self.0.lock().unwrap().clone().map_or(CachedHotList::Nothing, CachedHotList::List))
    }

    async fn store(&self, list: &HotList) -> Result<(), StoreError> {
        let mut there = self.0.lock().unwrap();
        if there.as_ref().is_none_or(|there| there.version < list.version) {
            *there = Some(list.clone());
        }
        Ok(())
    }
}

fn away<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable { service: "the cache", source: "it is away".into() })
}

#[async_trait]
impl SharedCache for Cache {
    async fn read(&self, _: &[Wanted]) -> Result<Vec<FoundInCache>, StoreError> {
        away()
    }

    async fn claim(&self, _: &Wanted, _: FillToken, _: Duration, _: Timestamp) -> Result<Claim, StoreError> {
        away()
    }

    async fn fill(&self, _: &CacheKey, _: &Entry, _: Duration, _: FillToken) -> Result<bool, StoreError> {
        away()
    }

    async fn put(
        &self,
        _: &CacheKey,
        _: &Entry,
        _: Duration,
        _: Option<FillToken>,
        _: &[Stale],
    ) -> Result<(), StoreError> {
        away()
    }

    async fn evict(&self, _: &[Stale]) -> Result<(), StoreError> {
        away()
    }
}

fn ranker(world: &World, cache: &Arc<Cache>) -> Ranker {
    let shown = Arc::new(Shown(world.article().0));
    Ranker {
        scoring: Scoring::default(),
        candidates: Arc::new(world.interactions.clone()),
        articles: shown.clone(),
        details: shown,
        table: Arc::new(world.hot_lists.clone()),
        cached: Arc::new(CachedArticles::new(cache.clone(), world.clock.clone())),
        cache: cache.clone(),
        leases: world.leases.clone(),
        system: world.clock.clone(),
    }
}

async fn acquire(world: &World) -> Option<Lease> {
    let holder = HolderId::new(world.clock.now(), world.system().random());
    world.leases.acquire(LEASE, holder, world.clock.now(), LIFE).await.unwrap()
}

/// The version of the table's list, and its articles.
async fn stored(world: &World) -> Option<(u64, Vec<ArticleId>)> {
    let list = world.hot_lists.load().await.unwrap()?;
    Some((list.version, list.articles.iter().map(|listed| listed.article.id).collect()))
}

/// Candidates that take longer than the lease lives: meanwhile another run takes it, and is through before they come.
struct Paused {
    world: Arc<World>,
    other: Ranker,
    overtaken: tokio::sync::OnceCell<Lease>,
}

#[async_trait]
impl Candidates for Paused {
    async fn page(&self, shard: HotShard, behind: Option<ArticleId>, limit: u16) -> Result<CandidatePage, StoreError> {
        let page = self.world.interactions.page(shard, behind, limit).await?;
        let overtake = || async {
            self.world.clock.pass(LIFE);
            let lease = acquire(&self.world).await.expect("the first holder's lease ran out");
            like_and_classify(&self.world, article(self.world.clock.now(), 2), 40).await;
            assert_eq!(self.other.make(&lease).await.unwrap().end, End::Ranked);
            lease
        };
        self.overtaken.get_or_init(overtake).await;
        Ok(page)
    }

    async fn counters(&self, articles: &[ArticleId]) -> Result<Vec<ArticleCounters>, StoreError> {
        self.world.interactions.counters(articles).await
    }

    async fn dismiss(&self, articles: &std::collections::HashSet<ArticleId>) -> Result<(), StoreError> {
        self.world.interactions.dismiss(articles).await
    }
}

#[tokio::test]
async fn a_run_whose_lease_ran_out_in_the_middle_stores_nothing_over_the_run_that_overtook_it() {
    let (world, cache) = (Arc::new(World::new().await), Arc::new(Cache::default()));
    like_and_classify(&world, article(world.clock.now(), 1), 5).await;
    let first = acquire(&world).await.unwrap();
    let paused = Arc::new(Paused {
        world: world.clone(),
        other: ranker(&world, &cache),
        overtaken: tokio::sync::OnceCell::new(),
    });
    let stale = Ranker { candidates: paused.clone(), ..ranker(&world, &cache) };
    assert!(matches!(stale.make(&first).await, Err(GuardedWriteError::Fenced)));
    let later = paused.overtaken.get().unwrap().fence.0;
    let (version, articles) = stored(&world).await.unwrap();
    assert!(version == later && later > first.fence.0);
    assert_eq!(articles.len(), 2, "the later run's");
    assert_eq!(cache.version(), Some(later), "what the table refused the cache was not told");
    // However often it tries, and also when the later one has given its lease back.
    world.leases.release(paused.overtaken.get().unwrap()).await.unwrap();
    assert!(matches!(stale.make(&first).await, Err(GuardedWriteError::Fenced)));
    assert_eq!((stored(&world).await.unwrap().0, cache.version()), (later, Some(later)));
}

#[tokio::test]
async fn of_two_runs_at_a_time_one_ranks_and_versions_grow_from_run_to_run() {
    let (world, cache) = (World::new().await, Arc::new(Cache::default()));
    let ranker = ranker(&world, &cache);
    let lease = acquire(&world).await.unwrap();
    assert_eq!(ranker.run().await.unwrap().end, End::Busy);
    assert_eq!(stored(&world).await, None, "who is busy stores nothing");
    world.leases.release(&lease).await.unwrap();
    let mut last = 0;
    for _ in 0..3 {
        let report = ranker.run().await.unwrap();
        assert!(report.end == End::Ranked && report.version > last, "{report:?}");
        last = report.version;
        assert_eq!((stored(&world).await.unwrap().0, cache.version()), (last, Some(last)));
    }
}
