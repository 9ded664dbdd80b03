//! Where OpenSearch is, who calls it and how long that may take.

use std::{fmt, str::FromStr, time::Duration};

use shared::{
    adapters::aws::{AwsCredentials, AwsRegion},
    domain::ranking::Scoring,
};

pub use shared::adapters::search::{Analysis, SearchUrl};

/// What the generations and aliases are named after: 1 to 64 lower-case letters, digits and hyphens, of which the first is a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexPrefix(String);

impl FromStr for IndexPrefix {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let begins = text.starts_with(|c: char| c.is_ascii_lowercase());
        if begins && text.len() <= 64 && text.chars().all(plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err("is not 1 to 64 lower-case letters, digits and hyphens that begin with a letter".to_owned())
        }
    }
}

impl fmt::Display for IndexPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// In whose name requests to a domain of AWS are signed.
#[derive(Debug, Clone)]
pub struct Signing {
    /// The domain's region.
    pub region: AwsRegion,
    /// Who calls.
    pub credentials: AwsCredentials,
}

/// How long calls may take. All end before a function's own time-out of 10 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SearchTimeouts {
    /// For a new connection, TLS included.
    pub connect: Duration,
    /// For one search or one batch of changes, with all its requests and their repetitions.
    pub request: Duration,
    /// For one step of a rebuild.
    pub rebuild: Duration,
}

impl Default for SearchTimeouts {
    fn default() -> Self {
        Self { connect: Duration::from_millis(500), request: Duration::from_secs(4), rebuild: Duration::from_secs(8) }
    }
}

/// All that the engine is made with.
#[derive(Debug, Clone)]
pub struct OpenSearchSettings {
    /// Where the domain is.
    pub url: SearchUrl,
    /// What its indices are named after.
    pub prefix: IndexPrefix,
    /// In whose name requests are signed. Over plain HTTP, and where the address names a user, none is.
    pub signing: Option<Signing>,
    /// How long calls may take.
    pub timeouts: SearchTimeouts,
    /// How hot articles are.
    pub scoring: Scoring,
    /// How new indices cut text.
    pub analysis: Analysis,
    /// How long after a build's beginning its filling may begin: as long as a process may go on writing by what it knew of the indices before.
    /// A second that this knowledge is kept, 4 for a request, and 30 for the longest function that writes, by default.
    pub settle: Duration,
    /// Whether changes are found at once instead of within a second. It costs the domain much: for tests.
    pub refresh: bool,
}

impl OpenSearchSettings {
    /// The defaults, for the domain at `url`.
    pub fn new(url: SearchUrl) -> Self {
        Self {
            url,
            prefix: IndexPrefix("bloghub".to_owned()),
            signing: None,
            timeouts: SearchTimeouts::default(),
            scoring: Scoring::default(),
            analysis: Analysis::default(),
            settle: Duration::from_secs(35),
            refresh: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_a_name_that_an_index_can_have() {
        assert_eq!("blog-2".parse::<IndexPrefix>().unwrap().to_string(), "blog-2");
        for bad in ["", "Blog", "_x", "-x", "1x", "a*", "a,b", "a/b", &"a".repeat(65)] {
            assert!(bad.parse::<IndexPrefix>().is_err(), "{bad}");
        }
    }
}
