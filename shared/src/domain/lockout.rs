//! Tries to prove who one is by a password: how many are free, and how long each further one has to wait.
//!
//! A try is counted before its password is looked at, and a success takes that back. So of any number of tries at the same time no
//! more are looked at than of as many one after the other.

use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::digest;

use super::{Timestamp, UserId};

/// How long the first try has to wait that is not free any more. It doubles with each.
pub const FIRST_DELAY: Duration = Duration::from_secs(30);
/// How long a try has to wait at the most.
pub const LONGEST_DELAY: Duration = Duration::from_secs(3_600);

/// Whose tries are counted together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Those for one account, by whichever of its names.
    Account(UserId),
    /// Those for an account that there is not.
    Nobody(Claim),
    /// Those from one address, cut to its network by [`network`](super::limit::network).
    Address(IpAddr),
}

/// Under which name somebody looked for an account in vain: SHA-256 of it. What was typed may be a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Claim([u8; 32]);

impl Claim {
    /// The claim to be who is called `name` among `kind`s of names.
    pub fn new(kind: &str, name: &str) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        for part in [kind, "\n", name] {
            context.update(part.as_bytes());
        }
        let mut claim = [0; 32];
        claim.copy_from_slice(context.finish().as_ref());
        Self(claim)
    }
}

/// The subject as keys name it.
impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account(user) => write!(f, "ACCOUNT#{user}"),
            Self::Nobody(Claim(claim)) => write!(f, "NOBODY#{}", BASE64_URL_SAFE_NO_PAD.encode(claim)),
            Self::Address(address) => write!(f, "ADDRESS#{address}"),
        }
    }
}

/// How many tries are free within how much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Tries, 1 to a million. The next has to wait.
    pub free: u32,
    /// The time, 1 second to 30 days, from the first of them on. Afterwards all is forgotten.
    pub memory: Duration,
}

/// What configuration looks like.
pub const FORM: &str =
    "\"account <tries>/<seconds>\", \"address <tries>/<seconds>\" or both, separated by a comma; or \"off\"";

/// What holds where nothing is configured. A person mistypes a password a few times; a school behind one address has a hundred people
/// who do within an hour.
pub const DEFAULTS: &str = "account 5/86400, address 100/3600";

/// With which subjects one has how much patience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Patiences {
    account: Option<Patience>,
    address: Option<Patience>,
}

impl Patiences {
    /// With `subject`; `None` if its tries are not limited. An account that there is not has that of one that there is.
    pub fn with(&self, subject: &Subject) -> Option<Patience> {
        match subject {
            Subject::Account(_) | Subject::Nobody(_) => self.account,
            Subject::Address(_) => self.address,
        }
    }
}

impl FromStr for Patiences {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::default();
        if text == "off" {
            return Ok(all);
        }
        for (n, part) in text.split(',').enumerate() {
            let wrong = || format!("has no number of tries as its part {}", n + 1);
            let (subject, tries) = part.trim().split_once(' ').ok_or_else(wrong)?;
            let (free, seconds) = tries.trim().split_once('/').ok_or_else(wrong)?;
            let (Ok(free @ 1..=1_000_000), Ok(seconds @ 1..=2_592_000)) = (free.parse(), seconds.parse()) else {
                return Err(wrong());
            };
            let place = match subject {
                "account" => &mut all.account,
                "address" => &mut all.address,
                _ => return Err(wrong()),
            };
            if place.replace(Patience { free, memory: Duration::from_secs(seconds) }).is_some() {
                return Err(format!("has {subject} twice"));
            }
        }
        Ok(all)
    }
}

/// The tries of one subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tries {
    /// How many were counted.
    pub count: u32,
    /// When all is forgotten, unless the next try has to wait for longer.
    pub forget_at: Timestamp,
    /// Until when nothing is tried, if the free tries are used up.
    pub locked_until: Option<Timestamp>,
}

impl Tries {
    /// The state after a try at `now`, where the state `before` it is kept, if any is.
    ///
    /// # Errors
    /// Until when nothing may be tried: the try is not counted, and nothing is looked at.
    pub fn after_one_more(before: Option<Self>, patience: Patience, now: Timestamp) -> Result<Self, Timestamp> {
        if let Some(until) = before.and_then(|tries| tries.locked_until).filter(|until| now < *until) {
            return Err(until);
        }
        let remembered = before.filter(|tries| now < tries.forget_at);
        let forget_at = remembered.map_or(now.plus(patience.memory), |tries| tries.forget_at);
        let count = remembered.map_or(0, |tries| tries.count).saturating_add(1);
        let beyond = count.checked_sub(patience.free);
        Ok(Self { count, forget_at, locked_until: beyond.map(|beyond| now.plus(delay(beyond))) })
    }

