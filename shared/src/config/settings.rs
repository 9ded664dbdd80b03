//! Every environment variable that the functions know.

use std::time::Duration;

use tracing::level_filters::LevelFilter;

use super::{FromEnvironment, OidcProviders, Reader, Seen};
use crate::{
    adapters::{
        aws::{AwsCredentials, AwsRegion, AwsSettings, Timeouts},
        dynamodb::DynamoSettings,
        jwt::PrivateKeys,
        redis::RedisUrl,
        search::{Analysis, SearchSettings, SearchUrl},
        sms::{self as sms_vendors, SmsProviders},
        sqs::{QueueUrl, SqsSettings},
    },
    domain::{
        idempotency::HmacKey,
        limit::{self, Quotas},
        lockout::{self, Patiences},
        password::CommonPasswords,
        ranking::{self, Scoring},
        sms::{self, Countries, Rate, SmsQuotas, TaskKey},
    },
    http::{TrustedProxies, cookies::PublicUrl, cors::AllowedOrigins, landing::LandingPage},
};

/// An environment variable and how to read it.
pub struct Setting<T> {
    /// Its name.
    pub name: &'static str,
    /// What its value looks like, as in "expected …".
    pub form: &'static str,
    /// What holds where it is absent.
    pub default: Option<&'static str>,
    /// What it is for.
    pub about: &'static str,
    /// Reads it; the error says what is wrong without repeating the value, which may be a secret.
    pub parse: fn(&str) -> Result<T, String>,
}

impl<T> Setting<T> {
    pub(super) fn seen(&self) -> Seen {
        Seen { name: self.name, form: self.form, default: self.default, about: self.about }
    }
}

fn text(value: &str) -> Result<String, String> {
    Ok(value.to_owned())
}

macro_rules! settings {
    ($($name:ident: $type:ty = $form:expr, $default:expr, $about:literal, $parse:expr;)*) => {
        $(#[doc = $about] pub const $name: Setting<$type> =
            Setting { name: stringify!($name), form: $form, default: $default, about: $about, parse: $parse };)*
    };
}

