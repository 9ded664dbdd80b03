//! What the tests run on.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bloghub::template::Template;
use dynoxide::Database;
use serde_json::{Value, json};
use shared::{
    adapters::{
        aws::{AwsCredentials, AwsRegion, AwsSettings, Timeouts},
        dynamodb::{BreakerTable, Dynamo, DynamoSettings, TableNames, TaskTable},
        host::Host,
        redis::{Redis, RedisCodes},
        sms::{LoggedFigures, SmsProviders, Surroundings},
    },
    codes::PhoneCodes,
    domain::{
        Timestamp,
        code::{Code, CodeVerdict, Purpose},
        idempotency::HmacKey,
        sms::{Countries, Rate, Sealed, Sms, SmsQuotas, TaskKey},
        user::PhoneNumber,
    },
    ports::{
        StoreError, breakers, codes,
        codes::{Codes as _, SendCodeError},
        sms::{self, SmsProvider},
        system::System as _,
    },
};
use sms_dispatch::Dispatcher;
use sms_resend::Resender;
use test_servers::{Clock, RedisNode};
use tokio::net::TcpListener;

/// How long vendors may take here: enough for one that is well on a busy machine.
pub(crate) const ATTEMPT: Duration = Duration::from_secs(2);

pub(crate) fn phone(n: u32) -> PhoneNumber {
    PhoneNumber::parse(&format!("+861380013{n:04}")).unwrap()
}

pub(crate) fn key() -> Arc<TaskKey> {
    Arc::new(TaskKey::parse(&TaskKey::encode([7; 32])).unwrap())
}

/// A database and a cache.
pub(crate) struct World {
    pub(crate) clock: Arc<Clock>,
    pub(crate) redis: RedisNode,
    dynamo: Dynamo,
    database: Database,
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = Database::memory().unwrap();
        for table in Template::read().unwrap().tables().unwrap() {
            let mut definition = table.properties.clone();
            definition["TableName"] = json!(table.resource);
            definition["BillingMode"] = json!("PAY_PER_REQUEST");
            database.create_table(serde_json::from_value(definition).unwrap()).unwrap();
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database.clone(), std::future::pending()));
        // Noon of some day.
        let clock = Arc::new(Clock::simulated(Timestamp::from_millis(1_800_014_400_000)));
        let settings = DynamoSettings(AwsSettings {
            region: AwsRegion("local".to_owned()),
            credentials: AwsCredentials {
                access_key_id: "local".to_owned(),
                secret_access_key: "local".to_owned(),
                session_token: None,
            },
            endpoint: Some(endpoint),
            timeouts: Timeouts::default(),
        });
        let names = TableNames {
            tasks: Some("TasksTable".to_owned()),
            coordination: Some("CoordinationTable".to_owned()),
            ..TableNames::default()
        };
        let allowed =
            [codes::CODE_SENDS, codes::CODE_TRIES, sms::SMS_TASKS, sms::SMS_RESENDS, breakers::BREAKERS].concat();
        let dynamo = Host::local(clock.clone(), 1).for_function(allowed).dynamo(&settings, names);
        Self { clock, redis: RedisNode::start(), dynamo, database }
    }

    /// Codes over `redis`, with these limits.
    pub(crate) fn codes_over(&self, redis: Redis, quotas: SmsQuotas, rate: &str) -> PhoneCodes {
        PhoneCodes {
            store: Arc::new(RedisCodes::new(redis, rate.parse::<Rate>().unwrap())),
            tasks: Arc::new(self.tasks()),
            secret: HmacKey::parse(&HmacKey::encode([3; 32])).unwrap(),
            seal: Some(key()),
            countries: Countries::All,
            quotas,
            system: self.clock.clone(),
        }
    }

    pub(crate) fn redis_client(&self) -> Redis {
        Redis::new(&self.redis.url().parse().unwrap(), Arc::default(), self.clock.clone()).unwrap()
    }

    pub(crate) fn codes(&self) -> PhoneCodes {
        self.codes_over(self.redis_client(), SmsQuotas::default(), "600/60")
    }

    pub(crate) fn tasks(&self) -> TaskTable {
        TaskTable::new(self.dynamo.clone(), "TasksTable")
    }

    pub(crate) fn breakers(&self) -> BreakerTable {
        BreakerTable::new(self.dynamo.clone(), "CoordinationTable")
    }

    /// Asks for a code to log in with; if it is refused, answers how many seconds to wait.
    pub(crate) async fn ask(&self, codes: &PhoneCodes, phone: &PhoneNumber) -> Result<(), u64> {
        match codes.send(Purpose::Login, phone, None, self.clock.now()).await {
            Ok(()) => Ok(()),
            Err(SendCodeError::TooMany(wait)) => Err(wait.as_secs()),
            Err(error) => panic!("{error:?}"),
        }
    }

    pub(crate) async fn try_code(&self, codes: &PhoneCodes, phone: &PhoneNumber, code: &Code) -> CodeVerdict {
        codes.verify(Purpose::Login, phone, code, self.clock.now()).await.unwrap()
    }

    /// The items of the table of tasks whose partition begins like this.
    pub(crate) fn items(&self, prefix: &str) -> Vec<Value> {
        let scan = serde_json::from_value(json!({"TableName": "TasksTable"})).unwrap();
        let found = serde_json::to_value(self.database.scan(scan).unwrap()).unwrap();
        let items = found["Items"].as_array().unwrap().iter();
        items.filter(|item| item["pk"]["S"].as_str().unwrap().starts_with(prefix)).cloned().collect()
    }

    /// The messages of the tasks that are there, as their dispatcher reads them, in the order in which they were asked for.
    pub(crate) fn messages(&self) -> Vec<Sms> {
        let mut tasks = self.items("TASKS#");
        tasks.sort_by_key(|task| task["sk"]["S"].as_str().unwrap().to_owned());
        let sealed = |task: &Value| {
            let sealed = serde_json::from_value::<String>(task["sealed"]["B"].clone()).unwrap();
            let id = task["sk"]["S"].as_str().unwrap().parse().unwrap();
            key().open(id, &Sealed(decode(&sealed))).unwrap()
        };
        tasks.iter().map(sealed).collect()
    }

    /// Vendors by their settings, as one instance of the dispatcher has them.
    pub(crate) fn providers(&self, settings: Value) -> Arc<dyn SmsProvider> {
        SmsProviders::parse(&settings.to_string()).unwrap().connect(&Surroundings {
            breakers: Arc::new(self.breakers()),
            figures: Arc::new(LoggedFigures),
            attempt: ATTEMPT,
            system: self.clock.clone(),
        })
    }

    pub(crate) fn dispatcher(&self, settings: Value) -> Dispatcher {
        Dispatcher {
            tasks: Arc::new(self.tasks()),
            provider: self.providers(settings),
            key: key(),
            figures: Arc::new(LoggedFigures),
            system: self.clock.clone(),
        }
    }

    pub(crate) fn resender(&self) -> Resender {
        Resender { tasks: Arc::new(self.tasks()), figures: Arc::new(LoggedFigures), system: self.clock.clone() }
    }
}

