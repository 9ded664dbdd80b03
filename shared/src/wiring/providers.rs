//! What functions have in common that log people in by way of a provider. Providers are on the internet, so that these functions
//! are outside of the network, and have no cache.

use std::{sync::Arc, time::Duration};

use crate::{
    accounts::Logins,
    adapters::{
        dynamodb::{
            CallCounts, DynamoSettings, FlowTable, IdentityTable, SessionTable, StateTables, TableNames, UserTable,
        },
        host::Host,
        jwt::{JwtSigner, JwtVerifier, PrivateKeys},
        no_cache::NoSessionCache,
        remembered_tokens::RememberedTokens,
    },
    config::{FromEnvironment, Reader, settings},
    domain::idempotency::HmacKey,
    http::{Entrance, auth::KnownSessions, landing::Site},
    identities::IdentityLogins,
    ports::{flows, identities, permission::Permission, sessions},
};

/// What a function reads that logs people in by way of a provider.
pub struct ProviderConfig {
    dynamo: DynamoSettings,
    users_table: String,
    sessions_table: String,
    coordination_table: String,
    keys: PrivateKeys,
    access_token_ttl: Duration,
    key: HmacKey,
    site: Site,
}

impl ProviderConfig {
    /// What its ports do to which tables; calls are counted in the table of coordination.
    pub const PERMISSIONS: &'static [&'static [Permission]] = &[
        identities::IDENTITIES,
        sessions::SESSION_STARTS,
        sessions::SESSION_STATES,
        flows::SINGLE_USE,
        CallCounts::PERMISSIONS,
    ];

    /// Takes all of it. Where people log in by way of no provider, nobody is sent back, and `PUBLIC_URL` may be absent.
    pub fn take(reader: &mut Reader<'_>, has_provider: bool) -> Option<Self> {
        let dynamo = DynamoSettings::take(reader);
        let users_table = reader.take(&settings::USERS_TABLE);
        let sessions_table = reader.take(&settings::SESSIONS_TABLE);
        let coordination_table = reader.take(&settings::COORDINATION_TABLE);
        let keys = reader.take(&settings::JWT_KEYS);
        let access_token_ttl = reader.take(&settings::ACCESS_TOKEN_TTL);
        let key = reader.take(&settings::HMAC_KEY);
        let public_url = reader.take_optional(&settings::PUBLIC_URL);
        let landing_page = reader.take_optional(&settings::LOGIN_REDIRECT_URL);
        let public_url = match public_url? {
            Some(public_url) => public_url,
            None => {
                if has_provider {
                    reader.refuse(&settings::PUBLIC_URL, "is missing, and there is a provider");
                }
                "http://127.0.0.1".parse().ok()?
            }
        };
        Some(Self {
            dynamo: dynamo?,
            users_table: users_table?,
            sessions_table: sessions_table?,
            coordination_table: coordination_table?,
            keys: keys?,
            access_token_ttl: access_token_ttl?,
            key: key?,
            site: Site { public_url, landing_page: landing_page? },
        })
    }

    /// Makes what logs people in, and what lets requests in, of `host`'s clients.
    pub fn wire(&self, host: &Host) -> (IdentityLogins, Entrance) {
        let names = TableNames {
            users: Some(self.users_table.clone()),
            sessions: Some(self.sessions_table.clone()),
            coordination: Some(self.coordination_table.clone()),
            ..TableNames::default()
        };
        let dynamo = host.dynamo(&self.dynamo, names);
        let sessions = SessionTable::new(dynamo.clone(), &self.sessions_table);
        let users = UserTable::new(dynamo.clone(), &self.users_table);
        let session_states = Arc::new(StateTables::new(sessions.clone(), users.clone()));
        let cache = Arc::new(NoSessionCache);
        let signer = Arc::new(JwtSigner::new(&self.keys, self.access_token_ttl));
        let logins = IdentityLogins {
            identities: Arc::new(IdentityTable::new(users, sessions.clone())),
            sessions: Arc::new(sessions),
            session_states: session_states.clone(),
            single_use: Arc::new(FlowTable::new(dynamo.clone(), &self.coordination_table)),
            logins: Logins { tokens: signer.clone(), cache: cache.clone(), system: host.system.clone() },
            key: self.key.clone(),
            site: self.site.clone(),
        };
        let entrance = Entrance {
            tokens: Arc::new(RememberedTokens::new(JwtVerifier::new(&self.keys.public()))),
            arrivals: Arc::new(CallCounts::new(dynamo, &self.coordination_table)),
            cache,
            sessions: Some(KnownSessions { states: session_states, signer }),
            system: host.system.clone(),
        };
        (logins, entrance)
    }
}
