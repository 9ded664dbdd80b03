//! Building the next generation beside the one that is searched.

use std::time::Duration;

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use serde_json::json;
use shared::{
    domain::{Timestamp, search::Entry},
    ports::{
        StoreError,
        search::{Build, Rebuilds, Refused},
    },
};

use crate::{
    OpenSearch,
    bulk::Written,
    client::{Body, fault},
    document::MARK,
};

impl OpenSearch {
    fn number(&self, build: &Build) -> Result<u64, StoreError> {
        self.generations.number(&build.name).ok_or_else(|| fault(format!("{} is no build", build.name)))
    }

    /// The document that keeps how far a generation is filled. It is no entry: no search finds it.
    fn mark_path(&self, number: u64) -> String {
        format!("/{}/_doc/{MARK}", self.generations.build(number))
    }

    async fn mark(&self, number: u64, deadline: Duration) -> Result<Option<String>, StoreError> {
        #[derive(Deserialize)]
        struct Found {
            _source: Source,
        }
        #[derive(Deserialize)]
        struct Source {
            mark: String,
        }
        let reply = self.client.call(Method::GET, &self.mark_path(number), Body::Nothing, deadline).await?;
        if reply.is_missing() { Ok(None) } else { reply.done().map(|Found { _source }| Some(_source.mark)) }
    }
}

#[async_trait]
impl Rebuilds for OpenSearch {
    async fn under_way(&self) -> Result<Option<Build>, StoreError> {
        let deadline = self.client.deadline(self.timeouts.rebuild);
        let all = self.generations.all(&self.client, deadline).await?;
        let built = all.iter().filter(|generation| generation.is_built).map(|generation| generation.number).max();
        let Some(number) = built else { return Ok(None) };
        let fill_from = self.generations.fill_from(&self.client, number, deadline).await?;
        let mark = self.mark(number, deadline).await?;
        Ok(Some(Build { name: self.generations.index(number), fill_from, mark }))
    }

    async fn begin(&self, now: Timestamp) -> Result<Build, StoreError> {
        let deadline = self.client.deadline(self.timeouts.rebuild);
        let (number, fill_from) = self.generations.begin(&self.client, now, deadline).await?;
        Ok(Build { name: self.generations.index(number), fill_from, mark: None })
    }

    /// The mark is written when all entries are: in one request with them it could be taken where one of them is not.
    async fn fill(&self, build: &Build, entries: &[Entry], mark: &str) -> Result<Vec<Refused>, StoreError> {
        let deadline = self.client.deadline(self.timeouts.rebuild);
        let number = self.number(build)?;
        let gone = || fault(format!("{} is not being built", build.name));
        let alias = [self.generations.build(number)];
        let refused = match self.write(&alias, entries, deadline).await? {
            Written::Done(refused) => refused,
            Written::NoIndex => return Err(gone()),
        };
        let body = json!({"kind": MARK, "mark": mark});
        let path = format!("{}?require_alias=true", self.mark_path(number));
        let reply = self.client.call(Method::PUT, &path, Body::Json(&body), deadline).await?;
        if reply.is_missing() {
            return Err(gone());
        }
        reply.done::<serde::de::IgnoredAny>()?;
        Ok(refused)
    }

    async fn finish(&self, build: &Build) -> Result<(), StoreError> {
        let deadline = self.client.deadline(self.timeouts.rebuild);
        let number = self.number(build)?;
        let all = self.generations.all(&self.client, deadline).await?;
        let built = all.iter().find(|generation| generation.number == number);
        let built = built.ok_or_else(|| fault(format!("{} is not there any more", build.name)))?;
        if built.is_read {
            return Ok(());
        }
        // Else what was written in the last second would be found a moment later.
        let path = format!("/{}/_refresh", build.name);
        self.client.call(Method::POST, &path, Body::Nothing, deadline).await?.done::<serde::de::IgnoredAny>()?;
        self.generations.swap(&self.client, number, &all, deadline).await
    }
}