settings! {
    USERS_TABLE: String = "the name of a DynamoDB table", None, "The table of users.", text;
    SESSIONS_TABLE: String = "the name of a DynamoDB table", None, "The table of sessions.", text;
    ARTICLES_TABLE: String = "the name of a DynamoDB table", None, "The table of articles.", text;
    COMMENTS_TABLE: String = "the name of a DynamoDB table", None, "The table of comments.", text;
    COORDINATION_TABLE: String = "the name of a DynamoDB table", None, "The table of leases and idempotency keys.", text;
    INTERACTIONS_TABLE: String = "the name of a DynamoDB table", None, "The table of likes, collections, follows and counters.", text;
    CACHE_EVICT_QUEUE: QueueUrl = "the address of an SQS queue", None, "The queue of changes after which cached values may be stale.", queue;
    SEARCH_URL: SearchUrl = "http[s]://[user:password@]host[:port]", None,
        "Where the OpenSearch domain is. Without one, search answers 503 on AWS; the program has an index of its own.", str::parse;
    SEARCH_ANALYSIS: Analysis = "cjk, smartcn or ik", Some("cjk"),
        "How a new index of the OpenSearch domain cuts text without white space: in pairs of characters, or in words by a plugin that the domain must have.", str::parse;
    SEARCH_SYNC_QUEUE: QueueUrl = "the address of an SQS queue", None, "The queue of changes that the search index follows.", queue;
    TASKS_TABLE: String = "the name of a DynamoDB table", None, "The table of messages to send, and of how many there were.", text;
    SMS_DISPATCH_QUEUE: QueueUrl = "the address of an SQS queue", None, "The queue of messages to phones that are to be sent.", queue;
    REDIS_URL: RedisUrl = "redis[s][+cluster]://[[user]:password@]host[:port]", None,
        "Where the cache is; `s` for TLS, `+cluster` for a cluster.", str::parse;
    JWT_KEYS: PrivateKeys = "a JSON list of {\"kid\", \"alg\": \"ES256\" | \"EdDSA\" | \"HS256\", \"key\": base64 of PKCS#8 or of a secret}", None,
        "The keys of access tokens: the first signs, all verify. `bloghub keys` makes them.", PrivateKeys::parse;
    HMAC_KEY: HmacKey = "base64 of at least 32 random bytes", None,
        "The secret under which bodies of requests with an idempotency key and cookies of logins are recognised, and readers of articles have pseudonyms. `bloghub keys` makes one.", HmacKey::parse;
    PUBLIC_URL: PublicUrl = "http[s]://host[/path]", None,
        "Where browsers find the platform: identity providers send them back to addresses beneath it. Needed where there is a provider.", str::parse;
    LOGIN_REDIRECT_URL: LandingPage = "http[s]://host[/path][?query]", None,
        "The front end's page where a login by way of a provider ends, with a one-time code. Absent, it ends with JSON.", str::parse;
    OIDC_PROVIDERS: OidcProviders = "a JSON list of {\"name\", \"issuer\", \"clientId\", \"clientSecret\", \"scopes\": [\"email\", \"profile\"]}", Some("[]"),
        "The OpenID Connect providers by which people log in; secret and scopes may be left out.", OidcProviders::parse;
    WECHAT_APP_ID: String = "a website application's AppID", None, "The application of WeChat's Open Platform by which people log in. Absent, nobody does.", text;
    WECHAT_APP_SECRET: String = "the application's AppSecret", None, "Proves to WeChat that the platform is the application.", text;
    WECHAT_OPEN_URL: String = "http[s]://host[:port]", Some("https://open.weixin.qq.com"), "Where WeChat shows the code to scan.", endpoint;
    WECHAT_API_URL: String = "http[s]://host[:port]", Some("https://api.weixin.qq.com"), "Where WeChat's interface is.", endpoint;
    SMS_TASK_KEY: TaskKey = "base64 of 32 random bytes", None,
        "The key under which messages to phones wait to be sent. `bloghub keys` makes one.", TaskKey::parse;
    SMS_COUNTRIES: Countries = "\"*\", or countries such as CN,US (ISO 3166-1)", None,
        "To whose phones messages go. Absent, to nobody's.", str::parse;
    SMS_QUOTAS: SmsQuotas = sms::SMS_QUOTAS_FORM, Some(sms::DEFAULT_QUOTAS),
        "How many messages there may be a day, and wrong tries of one phone; what is not named keeps its default.", str::parse;
    SMS_RATE: Rate = "messages/seconds, such as 600/60", Some("600/60"),
        "How many messages vendors are handed in any stretch of so many seconds; what is beyond waits.", str::parse;
    SMS_PROVIDERS: SmsProviders = sms_vendors::FORM, None,
        "Who sends messages, in turn. Absent, nobody does.", SmsProviders::parse;
    ACCESS_TOKEN_TTL: Duration = "seconds, from 60 to 2592000", Some("900"), "How long an access token is good.", seconds;
    COMMON_PASSWORDS: CommonPasswords = "\"refuse\" or \"allow\"", Some("refuse"),
        "Whether the 3,000 most common passwords may be chosen.", common_passwords;
    CORS_ORIGINS: AllowedOrigins = "\"*\", or origins such as https://blog.example separated by commas", Some("*"),
        "Which sites' pages may call the API.", str::parse;
    RATE_LIMITS: bool = "\"on\" or \"off\"", Some("on"), "Whether it is limited how often anyone may call.", on_or_off;
    RATE_LIMIT_QUOTAS: Quotas = limit::FORM, Some(limit::DEFAULTS),
        "How many calls are allowed in how many seconds; a class and dimension that is not named has no limit.", str::parse;
    LOGIN_LOCKOUT: Patiences = lockout::FORM, Some(lockout::DEFAULTS),
        "How many tries to log in are free within how many seconds; what is not named has no limit.", str::parse;
    RANKING: Scoring = ranking::FORM, Some(ranking::DEFAULTS),
        "How hot articles are: what counts how much, and how quickly they get old; what is not named keeps its default.", str::parse;
    TRUSTED_PROXIES: TrustedProxies = "addresses or networks such as 10.0.0.0/8 separated by commas", None,
        "Whose X-Forwarded-For counts. Absent, nobody's.", str::parse;
    LOG_LEVEL: LevelFilter = "error, warn, info, debug or trace", Some("info"), "How much is logged.", log_level;
    AWS_REGION: AwsRegion = "a region such as eu-central-1", None, "The region. Lambda sets it.", |v| Ok(AwsRegion(v.to_owned()));
    AWS_ACCESS_KEY_ID: String = "an access key's id", None, "Whose calls these are. Lambda sets it.", text;
    AWS_SECRET_ACCESS_KEY: String = "an access key", None, "Whose calls these are. Lambda sets it.", text;
    AWS_SESSION_TOKEN: String = "a session's token", None, "Whose calls these are, if a role's. Lambda sets it.", text;
    AWS_ENDPOINT_URL_DYNAMODB: String = "http[s]://host[:port]", None,
        "Where an emulator of DynamoDB is; absent on AWS itself.", endpoint;
    AWS_ENDPOINT_URL_SQS: String = "http[s]://host[:port]", None,
        "Where an emulator of SQS is; absent on AWS itself.", endpoint;
    AWS_ENDPOINT_URL: String = "http[s]://host[:port]", None, "Where an emulator of all AWS is; absent on AWS itself.", endpoint;
}

