//! What codes by message cost.

use std::sync::Arc;

use bloghub::platform::Platform;
use reqwest::Method;
use serde_json::{Value, json};
use shared::{
    adapters::{
        dynamodb::{DynamoSettings, Registry, TableNames, TaskTable},
        host::Host,
        system::OperatingSystem,
    },
    config::read_from,
    domain::{
        TaskId, Timestamp, UserId,
        agent::Agent,
        code::Pseudonym,
        idempotency::HmacKey,
        sms::{Sealed, SmsQuotas, Task},
        user::{PhoneNumber, Role, User, Username},
    },
    ports::{
        codes::{CODE_SENDS, CodeTasks as _, Counted},
        users::{REGISTRATIONS, Registrations as _},
    },
    wiring::GateConfig,
};

use crate::{
    meter::{Meter, Operation},
    operations::forget_sessions,
};

const CODE: &str = "/api/login/sms/code";
const LOGIN: &str = "/api/login/sms";
const STRANGER: &str = "+8613800138001";
const KNOWN: &str = "+8613800138002";

/// Runs each script once.
pub(crate) async fn teach_scripts(m: &mut Meter<'_>) {
    let phone = json!({"phone": "+8613800138000", "code": "000000"});
    let once = || Operation("", "sms-code", &[], "");
    m.measure(once(), Method::POST, CODE, "", phone.clone()).await;
    m.measure(Operation("", "sms-login", &[], ""), Method::POST, LOGIN, "", phone.clone()).await;
    // The minute is not over, by the durable count: the code is taken back.
    forget_sessions(m.platform).await;
    m.measure(once(), Method::POST, CODE, "", phone).await;
}

pub(crate) async fn all(m: &mut Meter<'_>) {
    let calls: &[_] = &[("Redis", 3), ("TransactWriteItems", 1)];
    let why = "the limits, the code and a place in the window of messages lie in different slots, and each is asked for only if the one before allows it";
    m.measure(Operation("send a code", "sms-code", calls, why), Method::POST, CODE, "", json!({"phone": STRANGER}))
        .await;
    let again = Operation("the same within the minute, refused", "sms-code", &[("Redis", 2)], "");
    m.measure(again, Method::POST, CODE, "", json!({"phone": STRANGER})).await;
    m.platform.drained().await;
    let calls: &[_] = &[("GetItem", 2), ("UpdateItem", 1), ("DeleteItem", 1)];
    let why = "the breaker of a vendor is read before the call and after it";
    m.measure_consumer(Operation("hand a message to a vendor", "sms-dispatch", calls, why));
    let code = sent(m.platform, STRANGER);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let refused = Operation("log in by a code, refused", "sms-login", &[("Redis", 2), ("UpdateItem", 1)], "");
    m.measure(refused, Method::POST, LOGIN, "", json!({"phone": STRANGER, "code": wrong})).await;
    let calls: &[_] = &[("Redis", 3), ("GetItem", 1), ("TransactWriteItems", 1)];
    let why = "the code is tried before anything is read; the new session is remembered";
    let sign_up = Operation("sign up by a code", "sms-login", calls, why);
    m.measure(sign_up, Method::POST, LOGIN, "", json!({"phone": STRANGER, "code": code})).await;

    bind(m.platform).await;
    m.unmeasured_of("sms-code", Method::POST, CODE, "", json!({"phone": KNOWN})).await;
    m.platform.drained().await;
    let code = sent(m.platform, KNOWN);
    let calls: &[_] = &[("Redis", 3), ("GetItem", 2), ("PutItem", 1)];
    let log_in = Operation("log in by a code, known user", "sms-login", calls, why);
    m.measure(log_in, Method::POST, LOGIN, "", json!({"phone": KNOWN, "code": code})).await;

    forget_sessions(m.platform).await;
    let calls: &[_] = &[("Redis", 4), ("TransactWriteItems", 1), ("GetItem", 1)];
    let why = "what the cache has forgotten the durable counts know; the code is taken back";
    let refused = Operation("send a code, refused by the durable counts", "sms-code", calls, why);
    m.measure(refused, Method::POST, CODE, "", json!({"phone": KNOWN})).await;

    let nothing = Operation("look after messages, nothing to do", "sms-resend", &[("Query", 8)], "one for each shard");
    m.measure_worker(nothing, json!({})).await;
    leave_one(m.platform).await;
    let late = Operation("look after one that came too late", "sms-resend", &[("Query", 8), ("UpdateItem", 1)], "");
    m.measure_worker(late, json!({})).await;
    m.platform.drained().await;
    // It uses the rest of its grant when a vendor or a message fails, which `tests/sms` and `tests/consumers` have it do.
    m.used.remove("sms-dispatch");
}

/// The code that `phone` got last.
pub(crate) fn sent(platform: &Platform, phone: &str) -> String {
    let text = std::fs::read_to_string(platform.services().data().join("outbox/sms.jsonl")).unwrap();
    let mut messages = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let last = messages.rfind(|message| message["phone"] == phone).unwrap();
    last["params"]["code"].as_str().unwrap().to_owned()
}

/// Stores a user who has the phone [`KNOWN`].
async fn bind(platform: &Platform) {
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(REGISTRATIONS.to_vec());
    let parts = read_from::<GateConfig>(&lookup).unwrap().wire(&host, TableNames::default()).unwrap();
    let now = host.system.now();
    let user = User {
        id: UserId::new(now, host.system.random()),
        username: Username::parse("reachable").unwrap(),
        email: None,
        phone: Some(PhoneNumber::parse(KNOWN).unwrap()),
        role: Role::default(),
        bio: None,
        image: None,
        created_at: now,
        version: 1,
        epoch: 0,
    };
    let (session, _) = parts.logins.begin(&user, Agent::parse(""));
    Registry::new(parts.users, parts.sessions).register(&user, None, &session).await.unwrap();
}

/// Leaves a task whose code has expired.
async fn leave_one(platform: &Platform) {
    let table = platform.services().environment()["TASKS_TABLE"].clone();
    let lookup = |name: &str| platform.services().environment().get(name).cloned();
    let host = Host::local(Arc::new(OperatingSystem::default()), 1).for_function(CODE_SENDS.to_vec());
    let names = TableNames { tasks: Some(table.clone()), ..TableNames::default() };
    let tasks = TaskTable::new(host.dynamo(&read_from::<DynamoSettings>(&lookup).unwrap(), names), &table);
    let created_at = Timestamp::from_millis(host.system.now().as_millis() - 900_000);
    let not_before = Timestamp::from_millis(created_at.as_millis() + 60_000);
    let id = TaskId::new(created_at, host.system.random());
    let task = Task { id, sealed: Sealed(vec![0; 64]), created_at, not_before };
    let key = HmacKey::parse(&HmacKey::encode([1; 32])).unwrap();
    let counted = Counted { phone: Pseudonym::of(&key, "phone", "nobody's"), address: None, country: 86 };
    tasks.add(&task, &counted, &SmsQuotas::default(), created_at).await.unwrap();
}
