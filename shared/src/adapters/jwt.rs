//! Access tokens as JWTs (RFC 9068), signed and checked with keys that each have an id and one algorithm.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use ring::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use serde::{Deserialize, Serialize};

use super::ring_jwt;
use crate::{
    domain::{
        SessionId, Timestamp, UserId,
        session::{Access, Identity},
    },
    ports::{
        StoreError,
        tokens::{TokenSigner, TokenVerifier},
    },
};

/// Who issues the tokens and for whom.
const ISSUER: &str = "bloghub";
/// The type that keeps access tokens from being taken for anything else (RFC 9068, 2.1).
const TYPE: &str = "at+jwt";
/// How far the clocks of two machines may differ.
const LEEWAY_SECS: i64 = 5;

/// One key, in the form that it has in `JWT_KEYS`.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyEntry {
    /// Names the key in the tokens that it signs.
    pub kid: String,
    /// `ES256`, `EdDSA` or `HS256`.
    pub alg: Algorithm,
    /// Base64: PKCS#8 of a private key, the raw point or bytes of a public one, or a secret of at least 32 bytes.
    pub key: String,
}

impl fmt::Debug for KeyEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyEntry").field("kid", &self.kid).field("alg", &self.alg).finish_non_exhaustive()
    }
}

/// Keys that sign: the first signs, all verify, so that a new key can be added before it is used and an old one kept until
/// its last token has expired.
#[derive(Debug, Clone)]
pub struct PrivateKeys(Vec<KeyEntry>);

/// Keys that verify.
#[derive(Debug, Clone)]
pub struct PublicKeys(Vec<KeyEntry>);

impl PrivateKeys {
    /// A fresh ES256 key.
    ///
    /// # Errors
    /// If the operating system gives no randomness.
    pub fn generate(kid: &str) -> Result<Self, ring::error::Unspecified> {
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new())?;
        let key = BASE64_STANDARD.encode(pkcs8.as_ref());
        Ok(Self(vec![KeyEntry { kid: kid.to_owned(), alg: Algorithm::ES256, key }]))
    }

    /// Parses the JSON list of `JWT_KEYS`.
    ///
    /// # Errors
    /// What is wrong with it, without any of it.
    pub fn parse(json: &str) -> Result<Self, String> {
        let entries = parse_entries(json)?;
        for entry in &entries {
            public_key(entry)?;
        }
        Ok(Self(entries))
    }

    /// What verifies the tokens that these keys sign.
    pub fn public(&self) -> PublicKeys {
        let public = |entry: &KeyEntry| {
            let key = public_key(entry).expect("parsing has derived each public key already");
            KeyEntry { key: BASE64_STANDARD.encode(key), ..entry.clone() }
        };
        PublicKeys(self.0.iter().map(public).collect())
    }

    /// The list as `JWT_KEYS` holds it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("a list of strings has a JSON form")
    }
}

impl PublicKeys {
    /// The list in the form of `JWT_KEYS`, for whoever shall verify tokens and sign none.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).expect("a list of strings has a JSON form")
    }
}

fn parse_entries(json: &str) -> Result<Vec<KeyEntry>, String> {
    // The reader's own words could repeat a key.
    let entries: Vec<KeyEntry> = serde_json::from_str(json)
        .map_err(|error| format!("is no such list (line {}, column {})", error.line(), error.column()))?;
    if entries.is_empty() {
        return Err("has no key".to_owned());
    }
    for (n, entry) in entries.iter().enumerate() {
        if entries[..n].iter().any(|earlier| earlier.kid == entry.kid) {
            return Err(format!("has two keys {:?}", entry.kid));
        }
    }
    Ok(entries)
}

fn decode(entry: &KeyEntry) -> Result<Vec<u8>, String> {
    BASE64_STANDARD.decode(&entry.key).map_err(|_| format!("key {:?} is not base64", entry.kid))
}

