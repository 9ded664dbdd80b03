//! Counters of articles: a hash with the table's counters, the moves that the table does not have yet, and the right to store what
//! was read. All of an article's keys share a slot.

use std::time::Duration;

use async_trait::async_trait;
use redis::Value;

use super::{
    Redis,
    cache::evict_ask,
    views,
    wave::{Ask, read, script},
};
use crate::{
    domain::{
        ArticleId, Timestamp,
        counting::{Move, Moved, Reaction},
        reaction::ArticleCounters,
        view::{Reader, View},
    },
    ports::{
        StoreError,
        cache::{CacheKey, FillToken, Stale},
        counters::{Begun, CounterCache, Glimpse, Settled},
    },
};

script! {
    /// What is known.
    LOOK = "counters_look.lua"
}
script! {
    /// Before the table is written.
    ANNOUNCE = "counters_announce.lua"
}
script! {
    /// Before the table is read.
    BEGIN = "counters_begin.lua"
}
script! {
    /// After it.
    FILL = "counters_fill.lua"
}
script! {
    /// A move was committed.
    MOVE = "counters_move.lua"
}
script! {
    /// Moves are in the table.
    SETTLE = "counters_settle.lua"
}
script! {
    /// The table knows better.
    FORGET = "counters_forget.lua"
}

/// The first part of the counters' keys.
pub(crate) const KIND: &str = "counters";
/// How long counters are believed that nobody has confirmed, and moves that nobody has settled: whoever settles them may not have
/// reached the cache.
const LIFE: Duration = Duration::from_secs(600);
/// How long it is known that a move was settled: longer than a request lasts that notes it later, or once more.
const EARLY: Duration = Duration::from_secs(60);
/// How long the table is read, or written, at the most.
const AT_THE_TABLE: Duration = Duration::from_secs(5);

/// The keys of an article's scripts.
struct Keys {
    counters: String,
    moves: String,
    right: String,
    early: String,
    writers: String,
}

