//! What was done about an article, as somebody sees it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use async_trait::async_trait;
use backon::{BackoffBuilder as _, ExponentialBuilder};
use futures_util::future::try_join_all;

use super::{
    InteractionTable,
    counters::counters_from,
    items::{collect_key, counters_key, follow_key, like_key},
};
use crate::{
    adapters::dynamodb::store::{Item, Key},
    domain::{
        ArticleId, UserId,
        reaction::{ArticleCounters, Flags, Reactions},
        view::Reader,
    },
    ports::{
        StoreError,
        cache::FillToken,
        counters::{Begun, CounterCache, Glimpse},
        reactions::{CounterViews, ReactionViews},
        system::System,
    },
    telemetry::chain,
};

/// How often it is asked for counters that somebody else reads or writes: half a second in all.
const TRIES: usize = 11;

/// The table of interactions, and the cache that knows which moves its counters do not have yet.
#[derive(Clone)]
pub struct ReactionTable {
    pub(in crate::adapters::dynamodb) interactions: InteractionTable,
    cache: Arc<dyn CounterCache>,
    system: Arc<dyn System>,
}

/// What was done about an article as far as the cache knows it: what is left to be asked of the table, and how to read its answer.
#[derive(Debug, Clone, Copy)]
pub(in crate::adapters::dynamodb) struct Reacted {
    pub(in crate::adapters::dynamodb) article: ArticleId,
    pub(in crate::adapters::dynamodb) author: UserId,
    viewer: Option<UserId>,
    /// What the counters are, if that is known.
    counters: Option<ArticleCounters>,
}

impl ReactionTable {
    /// Over these.
    pub fn new(interactions: InteractionTable, cache: Arc<dyn CounterCache>, system: Arc<dyn System>) -> Self {
        Self { interactions, cache, system }
    }

    /// Asks the cache about articles and their authors, to be read as `viewer` sees them, and counted for `reader`. It comes before the
    /// table: what it says of moves that the table does not have holds for what is read later.
    pub(in crate::adapters::dynamodb) async fn reacted(
        &self,
        viewer: Option<UserId>,
        articles: &[(ArticleId, UserId)],
        reader: Option<Reader>,
    ) -> Result<Vec<Reacted>, StoreError> {
        let ids: Vec<_> = articles.iter().map(|(article, _)| *article).collect();
        let glimpses = self.cache.look(&ids, reader, self.system.now()).await.unwrap_or_else(|error| {
            tracing::debug!(error = chain(&error), "counters are the table's, which may be behind");
            Vec::new()
        });
        let glimpses = glimpses.into_iter().chain(std::iter::repeat(Glimpse::Table));
        let reacted = articles.iter().zip(glimpses).map(|((article, author), glimpse)| async move {
            let counters = match glimpse {
                Glimpse::Known(counters) => Some(counters),
                Glimpse::Table => None,
                Glimpse::Behind => Some(self.counters(*article, None).await?),
            };
            Ok(Reacted { article: *article, author: *author, viewer, counters })
        });
        try_join_all(reacted).await
    }

    /// A version that nothing had before: the time, and 20 bits of chance for what happens in one millisecond. Moves count on from it.
    /// Redis counts in 63 bits, which are enough for two centuries.
    fn unused(&self) -> u64 {
        let chance = u64::from(u32::from_le_bytes(self.system.random()) >> 12);
        self.system.now().as_millis().unsigned_abs() << 20 | chance
    }

