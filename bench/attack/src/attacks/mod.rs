//! The attacks, a module each.

mod brute_force;
mod codes;
mod emptied_cache;
mod enumeration;
mod exchange;
mod fixation;
mod flows;
mod forgery;
mod leaving;
mod lockout;
mod pumping;
mod races;
mod replay;
mod roles;

use futures_util::future::BoxFuture;

use crate::{Result, Tally, Target};

/// An attack: makes its own victims, tries a bounded number of times, and says what succeeded.
pub type Attack = for<'a> fn(&'a Target) -> BoxFuture<'a, Result<Tally>>;

/// Every attack by its name.
pub const ALL: &[(&str, Attack)] = &[
    ("forged tokens", |target| Box::pin(forgery::attack(target))),
    ("replayed tokens", |target| Box::pin(replay::attack(target))),
    ("session fixation", |target| Box::pin(fixation::attack(target))),
    ("refresh races", |target| Box::pin(races::refreshes(target))),
    ("logins and refreshes that race a logout", |target| Box::pin(races::logouts(target))),
    ("passwords guessed from one address", |target| Box::pin(brute_force::attack(target))),
    ("passwords guessed at one account", |target| Box::pin(lockout::one_account(target))),
    ("passwords guessed by one address, the cache emptied", |target| Box::pin(lockout::one_address(target))),
    ("enumeration by timing", |target| Box::pin(enumeration::attack(target))),
    ("the cache emptied in mid-attack", |target| Box::pin(emptied_cache::attack(target))),
    ("codes guessed in parallel, and across codes", |target| Box::pin(codes::attack(target))),
    ("messages pumped, the cache emptied in mid-attack", |target| Box::pin(pumping::attack(target))),
    ("codes used for what they were not sent for", |target| Box::pin(codes::other_purposes(target))),
    ("logins by providers, forged and replayed", |target| Box::pin(flows::attack(target))),
    ("one-time codes replayed and guessed", |target| Box::pin(exchange::attack(target))),
    ("roles taken", |target| Box::pin(roles::attack(target))),
];
