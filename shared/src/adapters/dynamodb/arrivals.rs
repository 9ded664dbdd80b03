//! Rate limits for functions without a cache: calls of a caller and class are counted in windows, and the one before counts as
//! far as it still overlaps. So a little more than the quota may pass within some stretch of its length when calls are spread
//! unevenly, and never more than twice as much.
//!
//! | item | pk | sk |
//! |---|---|---|
//! | calls of a window | `CALLS#<caller>` | `<class>#<calls>/<seconds>#<window's number>` |

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::ReturnValue;
use futures_util::future::try_join_all;
use serde::Deserialize;

use super::{
    error::{corrupt, store_error},
    store::{Dynamo, Key, TableName, from_item, n},
};
use crate::{
    domain::{
        RequestId, Timestamp,
        limit::{Allowance, Quota},
    },
    ports::{
        StoreError,
        arrivals::{Arrival, Arrivals, Arrived, Count},
        permission::{Permission, Table},
    },
};

/// Where `now` is among the windows of a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window {
    number: u64,
    elapsed: Duration,
    length: Duration,
}

impl Window {
    fn at(now: Timestamp, length: Duration) -> Self {
        let (now, millis) = (now.as_millis().unsigned_abs(), length.as_secs() * 1_000);
        Self { number: now / millis, elapsed: Duration::from_millis(now % millis), length }
    }

    /// Until the next one begins.
    fn rest(self) -> Duration {
        self.length.saturating_sub(self.elapsed)
    }

    /// How many calls the window has room for after one with `before` calls.
    fn room(self, quota: Quota, before: u32) -> u32 {
        let still = u128::from(before) * self.rest().as_millis();
        let still = u32::try_from(still.div_ceil(self.length.as_millis())).unwrap_or(u32::MAX);
        quota.calls.saturating_sub(still)
    }
}

#[derive(Deserialize)]
struct Calls {
    calls: u32,
}

fn key(count: &Count, window: u64) -> Key {
    let Count { caller, class, quota } = count;
    let sk = format!("{}#{}/{}#{window}", class.name(), quota.calls, quota.window.as_secs());
    Key::new(format!("CALLS#{caller}"), sk)
}

/// The table of coordination, for functions that count their calls there. It knows of no sessions and no cached values.
#[derive(Clone)]
pub struct CallCounts {
    dynamo: Dynamo,
    name: TableName,
}

impl CallCounts {
    /// What it does to the table.
    pub const PERMISSIONS: &'static [Permission] =
        &[Permission::new(Table::Coordination, "GetItem"), Permission::new(Table::Coordination, "UpdateItem")];

    /// The table called `name`.
    pub fn new(dynamo: Dynamo, name: &str) -> Self {
        Self { dynamo, name: name.into() }
    }

    async fn count(&self, count: &Count, now: Timestamp) -> Result<Allowance, StoreError> {
        let Count { quota, caller, .. } = *count;
        let window = Window::at(now, quota.window);
        let before = match window.number.checked_sub(1) {
            Some(number) => self.dynamo.get(&self.name, key(count, number)).await?,
            None => None,
        };
        let before = before.map(from_item::<Calls>).transpose()?.map_or(0, |before| before.calls);
        let room = window.room(quota, before);
        let allowance = |allowed, remaining, reset| {
            let dimension = caller.dimension();
            Ok(Allowance { quota, dimension, allowed, remaining, reset })
        };
        if room == 0 {
            return allowance(false, 0, window.rest());
        }
        let update = self
            .dynamo
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key(count, window.number).attributes()))
            .update_expression("SET expiresAt = :expires ADD calls :one")
            .condition_expression("attribute_not_exists(calls) OR calls < :room")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":room", n(room))
            // It counts until the next window has ended.
            .expression_attribute_values(":expires", n(now.plus(quota.window * 2).as_secs()))
            .return_values(ReturnValue::UpdatedNew);
        match update.send().await {
            Ok(output) => {
                let made = output.attributes.ok_or_else(|| corrupt("a count without its number"))?;
                let Calls { calls } = from_item(made)?;
                let reset = if calls < room { window.rest() + window.length } else { window.rest() };
                allowance(true, room.saturating_sub(calls), reset)
            }
            Err(error) if error.as_service_error().is_some_and(|e| e.is_conditional_check_failed_exception()) => {
                allowance(false, 0, window.rest())
            }
            Err(error) => Err(store_error(error)),
        }
    }
}

#[async_trait]
impl Arrivals for CallCounts {
    async fn arrive(&self, arrival: Arrival, _: RequestId, now: Timestamp) -> Result<Arrived, StoreError> {
        let allowances = try_join_all(arrival.counts.iter().map(|count| self.count(count, now))).await?;
        Ok(Arrived { allowances, ..Arrived::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { calls: 60, window: Duration::from_secs(60) };

    #[test]
    fn a_window_has_less_room_the_more_of_the_one_before_still_counts() {
        let at = |seconds: i64| Window::at(Timestamp::from_millis(60_000 * 1_000 + seconds * 1_000), QUOTA.window);
        assert_eq!((at(0).number, at(59).number, at(60).number), (1_000, 1_000, 1_001));
        assert_eq!(at(45).rest(), Duration::from_secs(15));
        assert_eq!(at(0).room(QUOTA, 0), 60);
        assert_eq!(at(0).room(QUOTA, 60), 0);
        assert_eq!(at(30).room(QUOTA, 60), 30);
        assert_eq!(at(59).room(QUOTA, 60), 59);
        // Part of a call is a call.
        assert_eq!(at(59).room(QUOTA, 1), 59);
        assert_eq!(at(0).room(QUOTA, 1_000), 0);
    }
}
