//! The keys of a double, and how it signs with them.

use base64::{Engine as _, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::{
    hmac,
    rand::{SecureRandom as _, SystemRandom},
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
        RsaPublicKeyComponents,
    },
};
use serde_json::{Value, json};

use super::CLIENT_SECRET;

/// A key for tests and nothing else: to make one takes a second.
const RSA: &str = include_str!("rsa_test_key.pem");

/// How a proof is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signing {
    /// By the provider's EC key.
    Es256,
    /// By its RSA key.
    Rs256,
    /// By another EC key, under the name of the provider's.
    AnotherKey,
    /// By another EC key, under a name of its own.
    UnknownKey,
    /// By the provider's key; then the claims are changed.
    Tampered,
    /// With the secret that the platform has too.
    ClientSecret,
    /// With the provider's public key as if it were a secret.
    PublicKeyAsSecret,
    /// Not at all: `alg` is `none`.
    None,
}

/// The keys.
pub(super) struct Keys {
    ec: EcdsaKeyPair,
    another: EcdsaKeyPair,
    rsa: RsaKeyPair,
    kid: String,
}

fn ec(random: &SystemRandom) -> EcdsaKeyPair {
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, random).expect("randomness");
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), random).expect("a key just made")
}

impl Keys {
    pub(super) fn generate() -> Self {
        let random = SystemRandom::new();
        let pem: String = RSA.lines().filter(|line| !line.starts_with('-')).collect();
        let pkcs8 = BASE64_STANDARD.decode(pem).expect("the key is PEM");
        let mut kid = [0; 8];
        random.fill(&mut kid).expect("randomness");
        Self {
            ec: ec(&random),
            another: ec(&random),
            rsa: RsaKeyPair::from_pkcs8(&pkcs8).expect("the key is RSA"),
            kid: BASE64_URL_SAFE_NO_PAD.encode(kid),
        }
    }

    /// The key set as the provider shows it.
    pub(super) fn public(&self) -> Value {
        let (x, y) = self.ec.public_key().as_ref()[1..].split_at(32);
        let rsa = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
        let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        json!({"keys": [
            {"kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": self.kid, "x": text(x), "y": text(y)},
            {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": format!("rsa-{}", self.kid),
             "n": text(&rsa.n), "e": text(&rsa.e)},
        ]})
    }

    /// `claims` as a token.
    pub(super) fn sign(&self, claims: &Value, signing: Signing) -> String {
        let (alg, kid) = match signing {
            Signing::Es256 | Signing::AnotherKey | Signing::Tampered => ("ES256", self.kid.clone()),
            Signing::UnknownKey => ("ES256", "unknown".to_owned()),
            Signing::Rs256 => ("RS256", format!("rsa-{}", self.kid)),
            Signing::ClientSecret | Signing::PublicKeyAsSecret => ("HS256", self.kid.clone()),
            Signing::None => ("none", self.kid.clone()),
        };
        let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&json!({"alg": alg, "kid": kid, "typ": "JWT"})), part(claims));
        let message = signed.as_bytes();
        let random = SystemRandom::new();
        let secret = |secret: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message).as_ref().to_vec();
        let by = |key: &EcdsaKeyPair| key.sign(&random, message).expect("randomness").as_ref().to_vec();
        let signature = match signing {
            Signing::Es256 | Signing::Tampered => by(&self.ec),
            Signing::AnotherKey | Signing::UnknownKey => by(&self.another),
            Signing::Rs256 => {
                let mut signature = vec![0; self.rsa.public().modulus_len()];
                self.rsa.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).expect("a fitting key");
                signature
            }
            Signing::ClientSecret => secret(CLIENT_SECRET.as_bytes()),
            Signing::PublicKeyAsSecret => secret(self.ec.public_key().as_ref()),
            Signing::None => Vec::new(),
        };
        let signed = match signing {
            Signing::Tampered => {
                let mut claims = claims.clone();
                claims["sub"] = "somebody else".into();
                let header = signed.split('.').next().unwrap_or_default();
                format!("{header}.{}", part(&claims))
            }
            _ => signed,
        };
        format!("{signed}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    }
}
