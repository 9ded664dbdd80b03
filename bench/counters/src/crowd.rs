//! The crowd.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use bloghub::platform::Platform;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use shared::{
    adapters::{
        dynamodb::{
            ArticleTable, ArticleViews, DynamoSettings, InteractionTable, KeptTable, ReactionTable, TableNames,
            UserTable,
        },
        host::Host,
        redis::Redis,
        system::OperatingSystem,
    },
    config::read_from,
    domain::{
        ArticleId, DraftId, RelationId, UserId,
        article::{Article, ArticleBody, Description, Manuscript, Slug, Title},
        counting::Move,
        draft::{Draft, DraftChanges},
    },
    ports::{
        StoreError,
        counters::{COUNTER_AUDITS, CounterAudits as _, CounterCache as _},
        reactions::{LIKES_AND_COLLECTIONS, Likes as _},
        system::System,
    },
};

use crate::{Arguments, Error, report::Report};

/// How often the table's counter is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// How often somebody tries again, at the most.
const PATIENCE: u32 = 200;

/// Has the crowd like an article, and waits until all of it is counted.
#[allow(clippy::disallowed_methods, reason = "how long it takes is what is measured")]
pub(crate) async fn like(platform: &Platform, likes: u32, arguments: &Arguments) -> Result<Report, Error> {
    let host = Host::local(Arc::new(OperatingSystem::default()), 1)
        .for_function([LIKES_AND_COLLECTIONS, COUNTER_AUDITS].concat());
    let environment = platform.services().environment();
    let lookup = |name: &str| environment.get(name).cloned();
    let name = |name: &str| environment.get(name).cloned().ok_or_else(|| format!("the platform names no {name}"));
    let table = name("INTERACTIONS_TABLE")?;
    let names = TableNames { interactions: Some(table.clone()), ..TableNames::default() };
    let dynamo = host.dynamo(&read_from::<DynamoSettings>(&lookup)?, names);
    let redis = Arc::new(host.redis(&name("REDIS_URL")?.parse()?)?);
    let interactions = InteractionTable::new(dynamo.clone(), &table);
    let kept = {
        let articles = ArticleTable::new(dynamo.clone(), &name("ARTICLES_TABLE")?);
        let users = UserTable::new(dynamo, &name("USERS_TABLE")?);
        let reactions = ReactionTable::new(interactions.clone(), redis.clone(), host.system.clone());
        KeptTable::new(interactions.clone(), ArticleViews::new(articles, users, reactions))
    };
    let article = article(&*host.system)?;
    let counting = platform.calls("counter-sync").ok_or("the platform has no counter-sync")?;
    counting.take();

    let (done, began) = (Done::default(), Instant::now());
    let crowd = async {
        let each = |number: u32| one(number, arguments, &kept, &redis, &*host.system, &article, &done);
        stream::iter((0..likes).map(each)).buffer_unordered(arguments.at_once).try_collect::<()>().await
    };
    let mut watch = Watch {
        interactions: &interactions,
        article: article.id,
        done: &done,
        began,
        net: Vec::new(),
        worst: Duration::ZERO,
    };
    watch.during(crowd).await??;
    let liked = began.elapsed();
    watch.during(platform.drained()).await?;
    let drained = began.elapsed();
    watch.look().await?;
    let lag = watch.worst;

    let audited = insist(|| interactions.survey()).await?.get(&article.id).copied().unwrap_or_default();
    let tallies = counting.take().tallies;
    let writes = tallies.get("UpdateItem").copied().unwrap_or_default();
    Ok(Report {
        moves: done.moves.load(Relaxed),
        untold: done.untold.load(Relaxed),
        liked,
        drained: drained.saturating_sub(liked),
        lag,
        writes: writes.calls,
        units: writes.units,
        there: audited.there.0,
        counted: audited.counted.0,
    })
}