fn queue(value: &str) -> Result<QueueUrl, String> {
    endpoint(value).map(QueueUrl)
}

fn seconds(value: &str) -> Result<Duration, String> {
    match value.parse() {
        Ok(seconds @ 60..=2_592_000) => Ok(Duration::from_secs(seconds)),
        _ => Err("is out of range or no number".to_owned()),
    }
}

fn on_or_off(value: &str) -> Result<bool, String> {
    match value {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("is neither".to_owned()),
    }
}

fn common_passwords(value: &str) -> Result<CommonPasswords, String> {
    match value {
        "refuse" => Ok(CommonPasswords::Refuse),
        "allow" => Ok(CommonPasswords::Allow),
        _ => Err("is neither".to_owned()),
    }
}

fn log_level(value: &str) -> Result<LevelFilter, String> {
    value.parse().map_err(|_| "is no level".to_owned())
}

fn endpoint(value: &str) -> Result<String, String> {
    if value.starts_with("http://") || value.starts_with("https://") {
        Ok(value.to_owned())
    } else {
        Err("is no address".to_owned())
    }
}

/// Reads where a service is whose emulator may have an address of its own.
fn aws(reader: &mut Reader<'_>, endpoint: &Setting<String>) -> Option<AwsSettings> {
    let region = reader.take(&AWS_REGION);
    let credentials = credentials(reader);
    let endpoint = reader.take_optional(endpoint);
    let any_endpoint = reader.take_optional(&AWS_ENDPOINT_URL);
    let timeouts = Timeouts::default();
    Some(AwsSettings { region: region?, credentials: credentials?, endpoint: endpoint?.or(any_endpoint?), timeouts })
}

fn credentials(reader: &mut Reader<'_>) -> Option<AwsCredentials> {
    let access_key_id = reader.take(&AWS_ACCESS_KEY_ID);
    let secret_access_key = reader.take(&AWS_SECRET_ACCESS_KEY);
    let session_token = reader.take_optional(&AWS_SESSION_TOKEN);
    Some(AwsCredentials {
        access_key_id: access_key_id?,
        secret_access_key: secret_access_key?,
        session_token: session_token?,
    })
}

impl FromEnvironment for DynamoSettings {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        aws(reader, &AWS_ENDPOINT_URL_DYNAMODB).map(Self)
    }
}

impl FromEnvironment for SearchSettings {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let url = reader.take_optional(&SEARCH_URL);
        let analysis = reader.take(&SEARCH_ANALYSIS);
        let scoring = reader.take(&RANKING);
        let region = reader.take(&AWS_REGION);
        let credentials = credentials(reader);
        Some(Self { url: url?, analysis: analysis?, scoring: scoring?, region: region?, credentials: credentials? })
    }
}

impl FromEnvironment for SqsSettings {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        aws(reader, &AWS_ENDPOINT_URL_SQS).map(Self)
    }
}
