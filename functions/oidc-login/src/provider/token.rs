//! What an ID token must be to prove who somebody is.

use std::error::Error;

use chrono::{DateTime, Utc};
use openidconnect::{
    ClaimsVerificationError, Nonce, SignatureVerificationError, TokenResponse as _,
    core::{CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreTokenResponse},
};
use shared::{
    config::OidcProvider,
    domain::{
        Timestamp,
        identity::{IdentityId, Proven, Voucher},
        user::{EmailAddress, ImageUrl},
    },
    ports::providers::ProviderError,
};

use super::{Client, Login};

/// Seconds by which a provider's clock and ours may differ.
const LEEWAY: i64 = 60;
/// Seconds that a token may be old when it comes: it was made for this very call.
const MAX_AGE: i64 = 600;
/// Characters of a subject at the most (OpenID Connect Core, 2).
const MAX_SUBJECT: usize = 255;

/// Signatures by keys that only the provider has. None that needs no key, and none by a secret that we know as well.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 5] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// Why a token proves nothing.
pub(super) enum Unproven {
    /// It is signed by a key that the provider had not when its keys were read.
    UnknownKey(Box<dyn Error + Send + Sync>),
    /// Anything else.
    Other(ProviderError),
}

impl Unproven {
    pub(super) fn into_error(self) -> ProviderError {
        match self {
            Self::UnknownKey(cause) => ProviderError::Unproven(cause),
            Self::Other(error) => error,
        }
    }
}

fn time(at: Timestamp) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.as_millis()).unwrap_or_default()
}

/// The claims of the ID token in `response`, if it is signed by the provider, meant for us, of this login, and new.
pub(super) fn claims(
    client: &Client,
    response: &CoreTokenResponse,
    login: &Login,
    now: Timestamp,
) -> Result<CoreIdTokenClaims, Unproven> {
    let token = response.id_token();
    let token = token.ok_or_else(|| Unproven::Other(ProviderError::Failed("there is no ID token".into())))?;
    let now = time(now);
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || now - chrono::TimeDelta::seconds(LEEWAY))
        .set_issue_time_verifier_fn(move |issued| match (now - issued).num_seconds() {
            age if age < -LEEWAY => Err("the token is issued in the future".to_owned()),
            age if age > MAX_AGE => Err("the token was issued too long ago".to_owned()),
            _ => Ok(()),
        });
    let claims = token.claims(&verifier, &Nonce::new(login.nonce.clone())).map_err(|error| match error {
        ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            Unproven::UnknownKey(error.into())
        }
        other => Unproven::Other(ProviderError::Unproven(other.into())),
    })?;
    Ok(claims.clone())
}

/// Who the claims are about. Identities are issuer and subject, and nothing else: an address or a name may become somebody else's.
pub(super) fn proven(
    provider: &OidcProvider,
    claims: &CoreIdTokenClaims,
    login: &Login,
) -> Result<Proven, ProviderError> {
    if claims.authorized_party().is_some_and(|party| party.as_str() != provider.client_id) {
        return Err(ProviderError::Unproven("the token is another client's".into()));
    }
    let subject = claims.subject().as_str();
    if !(1..=MAX_SUBJECT).contains(&subject.len()) {
        return Err(ProviderError::Failed("the subject has no characters or too many".into()));
    }
    let verified = claims.email_verified() == Some(true);
    let email = claims.email().filter(|_| verified).and_then(|email| EmailAddress::parse(email).ok());
    let picture = claims.picture().and_then(|picture| picture.get(None));
    let image = picture.and_then(|picture| ImageUrl::parse(picture).ok());
    let ids = vec![IdentityId::new(&Voucher::Oidc(provider.issuer.clone()), subject)];
    Ok(Proven { ids, through: login.through.clone(), email, image })
}
