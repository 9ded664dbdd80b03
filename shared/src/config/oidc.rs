//! The OpenID Connect providers that a deployment knows.

use std::{collections::BTreeSet, fmt};

use serde::Deserialize;

/// Providers, each under a name of its own.
#[derive(Debug, Clone, Default)]
pub struct OidcProviders(pub Vec<OidcProvider>);

/// A provider, and what the platform is to it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OidcProvider {
    /// What it is called in addresses: 1 to 32 lower-case letters, digits and hyphens. It may change; identities are kept by
    /// their issuer.
    pub name: String,
    /// Whose word it is: an `https` address, exactly as the provider writes it. On this machine `http` will do.
    pub issuer: String,
    /// What the platform is called there.
    pub client_id: String,
    /// How it proves that it is the platform; absent for a public client, which PKCE protects.
    pub client_secret: Option<String>,
    /// What else to ask for than `openid`.
    #[serde(default = "usual_scopes")]
    pub scopes: Vec<String>,
}

/// Secrets do not show.
impl fmt::Debug for OidcProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcProvider").field("name", &self.name).field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

fn usual_scopes() -> Vec<String> {
    vec!["email".to_owned(), "profile".to_owned()]
}

/// Whether `address` is one that nobody on the way can read or change: TLS, or a server on this machine.
pub fn is_private(address: &str) -> bool {
    let Some(plain) = address.strip_prefix("http://") else { return address.starts_with("https://") };
    let authority = plain.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    ["127.0.0.1", "localhost", "[::1]"].contains(&host)
}

impl OidcProviders {
    /// Reads a JSON list.
    ///
    /// # Errors
    /// What is wrong with it, without its secrets.
    pub fn parse(text: &str) -> Result<Self, String> {
        // What serde says may quote what it read.
        let providers: Vec<OidcProvider> =
            serde_json::from_str(text).map_err(|error| format!("is no such list (column {})", error.column()))?;
        let mut names = BTreeSet::new();
        for OidcProvider { name, issuer, client_id, scopes, .. } in &providers {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            if !(1..=32).contains(&name.len()) || !name.chars().all(plain) {
                return Err("has a name that is not 1 to 32 lower-case letters, digits and hyphens".to_owned());
            }
            if !is_private(issuer) || issuer.contains(['?', '#']) {
                return Err(format!("has an issuer of {name} that is no https:// address without a query"));
            }
            if client_id.is_empty() || scopes.iter().any(|scope| scope.is_empty() || scope.contains(' ')) {
                return Err(format!("has a blank clientId or scope of {name}"));
            }
            if !names.insert(name) {
                return Err(format!("has {name} twice"));
            }
        }
        Ok(Self(providers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_read_and_secrets_do_not_show() {
        let text = r#"[{"name": "acme", "issuer": "https://id.acme.example", "clientId": "blog", "clientSecret": "hush"},
            {"name": "here", "issuer": "http://127.0.0.1:8080/realm", "clientId": "blog", "scopes": []}]"#;
        let OidcProviders(providers) = OidcProviders::parse(text).unwrap();
        assert_eq!(providers[0].scopes, ["email", "profile"]);
        assert_eq!((providers[1].scopes.len(), providers[1].client_secret.is_none()), (0, true));
        assert!(!format!("{providers:?}").contains("hush"));
    }

    #[test]
    fn what_is_no_list_of_providers_is_refused_without_its_secrets() {
        let provider = |changes: &str| format!(r#"[{{"issuer": "https://a.example", "clientId": "b", {changes}}}]"#);
        for bad in [
            "",
            "{}",
            &provider(r#""clientSecret": "hush""#),
            &provider(r#""name": """#),
            &provider(r#""name": "A""#),
            &provider(r#""name": "a/b""#),
            &provider(r#""name": "a", "clientSecret": ["hush"]"#),
            &provider(r#""name": "a", "clientsecret": "hush""#),
            &provider(r#""name": "a", "scopes": [""]"#),
            r#"[{"name": "a", "issuer": "http://a.example", "clientId": "b"}]"#,
            r#"[{"name": "a", "issuer": "http://127.0.0.1.evil.example", "clientId": "b"}]"#,
            r#"[{"name": "a", "issuer": "https://a.example?x", "clientId": "b"}]"#,
            r#"[{"name": "a", "issuer": "https://a.example", "clientId": "b"},
                {"name": "a", "issuer": "https://b.example", "clientId": "b"}]"#,
        ] {
            let problem = OidcProviders::parse(bad).unwrap_err();
            assert!(!problem.contains("hush"), "{problem}");
        }
    }
}
