//! How often anyone may call: quotas by class of route and by who calls.

use std::{fmt, net::IpAddr, str::FromStr, time::Duration};

use super::UserId;

/// A class of routes with quotas of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RouteClass {
    /// Reading.
    Read,
    /// Changing something.
    Write,
    /// Proving who one is.
    Login,
    /// Making an account.
    SignUp,
    /// Asking for a code by message.
    Code,
}

impl RouteClass {
    /// All classes.
    pub const ALL: [Self; 5] = [Self::Read, Self::Write, Self::Login, Self::SignUp, Self::Code];

    /// The class as configuration and keys name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Login => "login",
            Self::SignUp => "signup",
            Self::Code => "code",
        }
    }

    /// How the class counts: attempts that somebody may want to repeat for ever are counted one by one, everything else may
    /// come in bursts.
    pub const fn counting(self) -> Counting {
        match self {
            Self::Read | Self::Write => Counting::TokenBucket,
            Self::Login | Self::SignUp | Self::Code => Counting::SlidingWindow,
        }
    }
}

/// How calls are counted against a quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// A bucket of as many tokens as the quota, refilled evenly over its window: a burst is followed by a steady rate.
    TokenBucket,
    /// Never more than the quota within any stretch of the window's length.
    SlidingWindow,
}

/// Whose calls a quota counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// Those of one user, by the access token.
    User,
    /// Those of one client address; of IPv6 one /64.
    Address,
}

impl Dimension {
    /// The dimension as configuration, keys and headers name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Address => "address",
        }
    }
}

/// Who calls, in one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// A user.
    User(UserId),
    /// An address, cut to its network by [`network`].
    Address(IpAddr),
}

impl Caller {
    /// The dimension.
    pub const fn dimension(self) -> Dimension {
        match self {
            Self::User(_) => Dimension::User,
            Self::Address(_) => Dimension::Address,
        }
    }
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => write!(f, "user:{id}"),
            Self::Address(address) => write!(f, "address:{address}"),
        }
    }
}

/// What one client holds of the address space: an IPv4 address, or an IPv6 /64.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() & (u128::MAX << 64)).into()),
        v4 => v4,
    }
}

/// So many calls in so much time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Quota {
    /// Calls, 1 to a million.
    pub calls: u32,
    /// The time, 1 second to a day.
    pub window: Duration,
}

/// What configuration looks like.
pub const FORM: &str = "\"<class> <dimension> <calls>/<seconds>\" separated by commas, such as \"write user 120/60\"; classes: read, write, login, signup, code; dimensions: user, address";

/// What holds where nothing is configured. A person who reads and writes as fast as one can stays far below; a school behind one
/// address stays below the addresses' quotas; a script that guesses passwords does not.
pub const DEFAULTS: &str = "read user 1200/60, read address 2400/60, write user 120/60, write address 600/60, login address 60/60, signup address 100/3600, code address 30/3600";

/// The quotas of all classes and dimensions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quotas(Vec<(RouteClass, Dimension, Quota)>);

impl Quotas {
    /// The quota of `class` in `dimension`; `None` if there is no limit.
    pub fn of(&self, class: RouteClass, dimension: Dimension) -> Option<Quota> {
        self.0.iter().find(|(c, d, _)| (*c, *d) == (class, dimension)).map(|(.., quota)| *quota)
    }
}

impl FromStr for Quotas {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut quotas: Vec<(RouteClass, Dimension, Quota)> = Vec::new();
        for (n, part) in text.split(',').enumerate() {
            let wrong = || format!("has no quota as its part {}", n + 1);
            let mut words = part.split_whitespace();
            let (Some(class), Some(dimension), Some(quota), None) =
                (words.next(), words.next(), words.next(), words.next())
            else {
                return Err(wrong());
            };
            let class = RouteClass::ALL.into_iter().find(|known| known.name() == class).ok_or_else(wrong)?;
            let dimension = [Dimension::User, Dimension::Address].into_iter().find(|known| known.name() == dimension);
            let dimension = dimension.ok_or_else(wrong)?;
            let (calls, seconds) = quota.split_once('/').ok_or_else(wrong)?;
            let (Ok(calls @ 1..=1_000_000), Ok(seconds @ 1..=86_400)) = (calls.parse(), seconds.parse()) else {
                return Err(wrong());
            };
            if quotas.iter().any(|(c, d, _)| (*c, *d) == (class, dimension)) {
                return Err(format!("has {} {} twice", class.name(), dimension.name()));
            }
            quotas.push((class, dimension, Quota { calls, window: Duration::from_secs(seconds) }));
        }
        Ok(Self(quotas))
    }
}

/// What became of one call in one dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// The quota that it counted against.
    pub quota: Quota,
    /// Whose.
    pub dimension: Dimension,
    /// Whether the call was within the quota. One that was not counts for nothing.
    pub allowed: bool,
    /// Calls that are left right now.
    pub remaining: u32,
    /// Until the next call is possible, if none is left; else until the whole quota is there again.
    pub reset: Duration,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_well_formed_and_leave_logins_to_addresses() {
        let quotas: Quotas = DEFAULTS.parse().unwrap();
        assert_eq!(quotas.of(RouteClass::Login, Dimension::User), None);
        let write = Quota { calls: 120, window: Duration::from_secs(60) };
        assert_eq!(quotas.of(RouteClass::Write, Dimension::User), Some(write));
    }

    #[test]
    fn what_is_no_quota_is_named() {
        for bad in [
            "",
            "read",
            "read user",
            "read user 5",
            "read user 0/60",
            "read user 5/0",
            "read nobody 5/60",
            "x user 5/60",
        ] {
            assert!(bad.parse::<Quotas>().unwrap_err().ends_with("part 1"), "{bad}");
        }
        assert!("read user 5/60, read".parse::<Quotas>().unwrap_err().ends_with("part 2"));
        assert!("read user 5/60, read user 6/60".parse::<Quotas>().unwrap_err().contains("twice"));
    }

    #[test]
    fn an_ipv6_client_is_its_64_and_a_mapped_one_its_ipv4() {
        let of = |text: &str| network(text.parse().unwrap()).to_string();
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2:ffff::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(of("192.0.2.7"), "192.0.2.7");
    }
}
