//! The vendors as they are configured.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use serde::Deserialize;

use super::{Aliyun, Client, HttpVendor, Outbox, Surroundings, Tencent};
use crate::{
    domain::code::Purpose,
    ports::{sms::SmsProvider, system::System},
};

/// What configuration looks like.
pub const FORM: &str = "a JSON list of {\"kind\": \"tencent\" | \"aliyun\" | \"http\" | \"file\", …}, see docs/sms.md";

/// Vendors in the order in which they take turns.
#[derive(Clone)]
pub struct SmsProviders(Vec<ProviderSettings>);

/// Vendors are known by their names only: the rest is secret.
impl fmt::Debug for SmsProviders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(ProviderSettings::name)).finish()
    }
}

#[derive(Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum ProviderSettings {
    Tencent(TencentSettings),
    Aliyun(AliyunSettings),
    Http(HttpSettings),
    File(FileSettings),
}

/// An account of Tencent Cloud.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TencentSettings {
    #[serde(default = "tencent")]
    pub(super) name: String,
    pub(super) secret_id: String,
    pub(super) secret_key: String,
    pub(super) sdk_app_id: String,
    #[serde(default)]
    pub(super) sign_name: String,
    #[serde(default = "guangzhou")]
    pub(super) region: String,
    pub(super) templates: Templates,
    #[serde(default = "tencent_endpoint")]
    pub(super) endpoint: Endpoint,
}

/// An account of Aliyun.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AliyunSettings {
    #[serde(default = "aliyun")]
    pub(super) name: String,
    pub(super) access_key_id: String,
    pub(super) access_key_secret: String,
    pub(super) sign_name: String,
    pub(super) templates: Templates,
    #[serde(default = "aliyun_endpoint")]
    pub(super) endpoint: Endpoint,
}

/// Something that takes JSON over HTTP.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HttpSettings {
    #[serde(default = "http")]
    pub(super) name: String,
    pub(super) url: Endpoint,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) templates: Templates,
}

/// A file.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FileSettings {
    #[serde(default = "file")]
    pub(super) name: String,
    pub(super) path: PathBuf,
}

fn tencent() -> String {
    "tencent".to_owned()
}

fn aliyun() -> String {
    "aliyun".to_owned()
}

fn http() -> String {
    "http".to_owned()
}

fn file() -> String {
    "file".to_owned()
}

fn guangzhou() -> String {
    "ap-guangzhou".to_owned()
}

fn tencent_endpoint() -> Endpoint {
    Endpoint("https://sms.tencentcloudapi.com".to_owned())
}

fn aliyun_endpoint() -> Endpoint {
    Endpoint("https://dysmsapi.aliyuncs.com".to_owned())
}

/// What a vendor calls the message for each purpose.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Templates {
    login: String,
    reset: String,
    phone: String,
}

/// By the purposes' names.
impl Default for Templates {
    fn default() -> Self {
        let [login, reset, phone] = Purpose::ALL.map(|purpose| purpose.name().to_owned());
        Self { login, reset, phone }
    }
}

impl Templates {
    pub(super) fn of(&self, purpose: Purpose) -> &str {
        match purpose {
            Purpose::Login => &self.login,
            Purpose::Reset => &self.reset,
            Purpose::Phone => &self.phone,
        }
    }
}

/// Where a vendor listens: with TLS, or on this machine.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Endpoint(String);

impl TryFrom<String> for Endpoint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let uri: ::http::Uri = text.parse().map_err(|_| "is no address")?;
        match (uri.scheme_str(), uri.host()) {
            (Some("https"), Some(_)) | (Some("http"), Some("127.0.0.1" | "localhost")) => Ok(Self(text)),
            _ => Err("is no https:// address"),
        }
    }
}

impl Endpoint {
    /// The address as it was configured.
    pub(super) fn full(&self) -> &str {
        &self.0
    }

    /// Host and port, as the header `Host` has them.
    pub(super) fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or(self.0.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or(rest)
    }

