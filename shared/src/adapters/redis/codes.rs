//! Codes while they are good. A code and the pause after it lie in one slot, that of purpose and phone.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    Redis,
    wave::{Ask, script},
};
use crate::{
    domain::{
        RequestId, TaskId, Timestamp,
        code::{self, CodeHash, CodeSlot, CodeVerdict},
        sms::Rate,
    },
    ports::{
        StoreError,
        codes::{CodeStore, Turn},
    },
};

script! {
    /// Checks the pause and stores the code.
    STORE = "code_store.lua"
}
script! {
    /// Takes back what was stored.
    WITHDRAW = "code_withdraw.lua"
}
script! {
    /// Compares and counts.
    TRY = "code_try.lua"
}
script! {
    /// Gives a message its time.
    TURN = "sms_turn.lua"
}

/// Where the times of messages are kept: as many as [`Rate::messages`].
const TURNS: &str = "sms_turns:{all}";

/// Clocks differ, and what is due by one is not yet by another: up to here a message counts as due.
const SKEW: Duration = Duration::from_secs(1);

/// Codes in Redis, for a platform that hands over messages at a rate.
#[derive(Clone)]
pub struct RedisCodes {
    redis: Redis,
    rate: Rate,
}

impl RedisCodes {
    /// Codes in `redis`, with a window of `rate` for messages to all phones.
    pub fn new(redis: Redis, rate: Rate) -> Self {
        Self { redis, rate }
    }
}

/// The keys of a slot: the code, and the pause after it.
fn keys(slot: CodeSlot<'_>) -> [String; 2] {
    let tag = format!("{{{}:{}}}", slot.purpose.name(), slot.phone.as_str());
    [format!("phone_code:{tag}"), format!("phone_pause:{tag}")]
}

fn millis(time: Duration) -> String {
    time.as_millis().to_string()
}

/// Milliseconds that a script answered; they are never negative.
fn duration(millis: i64) -> Duration {
    Duration::from_millis(millis.unsigned_abs())
}

#[async_trait]
impl CodeStore for RedisCodes {
    async fn store(
        &self,
        slot: CodeSlot<'_>,
        hash: &CodeHash,
        id: TaskId,
        now: Timestamp,
    ) -> Result<Option<Duration>, StoreError> {
        let [life, pause, now] = [millis(code::LIFE), millis(code::PAUSE), now.as_millis().to_string()];
        let args = [id.to_string(), hash.as_str().to_owned(), now, life, pause];
        let left: i64 = self.redis.ask(Ask::script(&STORE, &keys(slot), &args)).await?;
        Ok((left > 0).then(|| duration(left)))
    }

    async fn withdraw(&self, slot: CodeSlot<'_>, id: TaskId) -> Result<(), StoreError> {
        self.redis.ask::<i64>(Ask::script(&WITHDRAW, &keys(slot), id.to_string())).await.map(drop)
    }

    async fn attempt(
        &self,
        slot: CodeSlot<'_>,
        hash: &CodeHash,
        id: RequestId,
        now: Timestamp,
    ) -> Result<CodeVerdict, StoreError> {
        let [code, _] = keys(slot);
        let args = [hash.as_str().to_owned(), now.as_millis().to_string(), code::TRIES.to_string(), id.to_string()];
        let answer: i64 = self.redis.ask(Ask::script(&TRY, &[code], &args)).await?;
        Ok(match u32::try_from(answer) {
            Ok(left) => CodeVerdict::Wrong { left },
            Err(_) if answer == -2 => CodeVerdict::Right,
            Err(_) => CodeVerdict::NoCode,
        })
    }

    async fn turn(&self, id: TaskId, now: Timestamp) -> Result<Turn, StoreError> {
        let Rate { messages, window } = self.rate;
        let numbers = [now.as_millis().to_string(), messages.to_string(), millis(window), millis(Rate::LONGEST_WAIT)];
        let args: Vec<_> = numbers.into_iter().chain([id.to_string()]).collect();
        let wait: i64 = self.redis.ask(Ask::script(&TURN, &[TURNS], &args)).await?;
        Ok(match duration(wait) {
            later if wait < 0 => Turn::Later(later),
            wait if wait <= SKEW => Turn::At(now),
            wait => Turn::At(now.plus(wait)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{code::Purpose, user::PhoneNumber};

    #[test]
    fn a_code_and_the_pause_after_it_share_a_slot_with_nobody_else() {
        let phone = PhoneNumber::parse("+8613800138000").unwrap();
        let of = |purpose| keys(CodeSlot { purpose, phone: &phone });
        assert_eq!(
            of(Purpose::Login),
            ["phone_code:{login:+8613800138000}", "phone_pause:{login:+8613800138000}"].map(str::to_owned)
        );
        assert_ne!(of(Purpose::Login), of(Purpose::Reset));
    }
}