impl Keys {
    fn of(article: ArticleId) -> Self {
        let counters = CacheKey::new(KIND, &article.to_string()).to_string();
        let beside = |what: &str| format!("{what}:{counters}");
        Self {
            moves: beside("moves"),
            right: beside("fill"),
            early: beside("early"),
            writers: beside("writers"),
            counters,
        }
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A time `after` now, or before it.
fn at(now: Timestamp, after: i64) -> String {
    (now.as_millis() + after).to_string()
}

/// When a move is too old to count.
fn too_old(now: Timestamp) -> String {
    at(now, -millis(LIFE))
}

/// The table's counters as scripts take them.
fn numbers(counters: &ArticleCounters) -> [String; 5] {
    let ArticleCounters { likes, collects, comments, reads, version } = *counters;
    [version, likes, collects, comments, reads].map(|number| number.to_string())
}

fn known(value: &[u8]) -> Result<ArticleCounters, StoreError> {
    serde_json::from_slice(value).map_err(|error| StoreError::Fault { service: "Redis", source: error.into() })
}

/// What a script answered that says what is known.
fn glimpse(answer: &Value) -> Result<Glimpse, StoreError> {
    if let Value::BulkString(value) = answer {
        return known(value).map(Glimpse::Known);
    }
    let moves: u64 = read(answer)?;
    Ok(if moves == 0 { Glimpse::Table } else { Glimpse::Behind })
}

/// What counts that `reader` reads `article`, if somebody does.
fn view_ask(article: ArticleId, reader: Option<Reader>, now: Timestamp) -> Option<Ask> {
    reader.map(|reader| views::ask(&View { article, reader }, now))
}

#[async_trait]
impl CounterCache for Redis {
    async fn look(
        &self,
        articles: &[ArticleId],
        reader: Option<Reader>,
        now: Timestamp,
    ) -> Result<Vec<Glimpse>, StoreError> {
        if articles.is_empty() {
            return Ok(Vec::new());
        }
        let ask = |article: &ArticleId| {
            let keys = Keys::of(*article);
            Ask::script(&LOOK, &[keys.counters, keys.moves], too_old(now))
        };
        let views = articles.iter().filter_map(|article| view_ask(*article, reader, now));
        let answers = self.wave(articles.iter().map(ask).chain(views).collect()).await?;
        answers.iter().take(articles.len()).map(glimpse).collect()
    }

    async fn begin(
        &self,
        article: ArticleId,
        token: FillToken,
        reader: Option<Reader>,
        now: Timestamp,
    ) -> Result<Begun, StoreError> {
        let keys = Keys::of(article);
        let args = (too_old(now), token.0, millis(AT_THE_TABLE), now.as_millis());
        let keys = [keys.counters, keys.moves, keys.right, keys.writers];
        let begin = Ask::script(&BEGIN, &keys, args);
        let answers = self.wave([begin].into_iter().chain(view_ask(article, reader, now)).collect()).await?;
        let answer = answers.first().unwrap_or(&Value::Nil);
        if let Value::BulkString(value) = answer {
            return known(value).map(Begun::Known);
        }
        let (likes, collects, token): (i64, i64, Option<u64>) = read(answer)?;
        Ok(Begun::Read(token.map(FillToken), Moved { likes, collects }))
    }

    async fn fill(
        &self,
        article: ArticleId,
        token: FillToken,
        counters: &ArticleCounters,
        version: u64,
        now: Timestamp,
    ) -> Result<Option<ArticleCounters>, StoreError> {
        let keys = Keys::of(article);
        let fresh_until = at(now, millis(LIFE));
        let mut args =
            vec![too_old(now), token.0.to_string(), version.to_string(), fresh_until, millis(LIFE).to_string()];
        args.extend(numbers(counters));
        let value: Option<Vec<u8>> =
            self.ask(Ask::script(&FILL, &[keys.counters, keys.moves, keys.right], args)).await?;
        value.map(|value| known(&value)).transpose()
    }

    async fn moved(
        &self,
        article: ArticleId,
        moved: Move,
        now: Timestamp,
        stale: &[Stale],
    ) -> Result<Glimpse, StoreError> {
        let Some(name) = moved.name() else {
            // It cannot be told from others, so it shows when it is settled.
            self.wave(stale.iter().map(evict_ask).collect()).await?;
            return Ok(self.look(&[article], None, now).await?.pop().unwrap_or_default());
        };
        let keys = Keys::of(article);
        let counter = match moved.reaction {
            Reaction::Like => "l",
            Reaction::Collect => "c",
        };
        let args = (too_old(now), name, counter, moved.by(), now.as_millis(), millis(LIFE));
        let ask = Ask::script(&MOVE, &[keys.counters, keys.moves, keys.early], args);
        let answers = self.wave([ask].into_iter().chain(stale.iter().map(evict_ask)).collect()).await?;
        answers.first().map_or(Ok(Glimpse::default()), glimpse)
    }

    async fn announce(&self, writer: FillToken, articles: &[ArticleId], now: Timestamp) -> Result<(), StoreError> {
        let ask = |article: &ArticleId| {
            let keys = Keys::of(*article);
            let args = (writer.0, at(now, millis(AT_THE_TABLE)), millis(AT_THE_TABLE), now.as_millis());
            Ask::script(&ANNOUNCE, &[keys.writers, keys.right], args)
        };
        self.wave(articles.iter().map(ask).collect()).await.map(drop)
    }

    async fn settled(&self, writer: FillToken, settled: &[Settled], now: Timestamp) -> Result<(), StoreError> {
        let ask = |Settled { article, counters, moves, again }: &Settled| {
            let keys = Keys::of(*article);
            let fresh_until = at(now, millis(LIFE));
            let lives = [millis(EARLY).to_string(), fresh_until, millis(LIFE).to_string()];
            let times = [too_old(now), now.as_millis().to_string()].into_iter().chain(lives);
            let names = moves.iter().filter_map(|moved| moved.name());
            let whose = [writer.0.to_string(), u8::from(*again).to_string()];
            let args: Vec<_> = times.chain(numbers(counters)).chain(whose).chain(names).collect();
            Ask::script(&SETTLE, &[keys.counters, keys.moves, keys.right, keys.early, keys.writers], args)
        };
        self.wave(settled.iter().map(ask).collect()).await.map(drop)
    }

    async fn forget(&self, articles: &[(ArticleId, u64)], stale: &[Stale]) -> Result<(), StoreError> {
        let ask = |(article, below): &(ArticleId, u64)| {
            let keys = Keys::of(*article);
            Ask::script(&FORGET, &[keys.counters, keys.right], below)
        };
        self.wave(articles.iter().map(ask).chain(stale.iter().map(evict_ask)).collect()).await.map(drop)
    }
}
