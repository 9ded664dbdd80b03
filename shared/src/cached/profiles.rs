//! Profiles, by user and by name. A profile is cached under its user's id, with the user's version; a name leads to the id, with the
//! time at which it was taken as its version, so that whoever takes it next comes later.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

use super::{lists, through};
use crate::{
    cache::{Cache, Policy, Versioned},
    domain::{
        Timestamp, UserId,
        user::{Profile, User, Username},
    },
    http::Prefetched,
    ports::{
        StoreError,
        cache::{SharedCache, Wanted},
        system::System,
        users::Users,
    },
    telemetry::chain,
};

/// The kind of profiles in keys: `user:info:{<user id>}`.
pub const PROFILE_KIND: &str = "user:info";

/// At the most 15 minutes, with the tenth by which lifetimes vary.
const PROFILES: Policy = Policy {
    kind: PROFILE_KIND,
    fresh: Duration::from_secs(600),
    keep: Duration::from_secs(818),
    missing: Duration::from_secs(5),
    copies: 4 * 1024 * 1024,
};

const NAMES: Policy = Policy { kind: "name", keep: Duration::from_secs(3_600), copies: 1024 * 1024, ..PROFILES };

/// A profile as of one version of its user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VersionedProfile {
    /// What anyone may see.
    pub profile: Profile,
    version: u64,
}

impl Versioned for VersionedProfile {
    fn version(&self) -> u64 {
        self.version
    }
}

impl From<User> for VersionedProfile {
    fn from(user: User) -> Self {
        Self { version: user.version, profile: user.profile() }
    }
}

/// Who has a name.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct NameHolder {
    /// The user.
    pub id: UserId,
    since: Timestamp,
}

impl Versioned for NameHolder {
    fn version(&self) -> u64 {
        self.since.as_millis().unsigned_abs().max(1)
    }
}

/// Who has which name.
pub struct CachedNames(Cache<NameHolder>);

impl CachedNames {
    /// Names in `shared`.
    pub fn new(shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        Self(Cache::new(NAMES, shared, system))
    }

    /// Tells the cache that `name` has been taken or given up. Call it after the commit and before answering.
    pub async fn moved(&self, name: &Username) {
        if let Err(error) = self.0.evict(&name.folded(), u64::MAX, &[]).await {
            tracing::warn!(
                error = chain(&error),
                "who has a name may be out of date until the change stream evicts it"
            );
        }
    }
}

/// Reads profiles, and tells the cache of those that changed.
pub struct CachedProfiles {
    profiles: Cache<VersionedProfile>,
    names: CachedNames,
    users: Arc<dyn Users>,
}

impl CachedProfiles {
    /// Of `users`, by way of `shared`.
    pub fn new(users: Arc<dyn Users>, shared: Arc<dyn SharedCache>, system: Arc<dyn System>) -> Self {
        let profiles = Cache::new(PROFILES, shared.clone(), system.clone());
        Self { profiles, names: CachedNames::new(shared, system), users }
    }

    /// What to ask for at the entrance to have the profile of `id`.
    pub fn wanted(&self, id: UserId) -> Vec<Wanted> {
        vec![self.profiles.look_up(&id.to_string()).wanted]
    }

    /// What to ask for at the entrance to know who has `name`.
    pub fn wanted_holder(&self, name: &str) -> Vec<Wanted> {
        let name = Username::parse(name).ok();
        name.map(|name| self.names.0.look_up(&name.folded()).wanted).into_iter().collect()
    }

    /// What to ask for at the entrance to know who has `name`, and to have the profile of whoever had it last as far as this
    /// process knows.
    pub fn wanted_by_name(&self, name: &str) -> Vec<Wanted> {
        let last = self.last_holder(name).map(|holder| self.wanted(holder));
        self.wanted_holder(name).into_iter().chain(last.into_iter().flatten()).collect()
    }

    /// Who had `name` last as far as this process knows: good for asking for more at the entrance.
    pub fn last_holder(&self, name: &str) -> Option<UserId> {
        let name = Username::parse(name).ok()?;
        self.names.0.look_up(&name.folded()).remembered().map(|holder| holder.id)
    }

    /// The profile of `id`.
    ///
    /// # Errors
    /// If the table has to be asked and fails.
    pub async fn by_id(&self, id: UserId, prefetched: &Prefetched) -> Result<Option<Profile>, StoreError> {
        Ok(self.versioned(id, prefetched).await?.map(|found| found.profile.clone()))
    }

    /// The profile of `id`, with its version.
    ///
    /// # Errors
    /// As [`by_id`](Self::by_id).
    pub(super) async fn versioned(
        &self,
        id: UserId,
        prefetched: &Prefetched,
    ) -> Result<Option<Arc<VersionedProfile>>, StoreError> {
        let load = || async move { Ok(self.users.by_id(id).await?.map(Into::into)) };
        through(&self.profiles, &id.to_string(), prefetched, load).await
    }

    /// Who has `name`.
    ///
    /// # Errors
    /// As [`by_id`](Self::by_id).
    pub async fn holder(&self, name: &Username, prefetched: &Prefetched) -> Result<Option<UserId>, StoreError> {
        let load = || async move {
            let holder = self.users.holder(name).await?;
            Ok(holder.map(|holder| NameHolder { id: holder.id, since: holder.since }))
        };
        Ok(through(&self.names.0, &name.folded(), prefetched, load).await?.map(|holder| holder.id))
    }

    /// Whoever has `name`, with their profile.
    ///
    /// # Errors
    /// As [`by_id`](Self::by_id).
    pub async fn by_name(
        &self,
        name: &Username,
        prefetched: &Prefetched,
    ) -> Result<Option<(UserId, Profile)>, StoreError> {
        let Some(id) = self.holder(name, prefetched).await? else { return Ok(None) };
        let profile = self.by_id(id, prefetched).await?;
        // Between the two questions the name may have gone to somebody else.
        Ok(profile.filter(|profile| profile.username.folded() == name.folded()).map(|profile| (id, profile)))
    }

    /// Tells the cache that `old` has become `new`. Call it after the commit and before answering.
    pub async fn changed(&self, old: &User, new: &User) {
        let evict = self.forget(new.id, new.version);
        if old.username.folded() == new.username.folded() {
            evict.await;
        } else {
            futures_util::join!(evict, self.names.moved(&old.username), self.names.moved(&new.username));
        }
    }

    /// Tells the cache that `user` is no more. Call it after the commit and before answering.
    pub async fn deleted(&self, user: &User) {
        futures_util::join!(self.forget(user.id, u64::MAX), self.names.moved(&user.username));
    }

    /// Removes what is cached of `user` below a version, and what else shows it.
    async fn forget(&self, user: UserId, below: u64) {
        let evicted = self.profiles.evict(&user.to_string(), below, &lists::stale_with_author(user)).await;
        if let Err(error) = evicted {
            tracing::warn!(error = chain(&error), "a profile may be out of date until the change stream evicts it");
        }
    }
}
