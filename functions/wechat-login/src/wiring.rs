//! What `wechat-login` reads from the environment and which adapters it gets.

use axum::http::Method;
use shared::{
    adapters::host::Host,
    config::{FromEnvironment, Reader, settings},
    domain::limit::RouteClass,
    function::{Function, Wired},
    ports::{StoreError, permission::Permission},
    wiring::ProviderConfig,
};

use crate::{
    WeChatLogins,
    wechat::{App, WeChat},
};

/// The function.
pub struct WeChatLogin;

/// What the function reads from the environment.
pub struct Config {
    providers: ProviderConfig,
    app: Option<App>,
}

impl FromEnvironment for Config {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let id = reader.take_optional(&settings::WECHAT_APP_ID);
        let secret = reader.take_optional(&settings::WECHAT_APP_SECRET);
        let open_url = reader.take(&settings::WECHAT_OPEN_URL);
        let api_url = reader.take(&settings::WECHAT_API_URL);
        let providers = ProviderConfig::take(reader, matches!(id, Some(Some(_))));
        let app = match (id?, secret?) {
            (Some(id), Some(secret)) => Some(App { id, secret, open_url: open_url?, api_url: api_url? }),
            (None, None) => None,
            (Some(_), None) => {
                reader.refuse(&settings::WECHAT_APP_SECRET, "is missing, and there is a WECHAT_APP_ID");
                None
            }
            (None, Some(_)) => {
                reader.refuse(&settings::WECHAT_APP_ID, "is missing, and there is a WECHAT_APP_SECRET");
                None
            }
        };
        Some(Self { providers: providers?, app })
    }
}

impl Function for WeChatLogin {
    const NAME: &'static str = "wechat-login";
    const PERMISSIONS: &'static [&'static [Permission]] = ProviderConfig::PERMISSIONS;
    type Config = Config;
    type State = WeChatLogins;

    const CLASS: fn(&Method) -> RouteClass = |_| RouteClass::Login;

    shared::routes![begin, callback, link];

    fn wire(config: &Config, host: &Host) -> Result<Wired<WeChatLogins>, StoreError> {
        let (logins, entrance) = config.providers.wire(host);
        let wechat = config.app.clone().map(|app| WeChat::new(app, host.web("WeChat")));
        Ok(Wired { state: WeChatLogins::new(wechat, logins), entrance: Some(entrance) })
    }
}
