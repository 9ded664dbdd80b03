//! What several functions' wiring has in common: those that log people in, and those that ask who is there.

mod indexing;
mod providers;

use std::{sync::Arc, time::Duration};

use crate::{
    accounts::Logins,
    adapters::{
        dynamodb::{
            Dynamo, DynamoSettings, InteractionTable, ReactionTable, SessionTable, StateTables, TableNames, TaskTable,
            UserTable,
        },
        host::Host,
        jwt::{JwtSigner, JwtVerifier, PrivateKeys},
        redis::{Redis, RedisCodes, RedisUrl},
        remembered_tokens::RememberedTokens,
    },
    cached::{CachedArticles, CachedCounters, CachedFollows, CachedLists, CachedProfiles, CachedReactions},
    codes::PhoneCodes,
    config::{FromEnvironment, Reader, settings},
    domain::{
        Timestamp,
        idempotency::HmacKey,
        session::Access,
        sms::{Countries, Rate, SmsQuotas, TaskKey, read_numbering_plans},
    },
    http::{Entrance, auth::KnownSessions},
    ports::{StoreError, codes::Codes, follows::FollowViews, system::System, tokens::TokenVerifier},
};

pub use indexing::{IndexConfig, IndexParts};
pub use providers::ProviderConfig;

/// What a function reads that begins sessions, or asks who is there.
pub struct GateConfig {
    dynamo: DynamoSettings,
    users_table: String,
    sessions_table: String,
    redis: RedisUrl,
    keys: PrivateKeys,
    access_token_ttl: Duration,
}

impl FromEnvironment for GateConfig {
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

impl GateConfig {
    /// Makes the parts of `host`'s clients, for a function that asks who is there and also uses the tables that `others` names.
    ///
    /// # Errors
    /// A client that cannot be made of what is configured.
    pub fn wire(&self, host: &Host, others: TableNames) -> Result<GateParts, StoreError> {
        let names =
            TableNames { users: Some(self.users_table.clone()), sessions: Some(self.sessions_table.clone()), ..others };
        let dynamo = host.dynamo(&self.dynamo, names);
        let redis = Arc::new(host.redis(&self.redis)?);
        let users = UserTable::new(dynamo.clone(), &self.users_table);
        let sessions = SessionTable::new(dynamo.clone(), &self.sessions_table);
        let signer = Arc::new(JwtSigner::new(&self.keys, self.access_token_ttl));
        let states = Arc::new(StateTables::new(sessions.clone(), users.clone()));
        let entrance = Entrance {
            tokens: Arc::new(RememberedTokens::new(JwtVerifier::new(&self.keys.public()))),
            arrivals: redis.clone(),
            cache: redis.clone(),
            sessions: Some(KnownSessions { states, signer: signer.clone() }),
            system: host.system.clone(),
        };
        let logins = Logins { tokens: signer, cache: redis.clone(), system: host.system.clone() };
        Ok(GateParts { dynamo, users, sessions, logins, redis, entrance, system: host.system.clone() })
    }

    /// The same for a function that logs people in and asks nobody who they are: requests are counted by their tokens, and none of
    /// these is asked for its session.
    ///
    /// # Errors
    /// A client that cannot be made of what is configured.
    pub fn wire_logins(&self, host: &Host, others: TableNames) -> Result<GateParts, StoreError> {
        let parts = self.wire(host, others)?;
        Ok(GateParts { entrance: Entrance { sessions: None, ..parts.entrance }, ..parts })
    }
}

/// What a function needs that begins sessions, or asks who is there.
pub struct GateParts {
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
        Arc::new(CachedCounters::new(self.redis.clone(), self.redis.clone(), self.system.clone()))
    }

    /// What was done about articles, by the table and the cache together.
    pub fn reaction_table(&self, interactions: &InteractionTable) -> ReactionTable {
        ReactionTable::new(interactions.clone(), self.redis.clone(), self.system.clone())
    }

