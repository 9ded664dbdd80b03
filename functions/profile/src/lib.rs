//! `/api/user` shows, changes and deletes one's own account, `/api/user/phone` binds a phone number to it by a code;
//! `GET /api/profiles/{username}` shows anyone's profile. A change is stored whole or not at all; of two at the same time both take
//! effect, field by field.

mod account;
mod changes;
mod departure;
mod phone;
mod profile;
mod wiring;

use std::sync::Arc;

use shared::{
    cached::{CachedFollows, CachedProfiles},
    domain::password::CommonPasswords,
    http::Arriving,
    ports::{
        cache::Wanted,
        codes::Codes,
        departures::Departures,
        follows::FollowViews,
        sessions::SessionCache,
        system::System,
        users::{Accounts, Credentials, Users},
    },
    proofs::Proofs,
};

use account::*;
use departure::*;
use phone::*;
use profile::*;
pub use wiring::{Config, Profile};

/// How often a change is made anew because another came in between.
const TRIES: usize = 8;

/// What the handlers use.
#[derive(Clone)]
pub struct Profiles {
    users: Arc<dyn Users>,
    cached: Arc<CachedProfiles>,
    counters: Arc<CachedFollows>,
    follows: Arc<dyn FollowViews>,
    system: Arc<dyn System>,
    accounts: Arc<dyn Accounts>,
    credentials: Arc<dyn Credentials>,
    departures: Arc<dyn Departures>,
    sessions: Arc<dyn SessionCache>,
    codes: Arc<dyn Codes>,
    proofs: Proofs,
    common_passwords: CommonPasswords,
}

impl Profiles {
    /// What a request needs of the cache.
    fn prefetch(&self, arriving: &Arriving<'_>) -> Vec<Wanted> {
        match arriving.route {
            "/api/profiles/{username}" => {
                let name = arriving.param("username");
                let counters = self.cached.last_holder(name).map(|user| self.counters.wanted(user));
                self.cached.wanted_by_name(name).into_iter().chain(counters).collect()
            }
            _ => Vec::new(),
        }
    }
}