/// Base64 as DynamoDB's JSON has it.
fn decode(text: &str) -> Vec<u8> {
    let value = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let digits: Vec<_> = text.bytes().filter(|byte| *byte != b'=').map(value).collect();
    let bytes = digits.chunks(4).flat_map(|four| {
        let bits = four.iter().fold(0_u32, |bits, digit| bits << 6 | u32::from(*digit)) << (6 * (4 - four.len()));
        bits.to_be_bytes().into_iter().skip(1).take(four.len() - 1)
    });
    bytes.collect()
}

/// What vendors got, in the order in which it came.
pub(crate) type Got = Arc<Mutex<Vec<Value>>>;

/// How a vendor behaves.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// It takes the message.
    Accepts,
    /// It answers with this status, and sends nothing.
    Refuses(u16),
    /// It has too much to do for so many seconds.
    Throttles(u64),
    /// It takes the message and never says so.
    AnswersLate,
    /// It answers something that is no HTTP.
    TalksNonsense,
    /// It takes the connection and says nothing.
    Hangs,
}

/// Starts a vendor of the kind `http`; what reached a phone through it is added to `got`, and its settings are answered.
pub(crate) async fn vendor(name: &'static str, manner: Manner, got: &Got) -> Value {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let got = got.clone();
    match manner {
        Manner::TalksNonsense => drop(tokio::spawn(nonsense(listener))),
        Manner::Hangs => drop(tokio::spawn(hang(listener))),
        _ => {
            let handler = async move |axum::Json(mut body): axum::Json<Value>| {
                body["vendor"] = json!(name);
                answer(manner, body, &got).await
            };
            let router = axum::Router::new().route("/", axum::routing::post(handler));
            tokio::spawn(async move { axum::serve(listener, router).await });
        }
    }
    json!({"kind": "http", "name": name, "url": format!("http://{address}/")})
}

async fn answer(manner: Manner, body: Value, got: &Got) -> axum::response::Response {
    use axum::{http::StatusCode, response::IntoResponse as _};
    match manner {
        Manner::Refuses(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Manner::Throttles(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        _ => {
            got.lock().unwrap().push(body);
            if let Manner::AnswersLate = manner {
                std::future::pending::<()>().await;
            }
            StatusCode::OK.into_response()
        }
    }
}

async fn nonsense(listener: TcpListener) {
    use tokio::io::AsyncWriteExt as _;
    while let Ok((mut stream, _)) = listener.accept().await {
        stream.write_all(b"what?\r\n\r\n").await.unwrap();
    }
}

async fn hang(listener: TcpListener) {
    let mut held = Vec::new();
    while let Ok((stream, _)) = listener.accept().await {
        held.push(stream);
    }
}

/// Where nobody listens.
pub(crate) async fn nobody(name: &str) -> Value {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    json!({"kind": "http", "name": name, "url": format!("http://{address}/")})
}

/// Whatever a store said.
pub(crate) fn unwrap_store<T>(result: Result<T, StoreError>) -> T {
    result.unwrap()
}