    /// Reads the table's counters and stores them with the moves that they lack: one reader at a time does. `None` if it is another's turn,
    /// or somebody is writing to the table, and the caller is `patient`. Others get the table's counters with what these lacked before
    /// they were read, which they may have by now; or what the table says if the cache cannot be asked.
    async fn read(
        &self,
        article: ArticleId,
        reader: Option<Reader>,
        patient: bool,
    ) -> Result<Option<ArticleCounters>, StoreError> {
        let token = FillToken(u64::from_le_bytes(self.system.random()));
        let (token, behind) = match self.cache.begin(article, token, reader, self.system.now()).await {
            Ok(Begun::Known(counters)) => return Ok(Some(counters)),
            Ok(Begun::Read(None, _)) if patient => return Ok(None),
            Ok(Begun::Read(token, behind)) => (token, behind),
            Err(error) => {
                tracing::debug!(error = chain(&error), "counters are the table's, which may be behind");
                return self.interactions.counters(article).await.map(Some);
            }
        };
        let counters = self.interactions.counters(article).await?;
        if let Some(token) = token {
            match self.cache.fill(article, token, &counters, self.unused(), self.system.now()).await {
                Ok(Some(shown)) => return Ok(Some(shown)),
                Ok(None) if patient => return Ok(None),
                Ok(None) => {}
                Err(error) => tracing::debug!(error = chain(&error), "counters were not stored"),
            }
        }
        Ok(Some(ArticleCounters { version: self.unused(), ..behind.on(counters) }))
    }
}

impl InteractionTable {
    /// The table's counters, whatever they lack.
    pub(super) async fn counters(&self, article: ArticleId) -> Result<ArticleCounters, StoreError> {
        let key = counters_key(article);
        // A batch of one: whoever reads counters may read flags, which come in batches.
        let found = self.dynamo.get_all(vec![(&*self.name, key.clone())]).await?;
        counters_from(found.get(&key))
    }
}

#[async_trait]
impl CounterViews for ReactionTable {
    async fn counters(&self, article: ArticleId, mut reader: Option<Reader>) -> Result<ArticleCounters, StoreError> {
        let mut pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(4))
            .with_max_delay(Duration::from_millis(64))
            .with_max_times(TRIES)
            .build();
        loop {
            let pause = pauses.next();
            if let Some(counters) = self.read(article, reader.take(), pause.is_some()).await? {
                return Ok(counters);
            }
            // Somebody else is reading the table, or writes to it. It takes them a moment.
            tokio::time::sleep(pause.unwrap_or_default()).await;
        }
    }
}

impl Reacted {
    /// The items that say the rest.
    pub(in crate::adapters::dynamodb) fn keys(&self) -> Vec<Key> {
        let mut keys = Vec::new();
        if self.counters.is_none() {
            keys.push(counters_key(self.article));
        }
        if let Some(viewer) = self.viewer {
            keys.extend(flags_keys(viewer, self.article, self.author));
        }
        keys
    }

    /// What those of them say that were `found`.
    pub(in crate::adapters::dynamodb) fn reactions(&self, found: &HashMap<Key, Item>) -> Result<Reactions, StoreError> {
        let counters = match self.counters {
            Some(counters) => counters,
            None => counters_from(found.get(&counters_key(self.article)))?,
        };
        let flags = self.viewer.map(|viewer| flags_from(viewer, self.article, self.author, found));
        Ok(Reactions { counters, flags: flags.unwrap_or_default() })
    }
}

fn flags_keys(viewer: UserId, article: ArticleId, author: UserId) -> [Key; 3] {
    [like_key(viewer, article), collect_key(viewer, article), follow_key(viewer, author)]
}

fn flags_from(viewer: UserId, article: ArticleId, author: UserId, found: &HashMap<Key, Item>) -> Flags {
    let [liked, collected, follows_author] = flags_keys(viewer, article, author).map(|key| found.contains_key(&key));
    Flags { liked, collected, follows_author }
}

#[async_trait]
impl ReactionViews for ReactionTable {
    async fn flags(&self, viewer: UserId, article: ArticleId, author: UserId) -> Result<Flags, StoreError> {
        let keys = flags_keys(viewer, article, author).into_iter();
        let table = &self.interactions;
        let found = table.dynamo.get_all(keys.map(|key| (&*table.name, key)).collect()).await?;
        Ok(flags_from(viewer, article, author, &found))
    }

    async fn reactions(&self, viewer: UserId, article: ArticleId, author: UserId) -> Result<Reactions, StoreError> {
        let Some(reacted) = self.reacted(Some(viewer), &[(article, author)], None).await?.pop() else {
            return Ok(Reactions::default());
        };
        let table = &self.interactions;
        let found = table.dynamo.get_all(reacted.keys().into_iter().map(|key| (&*table.name, key)).collect()).await?;
        reacted.reactions(&found)
    }
}
