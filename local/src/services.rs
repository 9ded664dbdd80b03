//! The embedded backing services over one data folder.

use std::{collections::HashMap, path::Path};

use shared::{
    adapters::jwt::PrivateKeys,
    config::{self, FromEnvironment, Reader, settings},
    function::ShellConfig,
};
use tracing::level_filters::LevelFilter;

use crate::{
    StartError,
    backends::Backends,
    data::DataFolder,
    redis_server::RedisServer,
    template::{Template, upper_snake},
};

/// Settings that the local services take over from the program's own environment.
const HANDED_OVER: [&str; 22] = [
    "ACCESS_TOKEN_TTL",
    "COMMON_PASSWORDS",
    "CORS_ORIGINS",
    "LOGIN_LOCKOUT",
    "LOGIN_REDIRECT_URL",
    "LOG_LEVEL",
    "OIDC_PROVIDERS",
    "PUBLIC_URL",
    "RANKING",
    "RATE_LIMITS",
    "RATE_LIMIT_QUOTAS",
    "SEARCH_ANALYSIS",
    "SEARCH_URL",
    "SMS_COUNTRIES",
    "SMS_PROVIDERS",
    "SMS_QUOTAS",
    "SMS_RATE",
    "TRUSTED_PROXIES",
    "WECHAT_API_URL",
    "WECHAT_APP_ID",
    "WECHAT_APP_SECRET",
    "WECHAT_OPEN_URL",
];

/// The program's own settings and those that it hands over, all read at once before anything is started.
pub struct Settings {
    /// How much is logged.
    pub log_level: LevelFilter,
}

impl FromEnvironment for Settings {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let shell = ShellConfig::take(reader);
        let ttl = reader.take(&settings::ACCESS_TOKEN_TTL);
        let passwords = reader.take(&settings::COMMON_PASSWORDS);
        let lockout = reader.take(&settings::LOGIN_LOCKOUT);
        let redis = reader.take_optional(&settings::REDIS_URL);
        let sms = [
            reader.take_optional(&settings::SMS_COUNTRIES).is_some(),
            reader.take_optional(&settings::SMS_PROVIDERS).is_some(),
            reader.take(&settings::SMS_QUOTAS).is_some(),
            reader.take(&settings::SMS_RATE).is_some(),
        ];
        let sms = sms.iter().all(|read| *read);
        let search = [
            reader.take_optional(&settings::SEARCH_URL).is_some(),
            reader.take(&settings::SEARCH_ANALYSIS).is_some(),
            reader.take(&settings::RANKING).is_some(),
        ];
        let search = search.iter().all(|read| *read);
        let providers = [
            reader.take(&settings::OIDC_PROVIDERS).is_some(),
            reader.take_optional(&settings::PUBLIC_URL).is_some(),
            reader.take_optional(&settings::LOGIN_REDIRECT_URL).is_some(),
        ];
        let providers = providers.iter().all(|read| *read);
        let all =
            ttl.is_some() && passwords.is_some() && lockout.is_some() && redis.is_some() && sms && search && providers;
        all.then_some(Self { log_level: shell?.log_level })
    }
}

/// On which loopback ports the services listen; 0 is any.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ports {
    /// The database.
    pub dynamodb: u16,
    /// The cache.
    pub redis: u16,
    /// The queues.
    pub sqs: u16,
}

/// Running services. Stop them in order with [`Services::stop`].
pub struct Services {
    data: DataFolder,
    template: Template,
    backends: Backends,
    redis: Option<RedisServer>,
    environment: HashMap<String, String>,
}

impl Services {
    /// Starts the services over the folder at `data`, telling `progress` what is waited for. Where `REDIS_URL` is set, that
    /// server is used and none is started.
    ///
    /// # Errors
    /// Whatever keeps one of them from starting; the others are stopped again.
    pub async fn start(data: &Path, ports: Ports, progress: impl Fn(&str)) -> Result<Self, StartError> {
        Self::start_from(Template::read()?, data, ports, progress).await
    }

    /// The same for another template.
    ///
    /// # Errors
    /// Whatever keeps one of them from starting; the others are stopped again.
    pub(crate) async fn start_from(
        template: Template,
        data: &Path,
        ports: Ports,
        progress: impl Fn(&str),
    ) -> Result<Self, StartError> {
        let data = DataFolder::open(data)?;
        let secrets = Secrets { keys: data.keys()?, hmac: data.hmac_key()?, sms: data.sms_task_key()? };
        let (redis, redis_url) = match config::variable("REDIS_URL") {
            Some(url) => (None, url),
            None => {
                let waiting = |server: &str| progress(&format!("waiting for {server} to load its data"));
                let server = RedisServer::start(&data.subfolder("redis")?, ports.redis, waiting).await?;
                let url = server.url.clone();
                (Some(server), url)
            }
        };
        match Backends::start(&template, &data, ports, &redis_url).await {
            Ok(backends) => {
                let environment = environment(&secrets, &data, &redis_url, &backends);
                Ok(Self { data, template, backends, redis, environment })
            }
            Err(error) => {
                if let Some(redis) = redis {
                    redis.stop().await;
                }
                Err(error)
            }
        }
    }

    /// The template that the services follow.
    pub fn template(&self) -> &Template {
        &self.template
    }

    pub(crate) fn backends(&self) -> &Backends {
        &self.backends
    }

    /// Where changes go that nobody could take.
    pub(crate) fn failed_changes(&self) -> std::path::PathBuf {
        self.data.path().join("failed-changes")
    }

    /// The environment in which functions use these services.
    pub fn environment(&self) -> &HashMap<String, String> {
        &self.environment
    }

    /// Where the data is.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// Stops the services; the data folder is free again afterwards.
    pub async fn stop(self) {
        self.backends.stop(&self.data).await;
        if let Some(redis) = self.redis {
            redis.stop().await;
        }
    }
}

/// What the data folder keeps to itself.
struct Secrets {
    keys: PrivateKeys,
    hmac: String,
    sms: String,
}

fn environment(secrets: &Secrets, data: &DataFolder, redis: &str, backends: &Backends) -> HashMap<String, String> {
    let Secrets { keys, hmac, sms } = secrets;
    let outbox = serde_json::json!([{"kind": "file", "path": data.outbox()}]);
    let mut environment = HashMap::from(
        [
            ("AWS_REGION", "local"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &backends.dynamodb.endpoint),
            ("AWS_ENDPOINT_URL_SQS", &backends.sqs.endpoint),
            ("REDIS_URL", redis),
            ("HMAC_KEY", hmac),
            ("SMS_TASK_KEY", sms),
            ("SMS_PROVIDERS", &outbox.to_string()),
            ("SMS_COUNTRIES", "*"),
            ("JWT_KEYS", &keys.to_json()),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    for table in &backends.tables {
        let name = upper_snake(table.strip_suffix("Table").unwrap_or(table));
        environment.insert(format!("{name}_TABLE"), table.clone());
    }
    for (resource, url) in backends.sqs.urls() {
        let name = upper_snake(resource.strip_suffix("Queue").unwrap_or(resource));
        environment.insert(format!("{name}_QUEUE"), url.clone());
    }
    for name in HANDED_OVER {
        environment.extend(config::variable(name).map(|value| (name.to_owned(), value)));
    }
    environment
}