    /// What was done about articles, by way of the cache.
    pub fn reactions(&self, interactions: &InteractionTable) -> Arc<CachedReactions> {
        let table = Arc::new(self.reaction_table(interactions));
        Arc::new(CachedReactions { counters: self.counters(), counter_views: table.clone(), views: table })
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

/// What a function reads that sends codes to phones, besides its table's client and its cache.
pub struct CodeSendConfig {
    tries: CodeTryConfig,
    seal: Arc<TaskKey>,
    countries: Countries,
    quotas: SmsQuotas,
    rate: Rate,
}

impl FromEnvironment for CodeSendConfig {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let tries = CodeTryConfig::take(reader);
        let seal = reader.take(&settings::SMS_TASK_KEY);
        let countries = reader.take_optional(&settings::SMS_COUNTRIES);
        let quotas = reader.take(&settings::SMS_QUOTAS);
        let rate = reader.take(&settings::SMS_RATE);
        Some(Self {
            tries: tries?,
            seal: Arc::new(seal?),
            countries: countries?.unwrap_or_default(),
            quotas: quotas?,
            rate: rate?,
        })
    }
}

impl CodeSendConfig {
    /// The name of the table, for the function's client to know.
    pub fn table(&self) -> &str {
        &self.tries.table
    }

    /// Codes to send, and to try, over the function's clients.
    pub fn wire(&self, dynamo: Dynamo, redis: &Redis, system: Arc<dyn System>) -> Arc<dyn Codes> {
        Arc::new(PhoneCodes {
            store: Arc::new(RedisCodes::new(redis.clone(), self.rate)),
            seal: Some(self.seal.clone()),
            countries: self.countries.clone(),
            quotas: self.quotas,
            ..self.tries.codes(dynamo, redis, system)
        })
    }
}

/// What a function reads that takes codes back but sends none.
pub struct CodeTryConfig {
    table: String,
    secret: HmacKey,
}

impl FromEnvironment for CodeTryConfig {
    fn take(reader: &mut Reader<'_>) -> Option<Self> {
        let table = reader.take(&settings::TASKS_TABLE);
        let secret = reader.take(&settings::HMAC_KEY);
        Some(Self { table: table?, secret: secret? })
    }
}

impl CodeTryConfig {
    /// The name of the table, for the function's client to know.
    pub fn table(&self) -> &str {
        &self.table
    }

    /// Codes to try over the function's clients. They go to no country: nothing can be sent.
    pub fn wire(&self, dynamo: Dynamo, redis: &Redis, system: Arc<dyn System>) -> Arc<dyn Codes> {
        Arc::new(self.codes(dynamo, redis, system))
    }

    fn codes(&self, dynamo: Dynamo, redis: &Redis, system: Arc<dyn System>) -> PhoneCodes {
        // Before the first request, while a function has a whole core.
        read_numbering_plans();
        // Trying takes no place in the window: how large it is does not matter.
        let rate = Rate { messages: 1, window: Duration::from_secs(1) };
        PhoneCodes {
            store: Arc::new(RedisCodes::new(redis.clone(), rate)),
            tasks: Arc::new(TaskTable::new(dynamo, &self.table)),
            secret: self.secret.clone(),
            seal: None,
            countries: Countries::None,
            quotas: SmsQuotas::default(),
            system,
        }
    }
}

/// No token is anybody's: for a function whose callers are all strangers.
#[derive(Debug, Clone, Copy)]
struct NoTokens;

impl TokenVerifier for NoTokens {
    fn verify(&self, _: &str, _: Timestamp) -> Option<Access> {
        None
    }
}

/// Lets requests of strangers in and counts them by their addresses.
pub fn strangers_entrance(redis: Arc<Redis>, host: &Host) -> Entrance {
    let (arrivals, cache, system) = (redis.clone(), redis, host.system.clone());
    Entrance { tokens: Arc::new(NoTokens), arrivals, cache, sessions: None, system }
}
