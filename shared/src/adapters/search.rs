//! Which search engine a process has. The engines themselves are crates of their own, which only those link who run one.

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;
use percent_encoding::percent_decode_str;
use url::Url;

use super::{
    aws::{AwsCredentials, AwsRegion},
    calls::Calls,
};
use crate::{
    domain::{
        Timestamp,
        ranking::Scoring,
        search::{ArticleSearch, Entry, FoundArticles, FoundUsers, SearchText, Suggestions, TagCount},
    },
    ports::{
        StoreError,
        search::{Build, Rebuilds, Refused, SearchEngine, SearchWrites, Searches},
        system::System,
    },
};

/// What a search engine is made with.
#[derive(Debug, Clone)]
pub struct SearchSettings {
    /// Where the OpenSearch domain is, if there is one.
    pub url: Option<SearchUrl>,
    /// How new indices of the domain cut text.
    pub analysis: Analysis,
    /// How hot articles are.
    pub scoring: Scoring,
    /// The domain's region.
    pub region: AwsRegion,
    /// In whose name requests to the domain are signed.
    pub credentials: AwsCredentials,
}

/// Where an OpenSearch domain is, and the user, if it knows users by password.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchUrl(Url);

impl SearchUrl {
    /// Scheme, host and port, and the path without a slash at its end.
    pub fn base(&self) -> String {
        let mut base = self.0.clone();
        // Both fail only for addresses that have no host, which are none of these.
        let plain = base.set_username("").and_then(|()| base.set_password(None));
        debug_assert!(plain.is_ok(), "there is a host");
        base.as_str().trim_end_matches('/').to_owned()
    }

    /// Name and password.
    pub fn user(&self) -> Option<(String, String)> {
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Some((decoded(self.0.username()), decoded(self.0.password()?)))
    }

    /// Whether nobody on the way can read or change what is sent.
    pub fn is_secure(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for SearchUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The parser's own words could repeat a password.
        let url = Url::parse(text).map_err(|_| "is no address")?;
        let server = matches!(url.scheme(), "http" | "https") && url.host_str().is_some();
        let whole = url.username().is_empty() == url.password().is_none();
        if server && whole && url.query().is_none() && url.fragment().is_none() {
            Ok(Self(url))
        } else {
            Err("is no address of an OpenSearch domain".to_owned())
        }
    }
}

/// With its password.
impl fmt::Display for SearchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

/// A password may stand in it: it never shows in a log.
impl fmt::Debug for SearchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchUrl({})", self.base())
    }
}

/// How text without white space is cut into words. An index keeps the choice that it was made with.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Analysis {
    /// Pairs of characters: every domain can do that.
    #[default]
    Cjk,
    /// Words of a dictionary, by the plugin `analysis-smartcn`.
    Smartcn,
    /// Words of a dictionary, by the plugin `analysis-ik`.
    Ik,
}

impl FromStr for Analysis {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "cjk" => Ok(Self::Cjk),
            "smartcn" => Ok(Self::Smartcn),
            "ik" => Ok(Self::Ik),
            _ => Err("is none of cjk, smartcn and ik".to_owned()),
        }
    }
}

/// Makes the engine of a process of what is configured; nothing if nothing is.
pub type SearchEngineMaker =
    Arc<dyn Fn(&SearchSettings, Arc<dyn System>) -> Result<Option<Arc<dyn SearchEngine>>, StoreError> + Send + Sync>;

/// Counts what an engine is asked: a search is a `Search` and a batch of changes a `Bulk`.
pub struct Counted {
    engine: Arc<dyn SearchEngine>,
    calls: Arc<Calls>,
}

impl Counted {
    /// Has `calls` count what `engine` is asked.
    pub fn new(engine: Arc<dyn SearchEngine>, calls: Arc<Calls>) -> Self {
        Self { engine, calls }
    }

    fn searched(&self) -> &dyn SearchEngine {
        self.calls.called("Search", &[]);
        &*self.engine
    }

    fn written(&self) -> &dyn SearchEngine {
        self.calls.called("Bulk", &[]);
        &*self.engine
    }
}

