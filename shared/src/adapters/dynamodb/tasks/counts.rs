//! What is counted by the day, and against which quota.

use std::time::Duration;

use serde::Deserialize;

use super::{
    super::{
        store::{Key, n},
        transaction::{Change, Transaction},
    },
    TaskTable,
    items::count_key,
};
use crate::{
    domain::{
        TaskId, Timestamp,
        code::{self, Pseudonym},
        sms::{SmsQuotas, day_of, tomorrow},
    },
    ports::{StoreError, codes::Counted},
};

/// Counts above this are spread over several items, as one takes about a thousand writes a second.
const PER_SHARD: u32 = 1_000;
/// Over how many at the most.
const SHARDS: u32 = 8;

/// How long a day's counts are kept beyond its end.
const KEPT: Duration = Duration::from_secs(24 * 3_600);

/// Where a phone's day is counted.
pub(super) fn phone_key(phone: &Pseudonym, now: Timestamp) -> Key {
    count_key(day_of(now), &format!("PHONE#{}", phone.as_str()))
}

/// When the counts of `now`'s day may go.
pub(super) fn expires_at(now: Timestamp) -> i64 {
    tomorrow(now).plus(KEPT).as_secs()
}

/// What a phone got and tried in a day.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct PhoneDay {
    messages: u32,
    wrong: u32,
    next_at: Option<Timestamp>,
}

impl PhoneDay {
    /// From when on the phone may get the next message.
    pub(super) fn next(&self, quotas: &SmsQuotas, now: Timestamp) -> Timestamp {
        if self.messages >= quotas.phone || self.wrong >= quotas.wrong {
            return tomorrow(now);
        }
        self.next_at.unwrap_or(now)
    }
}

/// A share of a quota, so that all shares together are never more than it.
fn share(quota: u32, id: TaskId) -> (u32, u32) {
    let shards = (quota / PER_SHARD).clamp(1, SHARDS);
    (u32::from(id.to_bytes()[14]) % shards, quota / shards)
}

impl TaskTable {
    /// Has `transaction` count the message `id` for everybody that it counts against, or do nothing.
    pub(super) fn count(
        &self,
        transaction: &mut Transaction,
        id: TaskId,
        counted: &Counted,
        quotas: &SmsQuotas,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Counted { phone, address, country } = counted;
        let expires = n(expires_at(now));
        let of_phone = Change {
            update: "SET nextAt = :next, expiresAt = :expires ADD messages :one".to_owned(),
            condition: Some(
                "(attribute_not_exists(messages) OR messages < :most) AND (attribute_not_exists(wrong) OR wrong < :wrong) \
                 AND (attribute_not_exists(nextAt) OR nextAt <= :now)",
            ),
            values: vec![
                (":next", n(now.plus(code::PAUSE).as_millis())),
                (":expires", expires.clone()),
                (":one", n(1)),
                (":most", n(quotas.phone)),
                (":wrong", n(quotas.wrong)),
                (":now", n(now.as_millis())),
            ],
        };
        transaction.update(&self.name, phone_key(phone, now), of_phone)?;
        let (country_shard, country_most) = share(quotas.country, id);
        let (shard, most) = share(quotas.all, id);
        let address = address.as_ref().map(|address| (format!("ADDRESS#{}", address.as_str()), quotas.address));
        let others = [(format!("COUNTRY#{country}#{country_shard}"), country_most), (format!("ALL#{shard}"), most)];
        for (of, most) in address.into_iter().chain(others) {
            let counting = Change {
                update: "SET expiresAt = :expires ADD messages :one".to_owned(),
                condition: Some("attribute_not_exists(messages) OR messages < :most"),
                values: vec![(":expires", expires.clone()), (":one", n(1)), (":most", n(most))],
            };
            transaction.update(&self.name, count_key(day_of(now), &of), counting)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_a_quota_are_never_more_than_it() {
        for quota in [1, 7, 999, 1_000, 1_999, 2_001, 5_000, 10_000, 10_000_000] {
            let shares: std::collections::HashMap<_, _> =
                (0..=255).map(|byte| share(quota, TaskId::from_bytes([byte; 16]))).collect();
            let sum: u32 = shares.values().sum();
            assert!(sum <= quota && sum + SHARDS > quota, "{quota}: {sum}");
        }
    }

    #[test]
    fn a_phone_waits_for_the_minute_or_for_tomorrow() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        let quotas = SmsQuotas::default();
        let soon = now.plus(Duration::from_secs(20));
        let day = |messages, wrong| PhoneDay { messages, wrong, next_at: Some(soon) }.next(&quotas, now);
        assert_eq!(day(9, 99), soon);
        assert_eq!(day(10, 0), tomorrow(now));
        assert_eq!(day(1, 100), tomorrow(now));
    }
}
