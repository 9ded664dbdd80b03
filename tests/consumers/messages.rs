//! `sms-dispatch` over tasks in memory and a vendor that notes what it was handed.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use shared::{
    domain::{
        TaskId, Timestamp,
        code::{Code, Purpose},
        sms::{Sealed, Sms, TaskEnd, TaskKey},
        user::PhoneNumber,
    },
    ports::{
        StoreError,
        sms::{Claimed, NotSent, Outgoing, SmsFigures, SmsProvider, SmsTasks},
        system::System,
    },
};
use sms_dispatch::Dispatcher;

use crate::{
    contract::{Case, Over},
    surroundings::{Faults, Still, delivery},
};

/// How a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress {
    Waiting { claimed: bool },
    Sent,
    Ended(TaskEnd),
}

/// Tasks, and what a vendor was handed. The store can fail before each of its steps but the last: who has handed a message over
/// and cannot say so is not asked to hand it over again, which `tests/sms` shows.
struct Tasks {
    tasks: Mutex<BTreeMap<TaskId, (Sealed, Progress)>>,
    handed: Mutex<BTreeSet<(String, String)>>,
    faults: Arc<Faults>,
}

fn key() -> TaskKey {
    TaskKey::parse(&TaskKey::encode([1; 32])).unwrap()
}

fn id(n: u8) -> TaskId {
    TaskId::from_bytes([n; 16])
}

const TASKS: u8 = 6;

fn tasks() -> BTreeMap<TaskId, (Sealed, Progress)> {
    let task = |n: u8| {
        let sms = Sms {
            phone: PhoneNumber::parse(&format!("+861380013800{n}")).unwrap(),
            purpose: Purpose::Login,
            code: Code::parse(&format!("00000{n}")).unwrap(),
        };
        // The last was sealed under a key that is no more.
        let key = if n == TASKS { TaskKey::parse(&TaskKey::encode([2; 32])).unwrap() } else { key() };
        (id(n), (key.seal(id(n), &sms, [n; 12]).unwrap(), Progress::Waiting { claimed: false }))
    };
    (1..=TASKS).map(task).collect()
}

impl Tasks {
    fn set(&self, claimed: &Claimed, progress: Progress) {
        if let Some((_, known)) = self.tasks.lock().unwrap().get_mut(&claimed.id) {
            *known = progress;
        }
    }
}

#[async_trait]
impl SmsTasks for Tasks {
    async fn claim(&self, id: TaskId, now: Timestamp, _: Timestamp) -> Result<Option<Claimed>, StoreError> {
        self.faults.next()?;
        let mut tasks = self.tasks.lock().unwrap();
        let Some((sealed, progress @ Progress::Waiting { claimed: false })) = tasks.get_mut(&id) else {
            return Ok(None);
        };
        *progress = Progress::Waiting { claimed: true };
        let good_until = now.plus(Duration::from_secs(1));
        Ok(Some(Claimed { id, sealed: sealed.clone(), good_until, attempts: 1, doubts: 0 }))
    }

    async fn doubt(&self, _: &Claimed) -> Result<bool, StoreError> {
        Ok(true)
    }

    async fn done(&self, claimed: &Claimed) -> Result<bool, StoreError> {
        self.set(claimed, Progress::Sent);
        Ok(true)
    }

    async fn defer(&self, claimed: &Claimed, _: Timestamp, _: u32) -> Result<bool, StoreError> {
        self.set(claimed, Progress::Waiting { claimed: false });
        Ok(true)
    }

    async fn close(&self, claimed: &Claimed, end: TaskEnd) -> Result<bool, StoreError> {
        self.set(claimed, Progress::Ended(end));
        Ok(true)
    }
}

#[async_trait]
impl SmsProvider for Tasks {
    fn name(&self) -> &str {
        "memory"
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<(), NotSent> {
        let handed = (message.sms.phone.as_str().to_owned(), message.sms.code.as_str().to_owned());
        assert!(self.handed.lock().unwrap().insert(handed), "handed over twice");
        Ok(())
    }
}

impl SmsFigures for Tasks {
    fn asked(&self, _: &str, _: &'static str, _: Duration, _: Timestamp) {}

    fn ended(&self, _: &'static str, _: u32, _: Timestamp) {}
}

fn messages() -> Vec<String> {
    (1..=TASKS).map(|n| format!(r#"{{"form":1,"what":"smsTask","id":"{}","version":1,"gone":false}}"#, id(n))).collect()
}

/// The case.
pub fn case() -> Case {
    Case {
        name: "sms-dispatch",
        messages,
        make: |faults, noted| {
            let store = Arc::new(Tasks { tasks: Mutex::new(tasks()), handed: Mutex::default(), faults });
            let system: Arc<dyn System> = Arc::new(Still);
            let dispatcher = Dispatcher {
                tasks: store.clone(),
                provider: store.clone(),
                key: Arc::new(key()),
                figures: store.clone(),
                system,
            };
            let delivery = delivery(dispatcher, noted);
            let outcome = |store: &Tasks| {
                let tasks = store.tasks.lock().unwrap();
                let progress: Vec<_> = tasks.iter().map(|(id, (_, progress))| (id, progress)).collect();
                format!("{progress:?} {:?}", store.handed.lock().unwrap())
            };
            Box::new(Over { delivery, store, outcome })
        },
    }
}