    /// The address of the root.
    pub(super) fn root(&self) -> String {
        let scheme = self.0.split_once("://").map_or("https", |(scheme, _)| scheme);
        format!("{scheme}://{}/", self.host())
    }
}

impl ProviderSettings {
    fn name(&self) -> &str {
        match self {
            Self::Tencent(settings) => &settings.name,
            Self::Aliyun(settings) => &settings.name,
            Self::Http(settings) => &settings.name,
            Self::File(settings) => &settings.name,
        }
    }
}

impl SmsProviders {
    /// Reads a JSON list.
    ///
    /// # Errors
    /// What is wrong with it, without what it says, which may be a secret.
    pub fn parse(text: &str) -> Result<Self, String> {
        let providers: Vec<ProviderSettings> = serde_json::from_str(text).map_err(|error| {
            format!("is no list of vendors, {:?} error at column {}", error.classify(), error.column())
        })?;
        for (n, provider) in providers.iter().enumerate() {
            if providers[..n].iter().any(|other| other.name() == provider.name()) {
                return Err("has two vendors of one name".to_owned());
            }
        }
        Ok(Self(providers))
    }

    /// All of them as one, with all that stands between them and the dispatcher.
    pub fn connect(&self, surroundings: &Surroundings) -> Arc<dyn SmsProvider> {
        let client = Client::default();
        let (client, system) = (|| client.clone(), || -> Arc<dyn System> { surroundings.system.clone() });
        let provider = |settings: &ProviderSettings| match settings.clone() {
            ProviderSettings::Tencent(settings) => surroundings.around(Tencent::new(settings, client(), system())),
            ProviderSettings::Aliyun(settings) => surroundings.around(Aliyun::new(settings, client(), system())),
            ProviderSettings::Http(settings) => surroundings.around(HttpVendor::new(settings, client())),
            ProviderSettings::File(settings) => surroundings.around(Outbox::new(settings, system())),
        };
        surroundings.together(self.0.iter().map(provider).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEMPLATES: &str = r#"{"login": "1", "reset": "2", "phone": "3"}"#;

    #[test]
    fn vendors_of_each_kind_are_read() {
        let text = format!(
            r#"[{{"kind": "tencent", "secretId": "i", "secretKey": "k", "sdkAppId": "a", "templates": {TEMPLATES}}},
                {{"kind": "aliyun", "accessKeyId": "i", "accessKeySecret": "k", "signName": "s", "templates": {TEMPLATES}}},
                {{"kind": "http", "name": "second", "url": "https://sms.example/send", "headers": {{"x-key": "k"}}}},
                {{"kind": "file", "path": "/tmp/sms.jsonl"}}]"#
        );
        let providers = SmsProviders::parse(&text).unwrap();
        assert_eq!(format!("{providers:?}"), r#"["tencent", "aliyun", "second", "file"]"#);
    }

    #[test]
    fn what_is_no_vendor_is_refused_without_being_quoted() {
        for text in [
            "",
            "{}",
            r#"[{"kind": "pigeon", "secret": "hunter2"}]"#,
            r#"[{"kind": "file", "path": "/tmp/x", "hunter2": 1}]"#,
            r#"[{"kind": "http", "url": "http://hunter2.example/"}]"#,
            r#"[{"kind": "tencent", "secretId": "hunter2"}]"#,
            r#"[{"kind": "file", "path": "a"}, {"kind": "file", "path": "hunter2"}]"#,
        ] {
            let problem = SmsProviders::parse(text).unwrap_err();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }

    #[test]
    fn an_address_has_a_host_and_a_root() {
        let endpoint = Endpoint::try_from("http://127.0.0.1:8080/a/b?c".to_owned()).unwrap();
        assert_eq!((endpoint.host(), endpoint.root().as_str()), ("127.0.0.1:8080", "http://127.0.0.1:8080/"));
    }
}
