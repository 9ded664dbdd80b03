//! Which search engine a process has. The engines themselves are crates of their own, which only those link who run one.

use std::{fmt, str::FromStr, sync::Arc};

use async_trait::async_trait;
use url::Url;

use super::host::Host;
use crate::{
    domain::{
        Timestamp,
        search::{ArticleSearch, Entry, FoundArticles, FoundUsers, SearchText, Suggestions, TagCount},
    },
    ports::{
        StoreError,
        search::{Build, Rebuilds, Refused, SearchEngine, SearchWrites, Searches},
    },
};

/// Where an OpenSearch domain is; a name and a password may stand in it.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchUrl(pub Url);

impl FromStr for SearchUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| error.to_string())?;
        if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
            return Err("is no address of a server".to_owned());
        }
        Ok(Self(url))
    }
}

/// A password may stand in it: it never shows in a log.
impl fmt::Debug for SearchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchUrl({})", self.0.host_str().unwrap_or_default())
    }
}

/// Makes the engine of a process of what is configured; nothing if nothing is.
pub type SearchEngineMaker =
    Arc<dyn Fn(Option<&SearchUrl>, &Host) -> Result<Option<Arc<dyn SearchEngine>>, StoreError> + Send + Sync>;

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
    fn a_password_does_not_show() {
        let url: SearchUrl = "https://ann:secret@search.example:9200".parse().unwrap();
        assert_eq!(format!("{url:?}"), "SearchUrl(search.example)");
        for bad in ["", "search.example", "ftp://search.example", "https://"] {
            assert!(bad.parse::<SearchUrl>().is_err(), "{bad}");
        }
    }
}
