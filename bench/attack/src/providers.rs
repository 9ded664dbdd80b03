//! Doubles of the providers by way of whom people log in: the attacker has accounts there, as anybody may.

use serde_json::json;
use test_servers::{
    oidc::{CLIENT_ID, CLIENT_SECRET, Provider, Says},
    wechat::{self, APP_ID, APP_SECRET, WeChat},
};

/// The ways to log in, as paths name them.
pub(crate) const WAYS: [&str; 2] = ["wechat", "oidc/acme"];
/// The front end's page where these logins end. Nobody goes there.
pub(crate) const PAGE: &str = "https://blog.example/welcome";

/// The providers, each on a port of its own.
pub(crate) struct Providers {
    wechat: WeChat,
    oidc: Provider,
}

impl Providers {
    pub(crate) fn start() -> Self {
        Self { wechat: WeChat::start(0), oidc: Provider::start(0, json!({})) }
    }

    /// The settings of a program that knows them.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let oidc =
            json!([{"name": "acme", "issuer": self.oidc.url, "clientId": CLIENT_ID, "clientSecret": CLIENT_SECRET}]);
        vec![
            ("OIDC_PROVIDERS", oidc.to_string()),
            ("WECHAT_APP_ID", APP_ID.to_owned()),
            ("WECHAT_APP_SECRET", APP_SECRET.to_owned()),
            ("WECHAT_OPEN_URL", self.wechat.url.clone()),
            ("WECHAT_API_URL", self.wechat.url.clone()),
            ("LOGIN_REDIRECT_URL", PAGE.to_owned()),
        ]
    }

    /// Somebody whom the provider knows as `who` consents at `url`. Answers path and query that the browser is sent back to, with a
    /// code that the provider has not given before.
    pub(crate) fn consent(&self, way: &str, url: &str, who: &str) -> String {
        match way {
            "wechat" => self.wechat.scan(url, wechat::Says::Known(who.to_owned(), None)),
            _ => self.oidc.consent(url, Says::subject(who)),
        }
    }
}