/// The public half of a private key, or the secret itself.
fn public_key(entry: &KeyEntry) -> Result<Vec<u8>, String> {
    let bytes = decode(entry)?;
    let rejected = || format!("key {:?} is no private {:?} key", entry.kid, entry.alg);
    match entry.alg {
        Algorithm::ES256 => Ok(ring_jwt::ecdsa(&bytes).map_err(|_| rejected())?.public_key().as_ref().to_vec()),
        Algorithm::EdDSA => Ok(Ed25519KeyPair::from_pkcs8_maybe_unchecked(&bytes)
            .map_err(|_| rejected())?
            .public_key()
            .as_ref()
            .to_vec()),
        Algorithm::HS256 if bytes.len() >= 32 => Ok(bytes),
        _ => Err(rejected()),
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    sid: SessionId,
    iat: i64,
    exp: i64,
}

/// Issues tokens.
pub struct JwtSigner {
    header: Header,
    key: EncodingKey,
    lifetime: Duration,
}

impl JwtSigner {
    /// Signs with the first of `keys` tokens that live for `lifetime`.
    pub fn new(keys: &PrivateKeys, lifetime: Duration) -> Self {
        ring_jwt::install();
        let entry = &keys.0[0];
        let bytes = decode(entry).expect("parsing has decoded each key already");
        let key = match entry.alg {
            Algorithm::ES256 => EncodingKey::from_ec_der(&bytes),
            Algorithm::EdDSA => EncodingKey::from_ed_der(&bytes),
            _ => EncodingKey::from_secret(&bytes),
        };
        let mut header = Header::new(entry.alg);
        header.kid = Some(entry.kid.clone());
        header.typ = Some(TYPE.to_owned());
        Self { header, key, lifetime }
    }
}

impl TokenSigner for JwtSigner {
    fn sign(&self, identity: Identity, now: Timestamp) -> Result<String, StoreError> {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: ISSUER.to_owned(),
            sub: identity.user_id,
            sid: identity.session_id,
            iat: now.as_secs(),
            // A token that outlives its session would only be refused later.
            exp: now.plus(self.lifetime).min(identity.ends_at()).as_secs(),
        };
        jsonwebtoken::encode(&self.header, &claims, &self.key)
            .map_err(|source| StoreError::Fault { service: "the signing key", source: source.into() })
    }

    fn lifetime(&self) -> Duration {
        self.lifetime
    }
}

/// Checks tokens.
pub struct JwtVerifier {
    keys: Vec<(String, DecodingKey, Validation)>,
}

impl JwtVerifier {
    /// Accepts tokens that any of `keys` signed, each with its own algorithm only.
    pub fn new(keys: &PublicKeys) -> Self {
        ring_jwt::install();
        let keys = keys.0.iter().map(|entry| {
            let bytes = decode(entry).expect("parsing has decoded each key already");
            let key = match entry.alg {
                Algorithm::ES256 => DecodingKey::from_ec_der(&bytes),
                Algorithm::EdDSA => DecodingKey::from_ed_der(&bytes),
                _ => DecodingKey::from_secret(&bytes),
            };
            let mut validation = Validation::new(entry.alg);
            validation.set_issuer(&[ISSUER]);
            validation.set_audience(&[ISSUER]);
            validation.set_required_spec_claims(&["exp", "iss", "aud"]);
            // The time is checked against the clock that we are handed.
            validation.validate_exp = false;
            (entry.kid.clone(), key, validation)
        });
        Self { keys: keys.collect() }
    }
}

impl TokenVerifier for JwtVerifier {
    fn verify(&self, token: &str, now: Timestamp) -> Option<Access> {
        let header = jsonwebtoken::decode_header(token).ok()?;
        if header.typ.as_deref() != Some(TYPE) {
            return None;
        }
        let (_, key, validation) = self.keys.iter().find(|(kid, ..)| header.kid.as_ref() == Some(kid))?;
        let claims = jsonwebtoken::decode::<Claims>(token, key, validation).ok()?.claims;
        let now = now.as_secs();
        let end = claims.exp.checked_add(LEEWAY_SECS)?;
        let at = |secs: i64| secs.checked_mul(1_000).map(Timestamp::from_millis);
        let access = Access {
            identity: Identity { user_id: claims.sub, session_id: claims.sid },
            issued_at: at(claims.iat)?,
            expires_at: at(claims.exp)?,
            good_until: at(end)?,
        };
        (end > now && claims.iat - LEEWAY_SECS <= now).then_some(access)
    }
}

#[cfg(test)]
mod tests;
