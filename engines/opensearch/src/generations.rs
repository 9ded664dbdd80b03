//! The generations of the index and their aliases.
//!
//! Generation 3 is the index `bloghub-3`. `bloghub` is an alias of the one that is searched, `bloghub-write` of all that are kept in step.
//! Writers name the alias `bloghub-write-3` and ask that it be one: where the generation is gone, the engine would else make an index of
//! that name by itself. The generation that is being built has `bloghub-build-3`, by which it is filled.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use shared::{domain::Timestamp, ports::StoreError};

use crate::{
    client::{Body, Client, fault},
    index,
    settings::{Analysis, IndexPrefix},
};

/// How long what is known of the generations is used.
const KNOWN_FOR: Duration = Duration::from_secs(1);
/// How often the first index is tried to be made while others try the same.
const TRIES: usize = 3;

/// A generation and what it is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Generation {
    pub(crate) number: u64,
    /// It is the one that is searched.
    pub(crate) is_read: bool,
    /// It is kept in step.
    pub(crate) is_written: bool,
    /// It is being built.
    pub(crate) is_built: bool,
}

/// Names and what is known.
pub(crate) struct Generations {
    prefix: IndexPrefix,
    analysis: Analysis,
    settle: Duration,
    /// Those that are written, and when this was found out.
    targets: Mutex<Option<(Moment, Arc<[u64]>)>>,
}

/// A time by both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// By the one that passes evenly, though it may stand still while a function is frozen.
    pub(crate) even: Duration,
    /// By the one on the wall, which may be set.
    pub(crate) wall: Timestamp,
}

impl Moment {
    /// Whether by neither clock more than [`KNOWN_FOR`] has passed until `now`: a function that slept must not write by what it knew before.
    fn is_fresh(self, now: Self) -> bool {
        let even = now.even.saturating_sub(self.even) < KNOWN_FOR;
        even && self.wall <= now.wall && self.wall.until(now.wall) < KNOWN_FOR
    }
}

impl Generations {
    pub(crate) fn new(prefix: IndexPrefix, analysis: Analysis, settle: Duration) -> Self {
        Self { prefix, analysis, settle, targets: Mutex::default() }
    }

    /// The alias of the one that is searched.
    pub(crate) fn read(&self) -> String {
        self.prefix.to_string()
    }

    pub(crate) fn index(&self, number: u64) -> String {
        format!("{}-{number}", self.prefix)
    }

    /// The number of the generation with this name, if it is one.
    pub(crate) fn number(&self, index: &str) -> Option<u64> {
        let number = index.strip_prefix(&self.prefix.to_string())?.strip_prefix('-')?.parse().ok()?;
        Some(number).filter(|number| self.index(*number) == index)
    }

    /// The alias by which a generation is kept in step.
    pub(crate) fn write(&self, number: u64) -> String {
        format!("{}-write-{number}", self.prefix)
    }

    /// The alias by which a generation is filled.
    pub(crate) fn build(&self, number: u64) -> String {
        format!("{}-build-{number}", self.prefix)
    }

    fn written(&self) -> String {
        format!("{}-write", self.prefix)
    }

    /// All generations there are.
    pub(crate) async fn all(&self, client: &Client, deadline: Duration) -> Result<Vec<Generation>, StoreError> {
        #[derive(Deserialize)]
        struct Index {
            aliases: HashMap<String, serde::de::IgnoredAny>,
        }
        // Signatures want the star escaped.
        let path = format!("/{}-%2A/_alias", self.prefix);
        let reply = client.call(Method::GET, &path, Body::Nothing, deadline).await?;
        if reply.is_missing() {
            return Ok(Vec::new());
        }
        let indices: HashMap<String, Index> = reply.done()?;
        let generation = |(name, Index { aliases }): (String, Index)| {
            let number = self.number(&name)?;
            Some(Generation {
                number,
                is_read: aliases.contains_key(&self.read()),
                is_written: aliases.contains_key(&self.written()),
                is_built: aliases.contains_key(&self.build(number)),
            })
        };
        Ok(indices.into_iter().filter_map(generation).collect())
    }

    /// Those that are to be kept in step, as they were found within the last second; the first is made if there is none.
    pub(crate) async fn targets(&self, client: &Client, deadline: Duration) -> Result<Arc<[u64]>, StoreError> {
        let now = client.moment();
        let known = self.known().clone().filter(|(since, _)| since.is_fresh(now));
        if let Some((_, targets)) = known {
            return Ok(targets);
        }
        let all = self.ensure(client, deadline).await?;
        let targets: Arc<[u64]> =
            all.iter().filter(|generation| generation.is_written).map(|generation| generation.number).collect();
        // Known since before it was asked.
        *self.known() = Some((now, targets.clone()));
        Ok(targets)
    }

