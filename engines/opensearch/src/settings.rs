//! Where OpenSearch is, who calls it and how long that may take.

use std::{fmt, str::FromStr, time::Duration};

use http::Uri;
use percent_encoding::percent_decode_str;
use shared::{
    adapters::aws::{AwsCredentials, AwsRegion},
    domain::ranking::Scoring,
};

/// What a [`SearchUrl`] looks like.
pub const FORM: &str = "http[s]://[user:password@]host[:port][/path]";

/// Where the domain is, and the user, if it knows users by password.
#[derive(Clone, PartialEq, Eq)]
pub struct SearchUrl {
    /// Scheme, host and port, and the path without a slash at its end.
    pub(crate) base: String,
    pub(crate) user: Option<(String, String)>,
}

/// The address may hold a password: it does not show.
impl fmt::Debug for SearchUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SearchUrl({}, user: {})", self.base, self.user.is_some())
    }
}

impl FromStr for SearchUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // The parser's own words could repeat a password.
        let no_address = || "is no address of an OpenSearch domain".to_owned();
        let (scheme, rest) = text.split_once("://").ok_or_else(no_address)?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let (user, host) = match authority.rsplit_once('@') {
            Some((user, host)) => (Some(user.split_once(':').ok_or_else(no_address)?), host),
            None => (None, authority),
        };
        let decode = |text: &str| percent_decode_str(text).decode_utf8().map(|text| text.into_owned());
        let user = user.map(|(user, password)| Ok((decode(user)?, decode(password)?))).transpose();
        let user = user.map_err(|_: std::str::Utf8Error| no_address())?;
        let base = format!("{scheme}://{host}{}", path.trim_end_matches('/'));
        let uri: Uri = base.parse().map_err(|_| no_address())?;
        let plain = ["http", "https"].contains(&scheme) && !host.is_empty() && !base.contains(['?', '#']);
        if plain && uri.host().is_some() { Ok(Self { base, user }) } else { Err(no_address()) }
    }
}

impl SearchUrl {
    /// Whether nobody on the way can read or change what is sent.
    pub fn is_secure(&self) -> bool {
        self.base.starts_with("https://")
    }
}

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
    fn an_address_is_parsed_and_its_password_does_not_show() {
        let url: SearchUrl = "https://admin:p%40ss@search.example:9200/os/".parse().unwrap();
        assert_eq!(url.base, "https://search.example:9200/os");
        assert_eq!(url.user, Some(("admin".to_owned(), "p@ss".to_owned())));
        assert!(url.is_secure() && !format!("{url:?}").contains("p@ss"));
        let url: SearchUrl = "http://127.0.0.1:9200".parse().unwrap();
        assert!(url.user.is_none() && !url.is_secure());
    }

    #[test]
    fn what_is_no_address_is_refused_without_its_password() {
        for bad in [
            "",
            "search.example",
            "ftp://hush@x",
            "https://",
            "https://user@x",
            "https://u:hush@",
            "http://x/?hush",
            "http://a b",
            "http://u:%ff@x",
        ] {
            let problem = bad.parse::<SearchUrl>().unwrap_err();
            assert!(!problem.contains("hush"), "{bad}");
        }
    }

    #[test]
    fn a_prefix_is_a_name_that_an_index_can_have() {
        assert_eq!("blog-2".parse::<IndexPrefix>().unwrap().to_string(), "blog-2");
        for bad in ["", "Blog", "_x", "-x", "1x", "a*", "a,b", "a/b", &"a".repeat(65)] {
            assert!(bad.parse::<IndexPrefix>().is_err(), "{bad}");
        }
    }
}
