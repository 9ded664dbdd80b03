//! Views that wait to be counted in the table. All that is known of a part's views shares a slot: who has read which article within the
//! hour, how many views of each article wait, and the batch of them that is being moved.
//!
//! What waits has no expiry. It is one field for each article of the part that was read since it was last emptied: articles that are
//! there, for nothing is counted of an address of which nobody knows what it leads to.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;

use super::{
    Redis,
    wave::{Ask, read, script},
};
use crate::{
    domain::{
        ArticleId, Timestamp,
        view::{Batch, Part, View},
    },
    ports::{
        StoreError,
        views::{Take, Taken, WaitingViews},
    },
};

script! {
    /// Somebody reads an article.
    VIEW = "view.lua"
}
script! {
    /// What is to be moved into the table.
    TAKE = "views_take.lua"
}

/// How long an hour's readers are remembered beyond it: another process's clock may be behind.
const GRACE: Duration = Duration::from_secs(60);
/// Articles that are answered at once, for each part.
const MOST: usize = 32;
/// The field of a batch, or of what will be one, that is no article.
const NUMBER: &str = "since";

/// Keys of a part.
fn key(part: Part, what: &str) -> String {
    format!("{what}:{{views:{:02}}}", part.number())
}

/// What counts `view`.
pub(super) fn ask(view: &View, now: Timestamp) -> Ask {
    let View { article, reader } = view;
    let (part, name) = (Part::of(*article), article.to_string());
    let readers = key(part, &format!("readers:{name}:{}", reader.hour()));
    let life = u64::try_from((reader.rest(now) + GRACE).as_millis()).unwrap_or(u64::MAX);
    Ask::script(&VIEW, &[readers, key(part, "waiting")], (&reader.mark()[..], life, name, now.as_millis()))
}

/// Views that this process has had counted within the hour: to ask for one again is of no use.
#[derive(Default)]
pub(super) struct CountedViews(Mutex<Counted>);

#[derive(Default)]
struct Counted {
    hour: i64,
    views: HashSet<View>,
}

impl CountedViews {
    /// Views that are remembered at the most, about 1 MB. Then all are forgotten, and asked for again.
    const MOST: usize = 16_384;

    /// Whether `view` was counted.
    pub(super) fn has(&self, view: &View) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).views.contains(view)
    }

    /// Remembers that it was.
    pub(super) fn note(&self, view: View) {
        let mut counted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if counted.hour < view.reader.hour() || counted.views.len() >= Self::MOST {
            *counted = Counted { hour: view.reader.hour(), views: HashSet::new() };
        }
        if counted.hour == view.reader.hour() {
            counted.views.insert(view);
        }
    }
}

#[async_trait]
impl WaitingViews for Redis {
    async fn take(&self, asked: &[Take]) -> Result<Vec<Taken>, StoreError> {
        let ask = |Take { part, done, anew }: &Take| {
            let batch = done.as_ref().map(|(batch, _)| batch.0.to_string()).unwrap_or_default();
            let articles = done.iter().flat_map(|(_, articles)| articles).map(ArticleId::to_string);
            let args = [MOST.to_string(), u8::from(*anew).to_string(), batch].into_iter().chain(articles);
            let keys = ["waiting", "moving", "last"].map(|what| key(*part, what));
            Ask::script(&TAKE, &keys, args.collect::<Vec<_>>())
        };
        let answers = self.wave(asked.iter().map(ask).collect()).await?;
        answers.iter().map(taken).collect()
    }
}

/// What the script answered.
fn taken(answer: &redis::Value) -> Result<Taken, StoreError> {
    let (known, fresh, batch, fields): (bool, bool, Option<u64>, Vec<(String, u64)>) = read(answer)?;
    let views = fields.into_iter().filter(|(field, _)| field != NUMBER);
    let views = views.map(|(article, views)| Ok((article.parse().map_err(foreign)?, views)));
    Ok(Taken { known, fresh, batch: batch.map(Batch), views: views.collect::<Result<_, StoreError>>()? })
}

fn foreign(error: ulid::DecodeError) -> StoreError {
    StoreError::Fault { service: "Redis", source: error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{UserId, idempotency::HmacKey, limit::Caller, view::Reader};

    fn view(article: u8, now: Timestamp) -> View {
        let key = HmacKey::parse(&HmacKey::encode([1; 32])).unwrap();
        let reader = Reader::new(&key, Caller::User(UserId::from_bytes([1; 16])), now);
        View { article: ArticleId::from_bytes([article; 16]), reader }
    }

    #[test]
    fn what_was_counted_is_remembered_until_the_hour_is_over() {
        let counted = CountedViews::default();
        let (now, next) = (Timestamp::from_millis(0), Timestamp::from_millis(3_600_000));
        assert!(!counted.has(&view(1, now)));
        counted.note(view(1, now));
        assert!(counted.has(&view(1, now)) && !counted.has(&view(2, now)) && !counted.has(&view(1, next)));
        counted.note(view(1, next));
        // A clock that is behind brings the old hour, of which nothing is remembered any more.
        counted.note(view(2, now));
        assert!(counted.has(&view(1, next)) && !counted.has(&view(1, now)) && !counted.has(&view(2, now)));
    }
}