    /// When nothing of this matters any more.
    pub fn expires_at(&self) -> Timestamp {
        self.locked_until.unwrap_or(self.forget_at).max(self.forget_at)
    }
}

/// How long one waits after the last free try, and after each one `beyond` it.
fn delay(beyond: u32) -> Duration {
    let doubled = 2_u32.checked_pow(beyond).and_then(|factor| FIRST_DELAY.checked_mul(factor));
    doubled.unwrap_or(LONGEST_DELAY).min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { free: 5, memory: Duration::from_secs(86_400) };
    const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    /// As many tries as there are, each as soon as it may be; answers how long each but the first had to wait.
    fn waits(tries: usize) -> Vec<u64> {
        let (mut now, mut state, mut waits) = (START, None, Vec::new());
        for _ in 0..tries {
            let from = now;
            let next = loop {
                match Tries::after_one_more(state, PATIENCE, now) {
                    Ok(next) => break next,
                    Err(until) => now = until,
                }
            };
            waits.push(u64::try_from(now.as_millis() - from.as_millis()).unwrap() / 1_000);
            state = Some(next);
        }
        waits
    }

    #[test]
    fn five_tries_are_free_and_then_the_delay_doubles_from_30_seconds_to_an_hour() {
        assert_eq!(waits(15), [0, 0, 0, 0, 0, 30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600, 3_600]);
    }

    #[test]
    fn a_try_during_a_delay_is_refused_and_does_not_make_it_longer() {
        let mut state = None;
        for _ in 0..5 {
            state = Some(Tries::after_one_more(state, PATIENCE, START).unwrap());
        }
        let until = START.plus(FIRST_DELAY);
        for moment in [START, Timestamp::from_millis(until.as_millis() - 1)] {
            assert_eq!(Tries::after_one_more(state, PATIENCE, moment), Err(until));
        }
        assert!(Tries::after_one_more(state, PATIENCE, until).is_ok());
    }

    #[test]
    fn tries_are_forgotten_a_day_after_the_first_of_them_and_a_delay_is_not() {
        let first = Tries::after_one_more(None, PATIENCE, START).unwrap();
        let almost = Timestamp::from_millis(first.forget_at.as_millis() - 1);
        assert_eq!(Tries::after_one_more(Some(first), PATIENCE, almost).unwrap().count, 2);
        assert_eq!(Tries::after_one_more(Some(first), PATIENCE, first.forget_at).unwrap().count, 1);
        let until = first.forget_at.plus(FIRST_DELAY);
        let locked = Tries { count: 9, locked_until: Some(until), ..first };
        assert_eq!(locked.expires_at(), until);
        assert_eq!(Tries::after_one_more(Some(locked), PATIENCE, first.forget_at), Err(until));
        assert_eq!(Tries::after_one_more(Some(locked), PATIENCE, until).unwrap().count, 1);
    }

    #[test]
    fn the_defaults_limit_accounts_that_are_there_like_those_that_are_not_and_addresses() {
        let patiences: Patiences = DEFAULTS.parse().unwrap();
        let nobody = Subject::Nobody(Claim::new("email", "x"));
        let somebody = Subject::Account(UserId::from_bytes([1; 16]));
        assert_eq!(patiences.with(&nobody), Some(PATIENCE));
        assert_eq!(patiences.with(&somebody), patiences.with(&nobody));
        assert_eq!(patiences.with(&Subject::Address([192, 0, 2, 1].into())).unwrap().free, 100);
        assert_eq!("off".parse::<Patiences>().unwrap(), Patiences::default());
        assert_eq!("account 5/60".parse::<Patiences>().unwrap().address, None);
    }

    #[test]
    fn what_is_no_patience_is_named() {
        for bad in ["", "account", "account 5", "account 0/60", "account 5/0", "account 5/2592001", "user 5/60", "on"] {
            assert!(bad.parse::<Patiences>().unwrap_err().ends_with("part 1"), "{bad}");
        }
        assert!("account 5/60, account 6/60".parse::<Patiences>().unwrap_err().contains("twice"));
    }

    #[test]
    fn claims_tell_names_and_kinds_of_names_apart() {
        assert_eq!(Claim::new("email", "a"), Claim::new("email", "a"));
        assert_ne!(Claim::new("email", "a"), Claim::new("email", "b"));
        assert_ne!(Claim::new("email", "a"), Claim::new("username", "a"));
    }
}