#[async_trait]
impl Searches for Counted {
    async fn articles(&self, search: &ArticleSearch) -> Result<FoundArticles, StoreError> {
        self.searched().articles(search).await
    }

    async fn users(&self, text: &SearchText, skip: usize, limit: usize) -> Result<FoundUsers, StoreError> {
        self.searched().users(text, skip, limit).await
    }

    async fn tags(&self, text: &str, limit: usize) -> Result<Vec<TagCount>, StoreError> {
        self.searched().tags(text, limit).await
    }

    async fn suggest(&self, typed: &str, limit: usize) -> Result<Suggestions, StoreError> {
        self.searched().suggest(typed, limit).await
    }
}

#[async_trait]
impl SearchWrites for Counted {
    async fn apply(&self, entries: &[Entry]) -> Result<Vec<Refused>, StoreError> {
        self.written().apply(entries).await
    }
}

#[async_trait]
impl Rebuilds for Counted {
    async fn under_way(&self) -> Result<Option<Build>, StoreError> {
        self.engine.under_way().await
    }

    async fn begin(&self, now: Timestamp) -> Result<Build, StoreError> {
        self.engine.begin(now).await
    }

    async fn fill(&self, build: &Build, entries: &[Entry], mark: &str) -> Result<Vec<Refused>, StoreError> {
        self.written().fill(build, entries, mark).await
    }

    async fn finish(&self, build: &Build) -> Result<(), StoreError> {
        self.engine.finish(build).await
    }
}

/// Where no search engine is configured: it is away, for good.
#[derive(Debug, Clone, Copy)]
pub struct NoEngine;

fn away<T>() -> Result<T, StoreError> {
    Err(StoreError::Unavailable { service: "search", source: "no search engine is configured".into() })
}

#[async_trait]
impl Searches for NoEngine {
    async fn articles(&self, _: &ArticleSearch) -> Result<FoundArticles, StoreError> {
        away()
    }

    async fn users(&self, _: &SearchText, _: usize, _: usize) -> Result<FoundUsers, StoreError> {
        away()
    }

    async fn tags(&self, _: &str, _: usize) -> Result<Vec<TagCount>, StoreError> {
        away()
    }

    async fn suggest(&self, _: &str, _: usize) -> Result<Suggestions, StoreError> {
        away()
    }
}

#[async_trait]
impl SearchWrites for NoEngine {
    /// There is no index that could be behind: an engine that is configured later begins with a rebuild.
    async fn apply(&self, _: &[Entry]) -> Result<Vec<Refused>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Rebuilds for NoEngine {
    async fn under_way(&self) -> Result<Option<Build>, StoreError> {
        Ok(None)
    }

    async fn begin(&self, _: Timestamp) -> Result<Build, StoreError> {
        away()
    }

    async fn fill(&self, _: &Build, _: &[Entry], _: &str) -> Result<Vec<Refused>, StoreError> {
        away()
    }

    async fn finish(&self, _: &Build) -> Result<(), StoreError> {
        away()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_apart_and_its_password_does_not_show() {
        let url: SearchUrl = "https://admin:p%40ss@search.example:9200/os/".parse().unwrap();
        assert_eq!(url.base(), "https://search.example:9200/os");
        assert_eq!(url.user(), Some(("admin".to_owned(), "p@ss".to_owned())));
        assert!(url.is_secure());
        assert_eq!(format!("{url:?}"), "SearchUrl(https://search.example:9200/os)");
        let url: SearchUrl = "http://127.0.0.1:9200".parse().unwrap();
        assert_eq!((url.base().as_str(), url.user(), url.is_secure()), ("http://127.0.0.1:9200", None, false));
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        let bad = [
            "",
            "search.example",
            "ftp://u:hush@x",
            "https://",
            "https://hush@x",
            "https://u:hush@",
            "http://x/?hush",
            "http://x/#hush",
        ];
        for bad in bad {
            assert!(!bad.parse::<SearchUrl>().unwrap_err().contains("hush"), "{bad}");
        }
    }
}
