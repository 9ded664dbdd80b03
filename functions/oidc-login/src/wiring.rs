//! What `oidc-login` reads from the environment and which adapters it gets.

use std::sync::Arc;

use axum::http::Method;
use shared::{
    adapters::host::Host,
    config::{FromEnvironment, OidcProviders, Reader, settings},
    domain::limit::RouteClass,
    function::{Function, Wired},
    ports::{StoreError, permission::Permission},
    wiring::ProviderConfig,
};

use crate::{OidcLogins, provider::Provider};

/// The function.
pub struct OidcLogin;

/// What the function reads from the environment.
pub struct Config {
    providers: ProviderConfig,
    oidc: OidcProviders,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let oidc = reader.take(&settings::OIDC_PROVIDERS);
        let providers = ProviderConfig::take(reader, oidc.as_ref().is_some_and(|oidc| !oidc.0.is_empty()));
        Some(Self { providers: providers?, oidc: oidc? })
    }
}

impl Function for OidcLogin {
    const NAME: &'static str = "oidc-login";
    const PERMISSIONS: &'static [&'static [Permission]] = ProviderConfig::PERMISSIONS;
    type Config = Config;
    type State = OidcLogins;

    const CLASS: fn(&Method) -> RouteClass = |_| RouteClass::Login;

    shared::routes![begin, callback, link];

    fn wire(config: &Config, host: &Host) -> Result<Wired<OidcLogins>, StoreError> {
        let (logins, entrance) = config.providers.wire(host);
        let provider = |provider: &shared::config::OidcProvider| {
            let web = host.web(format!("the OIDC provider {}", provider.name));
            (provider.name.clone(), Provider::new(provider.clone(), web, host.system.clone()))
        };
        let providers = Arc::new(config.oidc.0.iter().map(provider).collect());
        Ok(Wired { state: OidcLogins { providers, logins }, entrance: Some(entrance) })
    }
}
