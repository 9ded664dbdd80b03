//! Codes that are sent to phones, made of a store where they are good for a while and a table of what is to be sent.
//!
//! The store decides which of many calls makes a code: so it comes first, and without it nothing is sent. The table counts and
//! queues in one transaction; what it refuses is taken back from the store.

use std::{net::IpAddr, sync::Arc};

use async_trait::async_trait;

use crate::{
    domain::{
        RequestId, TaskId, Timestamp,
        code::{Code, CodeHash, CodeSlot, CodeVerdict, Pseudonym, Purpose},
        idempotency::HmacKey,
        sms::{Countries, Sms, SmsQuotas, Task, TaskKey, calling_code},
        user::PhoneNumber,
    },
    ports::{
        StoreError,
        codes::{AddTaskError, CodeStore, CodeTasks, Codes, Counted, SendCodeError, Turn},
        system::System,
    },
    telemetry::chain,
};

/// Sends codes and takes them back.
#[derive(Clone)]
pub struct PhoneCodes {
    /// Codes while they are good.
    pub store: Arc<dyn CodeStore>,
    /// What is to be sent, and the durable counts.
    pub tasks: Arc<dyn CodeTasks>,
    /// What codes are hashed with, and phones and addresses where they are counted.
    pub secret: HmacKey,
    /// What messages are sealed with until they are sent; absent where codes are only tried.
    pub seal: Option<Arc<TaskKey>>,
    /// Where messages go.
    pub countries: Countries,
    /// How many.
    pub quotas: SmsQuotas,
    /// Makes codes.
    pub system: Arc<dyn System>,
}

impl PhoneCodes {
    fn phone(&self, phone: &PhoneNumber) -> Pseudonym {
        Pseudonym::of(&self.secret, "phone", phone.as_str())
    }

    fn counted(&self, phone: &PhoneNumber, address: Option<IpAddr>) -> Counted {
        let address = address.map(|address| Pseudonym::of(&self.secret, "address", &address.to_string()));
        Counted { phone: self.phone(phone), address, country: calling_code(phone) }
    }

    /// The message, to be sent not before `not_before`.
    fn task(&self, id: TaskId, sms: &Sms, now: Timestamp, not_before: Timestamp) -> Result<Task, StoreError> {
        let sealed = self.seal.as_ref().and_then(|key| key.seal(id, sms, self.system.random()));
        let fault = || StoreError::Fault { service: "sealing", source: "a message that cannot be sealed".into() };
        Ok(Task { id, sealed: sealed.ok_or_else(fault)?, created_at: now, not_before })
    }

    /// Takes a code back that is not sent. Where that fails the phone has to wait for the rest of the minute, and for nothing
    /// else: nobody ever gets to know that code.
    async fn withdraw(&self, slot: CodeSlot<'_>, id: TaskId) {
        if let Err(error) = self.store.withdraw(slot, id).await {
            tracing::warn!(error = chain(&error), "a code that is not sent is not taken back");
        }
    }
}

#[async_trait]
impl Codes for PhoneCodes {
    async fn send(
        &self,
        purpose: Purpose,
        phone: &PhoneNumber,
        address: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<(), SendCodeError> {
        if !self.countries.serve(phone) {
            return Err(SendCodeError::Country);
        }
        let slot = CodeSlot { purpose, phone };
        let id = TaskId::new(now, self.system.random());
        let code = Code::draw(|| self.system.random());
        if let Some(wait) = self.store.store(slot, &CodeHash::of(&self.secret, slot, &code), id, now).await? {
            return Err(SendCodeError::TooMany(wait));
        }
        let not_before = match self.store.turn(id, now).await? {
            Turn::At(not_before) => not_before,
            Turn::Later(wait) => {
                self.withdraw(slot, id).await;
                return Err(SendCodeError::TooMany(wait));
            }
        };
        let task = self.task(id, &Sms { phone: phone.clone(), purpose, code }, now, not_before)?;
        match self.tasks.add(&task, &self.counted(phone, address), &self.quotas, now).await {
            Ok(()) => Ok(()),
            Err(AddTaskError::Exhausted(until)) => {
                self.withdraw(slot, id).await;
                Err(SendCodeError::TooMany(now.until(until)))
            }
            Err(AddTaskError::Store(error)) => {
                if matches!(error, StoreError::Contended { .. }) {
                    self.withdraw(slot, id).await;
                }
                Err(error.into())
            }
        }
    }

    async fn verify(
        &self,
        purpose: Purpose,
        phone: &PhoneNumber,
        code: &Code,
        now: Timestamp,
    ) -> Result<CodeVerdict, StoreError> {
        let slot = CodeSlot { purpose, phone };
        let id = RequestId::new(now, self.system.random());
        let verdict = self.store.attempt(slot, &CodeHash::of(&self.secret, slot, code), id, now).await?;
        if let CodeVerdict::Wrong { .. } = verdict {
            self.tasks.wrong(&self.phone(phone), now).await?;
        }
        Ok(verdict)
    }
}
