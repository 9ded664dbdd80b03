//! What several functions' wiring has in common: those that log people in, and those that ask who is there.

mod providers;

use std::{sync::Arc, time::Duration};

use crate::{
    accounts::Logins,
    adapters::{
        dynamodb::{Dynamo, DynamoSettings, InteractionTable, SessionTable, TableNames, UserTable},
        host::Host,
        jwt::{JwtSigner, JwtVerifier, PrivateKeys, PublicKeys},
        redis::{Redis, RedisUrl},
        remembered_tokens::RememberedTokens,
    },
    cached::{CachedArticles, CachedCounters, CachedFollows, CachedLists, CachedProfiles, CachedReactions},
    config::{FromEnvironment, Reader, settings},
    http::Entrance,
    ports::{StoreError, follows::FollowViews, sessions::SessionStates, system::System},
};

pub use providers::ProviderConfig;

/// What a function reads that logs people in.
pub struct LoginConfig {
    dynamo: DynamoSettings,
    users_table: String,
    sessions_table: String,
    redis: RedisUrl,
    keys: PrivateKeys,
    access_token_ttl: Duration,
}

impl FromEnvironment for LoginConfig {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let users_table = reader.take(&settings::USERS_TABLE);
        let sessions_table = reader.take(&settings::SESSIONS_TABLE);
        let redis = reader.take(&settings::REDIS_URL);
        let keys = reader.take(&settings::JWT_KEYS);
        let access_token_ttl = reader.take(&settings::ACCESS_TOKEN_TTL);
        Some(Self {
            dynamo: dynamo?,
            users_table: users_table?,
            sessions_table: sessions_table?,
            redis: redis?,
            keys: keys?,
            access_token_ttl: access_token_ttl?,
        })
    }
}

/// What a function needs that logs people in.
pub struct LoginParts {
    /// The client beneath all of the function's tables.
    pub dynamo: Dynamo,
    /// The table of users.
    pub users: UserTable,
    /// The table of sessions.
    pub sessions: SessionTable,
    /// Begins sessions.
    pub logins: Logins,
    /// The cache.
    pub redis: Arc<Redis>,
    /// Lets requests in and counts them; it does not ask whether sessions are live.
    pub entrance: Entrance,
}

impl LoginConfig {
    /// What the table of users is called.
    pub fn users_table(&self) -> &str {
        &self.users_table
    }

    /// Makes the parts of `host`'s clients.
    ///
    /// # Errors
    /// A client that cannot be made of what is configured.
    pub fn wire(&self, host: &Host) -> Result<LoginParts, StoreError> {
        self.wire_with(host, TableNames::default())
    }

    /// The same for a function that also uses the tables that `others` names.
    ///
    /// # Errors
    /// As [`wire`](Self::wire).
    pub fn wire_with(&self, host: &Host, others: TableNames) -> Result<LoginParts, StoreError> {
        let names =
            TableNames { users: Some(self.users_table.clone()), sessions: Some(self.sessions_table.clone()), ..others };
        let dynamo = host.dynamo(&self.dynamo, names);
        let redis = Arc::new(host.redis(&self.redis)?);
        Ok(LoginParts {
            users: UserTable::new(dynamo.clone(), &self.users_table),
            sessions: SessionTable::new(dynamo.clone(), &self.sessions_table),
            dynamo,
            logins: Logins {
                tokens: Arc::new(JwtSigner::new(&self.keys, self.access_token_ttl)),
                cache: redis.clone(),
                system: host.system.clone(),
            },
            entrance: entrance(&self.keys.public(), redis.clone(), None, host),
            redis,
        })
    }
}

/// What a function reads that asks who is there.
pub struct GateConfig {
    dynamo: DynamoSettings,
    users_table: String,
    sessions_table: String,
    redis: RedisUrl,
    keys: PublicKeys,
}

impl FromEnvironment for GateConfig {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let users_table = reader.take(&settings::USERS_TABLE);
        let sessions_table = reader.take(&settings::SESSIONS_TABLE);
        let redis = reader.take(&settings::REDIS_URL);
        let keys = reader.take(&settings::JWT_PUBLIC_KEYS);
        Some(Self {
            dynamo: dynamo?,
            users_table: users_table?,
            sessions_table: sessions_table?,
            redis: redis?,
            keys: keys?,
        })
    }
}

/// What a function needs that asks who is there.
pub struct GateParts {
    /// The client beneath all of the function's tables.
    pub dynamo: Dynamo,
    /// The table of users.
    pub users: UserTable,
    /// The cache.
    pub redis: Arc<Redis>,
    /// Lets requests in, counts them and knows who is logged in.
    pub entrance: Entrance,
    system: Arc<dyn System>,
}

impl GateParts {
    /// Profiles by way of the cache.
    pub fn profiles(&self) -> Arc<CachedProfiles> {
        Arc::new(CachedProfiles::new(Arc::new(self.users.clone()), self.redis.clone(), self.system.clone()))
    }

    /// Counters of follows by way of the cache.
    pub fn follows(&self, views: Arc<dyn FollowViews>) -> Arc<CachedFollows> {
        Arc::new(CachedFollows::new(views, self.redis.clone(), self.system.clone()))
    }

    /// Counters of articles in the cache.
    pub fn counters(&self) -> Arc<CachedCounters> {
        Arc::new(CachedCounters::new(self.redis.clone(), self.system.clone()))
    }

    /// What was done about articles, by way of the cache.
    pub fn reactions(&self, interactions: &InteractionTable) -> Arc<CachedReactions> {
        let interactions = Arc::new(interactions.clone());
        let (counter_views, views) = (interactions.clone(), interactions);
        Arc::new(CachedReactions { counters: self.counters(), counter_views, views })
    }

    /// First pages and tags by way of the cache.
    pub fn lists(&self) -> Arc<CachedLists> {
        Arc::new(CachedLists::new(self.redis.clone(), self.system.clone()))
    }

    /// Articles by way of the cache.
    pub fn articles(&self) -> Arc<CachedArticles> {
        Arc::new(CachedArticles::new(self.redis.clone(), self.system.clone()))
    }
}

impl GateConfig {
    /// Makes the parts of `host`'s clients, for a function that also uses the tables that `others` names.
    ///
    /// # Errors
    /// A client that cannot be made of what is configured.
    pub fn wire(&self, host: &Host, others: TableNames) -> Result<GateParts, StoreError> {
        let names =
            TableNames { users: Some(self.users_table.clone()), sessions: Some(self.sessions_table.clone()), ..others };
        let dynamo = host.dynamo(&self.dynamo, names);
        let redis = Arc::new(host.redis(&self.redis)?);
        let sessions: Arc<dyn SessionStates> = Arc::new(SessionTable::new(dynamo.clone(), &self.sessions_table));
        let entrance = entrance(&self.keys, redis.clone(), Some(sessions), host);
        let (users, system) = (UserTable::new(dynamo.clone(), &self.users_table), host.system.clone());
        Ok(GateParts { users, dynamo, redis, entrance, system })
    }
}

fn entrance(keys: &PublicKeys, redis: Arc<Redis>, sessions: Option<Arc<dyn SessionStates>>, host: &Host) -> Entrance {
    Entrance {
        tokens: Arc::new(RememberedTokens::new(JwtVerifier::new(keys))),
        arrivals: redis.clone(),
        cache: redis,
        sessions,
        system: host.system.clone(),
    }
}
