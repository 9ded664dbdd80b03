//! The process that functions run in: its clock, and the clients that it makes for them, each once.

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_dynamodb::config::SharedHttpClient;
use futures_util::future::join_all;

use super::{
    aws::http_client,
    calls::Calls,
    dynamodb::{self, Dynamo, DynamoSettings, TableNames},
    passwords::Argon2id,
    redis::{Redis, RedisUrl},
    search::{Counted, NoEngine, SearchEngineMaker, SearchSettings},
    sms::{EmbeddedMetrics, LoggedFigures},
    sqs::{self, QueueUrls, Sqs, SqsSettings},
    system::OperatingSystem,
    web::WebClient,
};
use crate::ports::{
    StoreError, permission::Permission, search::SearchEngine, sms::SmsFigures, system::System, web::Web,
};

/// What a function's wiring makes its adapters of.
#[derive(Clone)]
pub struct Host {
    /// The clock and the dice.
    pub system: Arc<dyn System>,
    /// Counts the calls of the clients made here.
    pub calls: Arc<Calls>,
    permissions: Vec<Permission>,
    enforce: bool,
    http: SharedHttpClient,
    lanes: usize,
    engines: Option<SearchEngineMaker>,
    made: Arc<Mutex<Vec<Made>>>,
}

#[derive(Clone)]
enum Made {
    Dynamo(Dynamo, TableNames),
    Redis(Redis),
    Sqs(Sqs),
}

impl Host {
    /// A Lambda's process: one function with `permissions`, which IAM enforces.
    pub fn lambda(permissions: Vec<Permission>) -> Self {
        let system = Arc::new(OperatingSystem::default());
        Self {
            system,
            calls: Arc::default(),
            permissions,
            enforce: false,
            http: http_client(),
            lanes: 1,
            engines: None,
            made: Arc::default(),
        }
    }

    /// A process for several functions on `system`, which hashes at most `lanes` passwords at a time.
    pub fn local(system: Arc<dyn System>, lanes: usize) -> Self {
        Self {
            system,
            calls: Arc::default(),
            permissions: Vec::new(),
            enforce: true,
            http: http_client(),
            lanes,
            engines: None,
            made: Arc::default(),
        }
    }

    /// The same process for one function: whatever is not in `permissions` is refused, as IAM would refuse it; calls are
    /// counted apart from other functions'.
    pub fn for_function(&self, permissions: Vec<Permission>) -> Self {
        Self { calls: Arc::default(), made: Arc::default(), permissions, ..self.clone() }
    }

    /// The same process with what makes its search engine.
    #[must_use]
    pub fn with_search(self, engines: SearchEngineMaker) -> Self {
        Self { engines: Some(engines), ..self }
    }

    /// The search engine of this process, whose requests are counted. Where there is none, whoever asks it is told that it is away.
    ///
    /// # Errors
    /// An engine that cannot be made of what is configured.
    pub fn search(&self, settings: &SearchSettings) -> Result<Arc<dyn SearchEngine>, StoreError> {
        let made = self.engines.as_ref().map(|make| make(settings, self.system.clone())).transpose()?;
        Ok(match made.flatten() {
            Some(engine) => Arc::new(Counted::new(engine, self.calls.clone())),
            None => Arc::new(NoEngine),
        })
    }

    /// A client of DynamoDB that knows `tables`.
    pub fn dynamo(&self, settings: &DynamoSettings, tables: TableNames) -> Dynamo {
        let granted = self.enforce.then(|| self.permissions.clone());
        let recorder = dynamodb::Recorder::new(self.calls.clone(), tables.clone(), granted);
        let dynamo = Dynamo::new(settings, self.http.clone(), recorder);
        self.remember(Made::Dynamo(dynamo.clone(), tables));
        dynamo
    }

    /// A client of Redis.
    ///
    /// # Errors
    /// An address that the client does not take.
    pub fn redis(&self, url: &RedisUrl) -> Result<Redis, StoreError> {
        let redis = Redis::new(url, self.calls.clone(), self.system.clone())?;
        self.remember(Made::Redis(redis.clone()));
        Ok(redis)
    }

    /// A client of SQS that knows `queues`.
    pub fn sqs(&self, settings: &SqsSettings, queues: QueueUrls) -> Sqs {
        let granted = self.enforce.then(|| self.permissions.clone());
        let recorder = sqs::Recorder::new(self.calls.clone(), queues.clone(), granted);
        let sqs = Sqs::new(settings, self.http.clone(), queues, recorder);
        self.remember(Made::Sqs(sqs.clone()));
        sqs
    }

    /// A client of the `service`, which is not ours, with a breaker of its own.
    pub fn web(&self, service: impl Into<String>) -> Arc<dyn Web> {
        Arc::new(WebClient::new(service.into(), self.system.clone()))
    }

    /// Where figures about messages go: on Lambda they become metrics.
    pub fn sms_figures(&self) -> Arc<dyn SmsFigures> {
        if self.enforce { Arc::new(LoggedFigures) } else { Arc::new(EmbeddedMetrics) }
    }

    fn remember(&self, client: Made) {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push(client);
    }

    /// Opens the connections of all clients made so far, at the same time and within the clients' own time-outs, so that the
    /// first request need not. What is in the way is no reason not to start: the calls to come try anew.
    pub async fn connect(&self) -> Vec<StoreError> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let connecting = made.iter().map(|client| async move {
            match client {
                Made::Dynamo(dynamo, tables) => dynamo.connect(tables, &self.permissions).await,
                Made::Redis(redis) => redis.connect().await,
                Made::Sqs(sqs) => sqs.connect(&self.permissions).await,
            }
        });
        join_all(connecting).await.into_iter().filter_map(Result::err).collect()
    }

    /// What hashes passwords.
    pub fn passwords(&self) -> Argon2id {
        Argon2id::new(self.system.clone(), self.lanes)
    }
}