/// What the crowd has done so far.
#[derive(Default)]
struct Done {
    /// Likes that came or went.
    moves: AtomicU64,
    /// What they come to.
    net: AtomicI64,
    /// Those of which the cache was not told.
    untold: AtomicU64,
}

impl Done {
    /// A move is committed. The cache may be too busy to be told in time: likes go on without it, as those of the platform do.
    async fn commit(&self, by: i64, moved: Option<Move>, redis: &Redis, system: &dyn System, article: ArticleId) {
        self.moves.fetch_add(1, Relaxed);
        self.net.fetch_add(by, Relaxed);
        let told = match moved {
            Some(moved) => redis.moved(article, moved, system.now(), &[]).await.is_ok(),
            None => false,
        };
        if !told {
            self.untold.fetch_add(1, Relaxed);
        }
    }
}

/// One user likes the article, and may take that back.
async fn one(
    number: u32,
    arguments: &Arguments,
    kept: &KeptTable,
    redis: &Redis,
    system: &dyn System,
    article: &Article,
    done: &Done,
) -> Result<(), Error> {
    let user = UserId::new(system.now(), system.random());
    let relation = RelationId::new(system.now(), system.random());
    // Of what was done already when it had to be repeated, nobody knows the move.
    let came = insist(|| kept.like(user, article, relation)).await?;
    done.commit(1, came, redis, system, article.id).await;
    if number.is_multiple_of(arguments.take_back) {
        let went = insist(|| kept.unlike(user, article.id)).await?;
        done.commit(-1, went, redis, system, article.id).await;
    }
    Ok(())
}

/// Does what `once` does; again and again, as people do, while the database is too busy to answer.
async fn insist<T>(mut once: impl AsyncFnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
    for _ in 0..PATIENCE {
        match once().await {
            Err(StoreError::Unavailable { .. } | StoreError::Contended { .. }) => tokio::time::sleep(LOOK).await,
            other => return other,
        }
    }
    once().await
}

/// An article that nobody stores: its likes are what is looked at.
fn article(system: &dyn System) -> Result<Article, Error> {
    let now = system.now();
    let author = UserId::new(now, system.random());
    let draft = Draft::new(DraftId::new(now, system.random()), author, DraftChanges::default(), now);
    let manuscript = Manuscript {
        title: Title::parse("Knots").map_err(|problem| problem.0)?,
        description: Description::parse("Three that hold").map_err(|problem| problem.0)?,
        body: ArticleBody::parse("Bowline".to_owned()).map_err(|problem| problem.0)?,
        tags: Vec::new(),
    };
    let slug = Slug::parse("knots").ok_or("no slug")?;
    Ok(draft.article(&manuscript, ArticleId::new(now, system.random()), slug, now))
}

/// Looks how far the table's counter is behind.
struct Watch<'a> {
    interactions: &'a InteractionTable,
    article: ArticleId,
    done: &'a Done,
    began: Instant,
    /// What the moves came to when it was looked.
    net: Vec<(Duration, i64)>,
    worst: Duration,
}

impl Watch<'_> {
    /// Looks again and again until `what` is done.
    async fn during<T>(&mut self, what: impl Future<Output = T>) -> Result<T, Error> {
        tokio::pin!(what);
        loop {
            tokio::select! {
                done = &mut what => return Ok(done),
                () = tokio::time::sleep(LOOK) => self.look().await?,
            }
        }
    }

    /// The counter is as far behind as it is ago that the moves came to what it says, or to less.
    async fn look(&mut self) -> Result<(), Error> {
        let now = self.began.elapsed();
        self.net.push((now, self.done.net.load(Relaxed)));
        let counted = insist(|| self.interactions.counted(self.article)).await?.likes;
        let counted = i64::try_from(counted)?;
        let had = self.net.iter().rfind(|(_, net)| *net <= counted).map_or(Duration::ZERO, |(at, _)| *at);
        self.worst = self.worst.max(now.saturating_sub(had));
        Ok(())
    }
}