    /// Has the next look at the targets be a fresh one.
    pub(crate) fn forget(&self) {
        *self.known() = None;
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Option<(Moment, Arc<[u64]>)>> {
        // A pair is whole at any moment.
        self.targets.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All generations, after the first was made if nothing was written to.
    pub(crate) async fn ensure(&self, client: &Client, deadline: Duration) -> Result<Vec<Generation>, StoreError> {
        for _ in 0..TRIES {
            let all = self.all(client, deadline).await?;
            if all.iter().any(|generation| generation.is_written) {
                return Ok(all);
            }
            let number = next(&all);
            let aliases = [self.read(), self.written(), self.write(number)];
            // If somebody else was first, the next look finds it.
            self.create(client, number, Timestamp::from_millis(0), &aliases, deadline).await?;
        }
        Err(StoreError::Contended { service: "search" })
    }

    /// Begins the next generation, to be filled from the answered time on.
    pub(crate) async fn begin(
        &self,
        client: &Client,
        now: Timestamp,
        deadline: Duration,
    ) -> Result<(u64, Timestamp), StoreError> {
        let all = self.ensure(client, deadline).await?;
        for generation in all.iter().filter(|generation| !generation.is_read) {
            self.drop(client, generation.number, deadline).await?;
        }
        let (number, fill_from) = (next(&all), now.plus(self.settle));
        let aliases = [self.written(), self.write(number), self.build(number)];
        let created = self.create(client, number, fill_from, &aliases, deadline).await?;
        self.forget();
        if created { Ok((number, fill_from)) } else { Err(StoreError::Contended { service: "search" }) }
    }

    /// From when on a generation may be filled, as it was said when it was begun.
    pub(crate) async fn fill_from(
        &self,
        client: &Client,
        number: u64,
        deadline: Duration,
    ) -> Result<Timestamp, StoreError> {
        #[derive(Deserialize)]
        struct Index {
            mappings: Mappings,
        }
        #[derive(Deserialize)]
        struct Mappings {
            _meta: Meta,
        }
        #[derive(Deserialize)]
        struct Meta {
            fill_from: i64,
        }
        let path = format!("/{}/_mapping", self.index(number));
        let reply = client.call(Method::GET, &path, Body::Nothing, deadline).await?;
        let mut indices: HashMap<String, Index> = reply.done()?;
        let index = indices.remove(&self.index(number)).ok_or_else(|| fault("the mapping is of another index"))?;
        Ok(Timestamp::from_millis(index.mappings._meta.fill_from))
    }

    /// Makes a generation the one that is searched and drops all others, in one step.
    pub(crate) async fn swap(
        &self,
        client: &Client,
        number: u64,
        all: &[Generation],
        deadline: Duration,
    ) -> Result<(), StoreError> {
        let index = self.index(number);
        let mut actions = vec![
            json!({"add": {"index": index, "alias": self.read()}}),
            json!({"remove": {"index": index, "alias": self.build(number)}}),
        ];
        let others = all.iter().filter(|other| other.number != number);
        actions.extend(others.map(|other| json!({"remove_index": {"index": self.index(other.number)}})));
        let body = json!({"actions": actions});
        let reply = client.call(Method::POST, "/_aliases", Body::Json(&body), deadline).await;
        self.forget();
        let reply = reply?;
        if reply.is_missing() {
            // Something of it is done already, perhaps by the same request before its connection broke: nothing was changed.
            return Err(StoreError::Contended { service: "search" });
        }
        reply.done::<serde::de::IgnoredAny>().map(drop)
    }

    /// Makes a generation; whether it was not there yet.
    async fn create(
        &self,
        client: &Client,
        number: u64,
        fill_from: Timestamp,
        aliases: &[String],
        deadline: Duration,
    ) -> Result<bool, StoreError> {
        let body = index::body(self.analysis, fill_from, aliases);
        let reply = client.call(Method::PUT, &format!("/{}", self.index(number)), Body::Json(&body), deadline).await?;
        if reply.status == StatusCode::BAD_REQUEST && reply.is_refused_as("resource_already_exists_exception") {
            return Ok(false);
        }
        reply.done::<serde::de::IgnoredAny>().map(|_| true)
    }

    async fn drop(&self, client: &Client, number: u64, deadline: Duration) -> Result<(), StoreError> {
        let reply = client.call(Method::DELETE, &format!("/{}", self.index(number)), Body::Nothing, deadline).await?;
        if reply.is_missing() { Ok(()) } else { reply.done::<serde::de::IgnoredAny>().map(drop) }
    }
}

/// The number behind all there are.
fn next(all: &[Generation]) -> u64 {
    all.iter().map(|generation| generation.number).max().unwrap_or(0) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_generations_are_told_from_names_like_them() {
        let generations = Generations::new("blog".parse().unwrap(), Analysis::Cjk, Duration::ZERO);
        assert_eq!(generations.number(&generations.index(12)), Some(12));
        for other in
            ["blog", "blog-", "blog-x", "blog-1-2", "blog-write", "blog-write-1", "blog-01", "blogs-1", "a-blog-1"]
        {
            assert_eq!(generations.number(other), None, "{other}");
        }
    }

    #[test]
    fn what_was_known_before_a_function_slept_is_known_no_more_though_one_of_the_clocks_stood_still() {
        let moment = |even, wall| Moment { even: Duration::from_millis(even), wall: Timestamp::from_millis(wall) };
        let since = moment(5_000, 1_000_000);
        for (now, fresh) in [
            (moment(5_000, 1_000_000), true),
            (moment(5_999, 1_000_999), true),
            (moment(6_000, 1_000_500), false),
            (moment(5_001, 1_600_000), false),
            (moment(5_500, 999_999), false),
        ] {
            assert_eq!(since.is_fresh(now), fresh, "{now:?}");
        }
    }
}
