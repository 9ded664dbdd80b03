//! The crowd.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
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
        draft::{Draft, DraftChanges},
    },
    ports::{
        counters::{COUNTER_AUDITS, CounterAudits as _, CounterCache as _},
        reactions::{LIKES_AND_COLLECTIONS, Likes as _},
        system::System,
    },
};

use crate::{Arguments, Error, report::Report};

/// How often the table's counter is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// Has the crowd like an article, and waits until all of it is counted.
#[allow(clippy::disallowed_methods, reason = "how long it takes is what is measured")]
pub(crate) async fn like(platform: &Platform, arguments: &Arguments) -> Result<Report, Error> {
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

    let (committed, began) = (AtomicU64::new(0), Instant::now());
    let crowd = async {
        let each = |number: u32| one(number, arguments, &kept, &redis, &*host.system, &article, &committed);
        stream::iter((0..arguments.likes).map(each)).buffer_unordered(arguments.at_once).try_collect::<()>().await
    };
    let mut watched = Watch::default();
    tokio::pin!(crowd);
    loop {
        tokio::select! {
            done = &mut crowd => break done?,
            () = tokio::time::sleep(LOOK) => watched.look(&interactions, &article, &committed, began).await?,
        }
    }
    let liked = began.elapsed();
    platform.drained().await;
    let drained = began.elapsed();
    watched.look(&interactions, &article, &committed, began).await?;

    let audited = interactions.survey().await?.get(&article.id).copied().unwrap_or_default();
    let tallies = counting.take().tallies;
    let writes = tallies.get("UpdateItem").copied().unwrap_or_default();
    Ok(Report {
        moves: committed.load(Relaxed),
        liked,
        drained: drained.saturating_sub(liked),
        lag: watched.worst(),
        writes: writes.calls,
        units: writes.units,
        there: audited.there.0,
        counted: audited.counted.0,
    })
}

/// One user likes the article, and may take that back.
async fn one(
    number: u32,
    arguments: &Arguments,
    kept: &KeptTable,
    redis: &Redis,
    system: &dyn System,
    article: &Article,
    committed: &AtomicU64,
) -> Result<(), Error> {
    let user = UserId::new(system.now(), system.random());
    let relation = RelationId::new(system.now(), system.random());
    let came = kept.like(user, article, relation).await?.ok_or("a new user liked the article already")?;
    committed.fetch_add(1, Relaxed);
    redis.moved(article.id, came, system.now(), &[]).await?;
    if number.is_multiple_of(arguments.take_back) {
        let went = kept.unlike(user, article.id).await?.ok_or("a like is not there")?;
        committed.fetch_add(1, Relaxed);
        redis.moved(article.id, went, system.now(), &[]).await?;
    }
    Ok(())
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

/// How many moves were committed when, and which of them the table's counters had when they were looked at.
#[derive(Default)]
struct Watch {
    committed: Vec<(Duration, u64)>,
    worst: Duration,
}

impl Watch {
    async fn look(
        &mut self,
        interactions: &InteractionTable,
        article: &Article,
        committed: &AtomicU64,
        began: Instant,
    ) -> Result<(), Error> {
        let counted = interactions.counted(article.id).await?.likes;
        let now = began.elapsed();
        self.committed.push((now, committed.load(Relaxed)));
        // Of likes that were taken back the counter tells less than it has counted: the lag is no shorter than this says it is.
        let behind = self.committed.iter().find(|(_, moves)| *moves > counted);
        if let Some((at, _)) = behind.filter(|_| counted > 0) {
            self.worst = self.worst.max(now.saturating_sub(*at));
        }
        Ok(())
    }

    fn worst(&self) -> Duration {
        self.worst
    }
}
