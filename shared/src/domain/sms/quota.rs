//! How many messages there may be. What is counted by the day is counted by the day of UTC.

use std::{str::FromStr, time::Duration};

use crate::domain::{Timestamp, user::PhoneNumber};

const DAY_MILLIS: i64 = 24 * 3_600 * 1_000;

/// What configuration looks like.
pub const SMS_QUOTAS_FORM: &str = "\"<what> <number>\" separated by commas, such as \"phone 10, all 5000\"; what: phone, address, country, all, wrong";

/// What holds where nothing is configured. A household or an office behind one address stays below 50; what a country or all
/// countries may cost in a day is for operators to say, and this bounds it until they do.
pub const DEFAULT_QUOTAS: &str = "phone 10, address 50, country 5000, all 10000, wrong 100";

/// Messages a day, each from 1 to ten millions, and wrong tries a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsQuotas {
    /// To one phone.
    pub phone: u32,
    /// At the request of one client address; of IPv6 one /64.
    pub address: u32,
    /// To the phones of one calling code.
    pub country: u32,
    /// To all phones.
    pub all: u32,
    /// Wrong tries of one phone, over all its codes, after which it gets no more codes until tomorrow.
    pub wrong: u32,
}

impl Default for SmsQuotas {
    fn default() -> Self {
        Self { phone: 10, address: 50, country: 5_000, all: 10_000, wrong: 100 }
    }
}

impl FromStr for SmsQuotas {
    type Err = String;

    /// What is not named keeps its default.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut quotas = Self::default();
        let mut named = Vec::new();
        for (n, part) in text.split(',').enumerate() {
            let wrong = || format!("has no quota as its part {}", n + 1);
            let mut words = part.split_whitespace();
            let (Some(name), Some(number), None) = (words.next(), words.next(), words.next()) else {
                return Err(wrong());
            };
            let field = match name {
                "phone" => &mut quotas.phone,
                "address" => &mut quotas.address,
                "country" => &mut quotas.country,
                "all" => &mut quotas.all,
                "wrong" => &mut quotas.wrong,
                _ => return Err(wrong()),
            };
            match number.parse() {
                Ok(number @ 1..=10_000_000) => *field = number,
                _ => return Err(wrong()),
            }
            if named.contains(&name) {
                return Err(format!("has {name} twice"));
            }
            named.push(name);
        }
        Ok(quotas)
    }
}

/// Messages that all vendors together are handed in any stretch of the window's length; what is beyond waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Messages, 1 to 10,000: as many are remembered.
    pub messages: u32,
    /// The stretch, 1 second to an hour.
    pub window: Duration,
}

impl Rate {
    /// A message that would have to wait longer than this is refused: half of its code's life.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(300);
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (messages, seconds) = text.split_once('/').ok_or("has no \"/\"")?;
        match (messages.trim().parse(), seconds.trim().parse()) {
            (Ok(messages @ 1..=10_000), Ok(seconds @ 1..=3_600)) => {
                Ok(Self { messages, window: Duration::from_secs(seconds) })
            }
            _ => Err("has a number out of range".to_owned()),
        }
    }
}

/// Reads the numbering plans, which takes a while the first time: for whoever would rather do so before the first request comes.
pub fn read_numbering_plans() {
    // Which number it is does not matter, nor whether it is one.
    drop(PhoneNumber::parse("+8613800138000"));
}

/// The calling code of `phone`, such as 86.
pub fn calling_code(phone: &PhoneNumber) -> u16 {
    phonenumber::parse(None, phone.as_str()).map_or(0, |number| number.country().code())
}

/// The number of `now`'s day since the epoch.
pub fn day_of(now: Timestamp) -> i64 {
    now.as_millis().div_euclid(DAY_MILLIS)
}

/// When the day after `now`'s begins.
pub fn tomorrow(now: Timestamp) -> Timestamp {
    Timestamp::from_millis((day_of(now) + 1) * DAY_MILLIS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_what_they_say() {
        assert_eq!(DEFAULT_QUOTAS.parse::<SmsQuotas>().unwrap(), SmsQuotas::default());
        assert_eq!("all 7".parse::<SmsQuotas>().unwrap(), SmsQuotas { all: 7, ..SmsQuotas::default() });
    }

    #[test]
    fn what_is_no_quota_is_named() {
        for bad in ["", "phone", "phone 0", "phone -1", "phone 1 2", "planet 3", "phone 10000001"] {
            assert!(bad.parse::<SmsQuotas>().unwrap_err().ends_with("part 1"), "{bad:?}");
        }
        assert!("phone 1, phone 2".parse::<SmsQuotas>().unwrap_err().contains("twice"));
    }

    #[test]
    fn a_rate_is_messages_in_seconds() {
        assert_eq!("600/60".parse(), Ok(Rate { messages: 600, window: Duration::from_secs(60) }));
        for bad in ["", "600", "0/1", "1/0", "10001/1", "1/3601", "a/b"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_day_ends_at_midnight() {
        let noon = Timestamp::from_millis(1_700_000_000_000);
        assert_eq!(tomorrow(noon).to_string(), "2023-11-15T00:00:00.000Z");
        assert_eq!(day_of(tomorrow(noon)), day_of(noon) + 1);
    }

    #[test]
    fn countries_are_counted_by_their_calling_code() {
        let code = |text| calling_code(&PhoneNumber::parse(text).unwrap());
        assert_eq!((code("+8613800138000"), code("+14155552671")), (86, 1));
    }
}
