//! `jsonwebtoken`'s cryptography on `ring`, which the TLS stack brings along anyway: ES256, EdDSA and HS256, nothing else.

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils},
    errors::{Error, ErrorKind},
};
use ring::{
    hmac,
    rand::SystemRandom,
    signature::{self as algorithms, EcdsaKeyPair, Ed25519KeyPair, UnparsedPublicKey, VerificationAlgorithm},
};
use signature::{Signer, Verifier};

static PROVIDER: CryptoProvider =
    CryptoProvider { signer_factory: signer, verifier_factory: verifier, key_utils: KeyUtils::new_unimplemented() };

/// Makes `jsonwebtoken` sign and verify with `ring`. May be called again.
pub(super) fn install() {
    // An error means that a provider is installed already, and nobody else in this process installs one.
    PROVIDER.install_default().ok();
}

/// An ECDSA P-256 key pair from its PKCS#8 form.
pub(super) fn ecdsa(pkcs8: &[u8]) -> Result<EcdsaKeyPair, ring::error::KeyRejected> {
    EcdsaKeyPair::from_pkcs8(&algorithms::ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new())
}

enum Key {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Hs256(hmac::Key),
}

struct RingSigner(Key);

impl Signer<Vec<u8>> for RingSigner {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        Ok(match &self.0 {
            Key::Es256(key) => {
                key.sign(&SystemRandom::new(), message).map_err(|_| signature::Error::new())?.as_ref().to_vec()
            }
            Key::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Key::Hs256(key) => hmac::sign(key, message).as_ref().to_vec(),
        })
    }
}

impl JwtSigner for RingSigner {
    fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Key::Es256(_) => Algorithm::ES256,
            Key::EdDsa(_) => Algorithm::EdDSA,
            Key::Hs256(_) => Algorithm::HS256,
        }
    }
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let bytes = key.as_bytes();
    let key = match algorithm {
        Algorithm::ES256 => Key::Es256(ecdsa(bytes).map_err(|_| ErrorKind::InvalidEcdsaKey)?),
        Algorithm::EdDSA => {
            Key::EdDsa(Ed25519KeyPair::from_pkcs8_maybe_unchecked(bytes).map_err(|_| ErrorKind::InvalidKeyFormat)?)
        }
        Algorithm::HS256 => Key::Hs256(hmac::Key::new(hmac::HMAC_SHA256, bytes)),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    };
    Ok(Box::new(RingSigner(key)))
}

enum PublicKey {
    Asymmetric(Algorithm, UnparsedPublicKey<Vec<u8>>),
    Hs256(hmac::Key),
}

impl Verifier<Vec<u8>> for PublicKey {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        match self {
            Self::Asymmetric(_, key) => key.verify(message, signature),
            Self::Hs256(key) => hmac::verify(key, message, signature),
        }
        .map_err(|_| signature::Error::new())
    }
}

impl JwtVerifier for PublicKey {
    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Asymmetric(algorithm, _) => *algorithm,
            Self::Hs256(_) => Algorithm::HS256,
        }
    }
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let bytes = key.try_get_as_bytes()?;
    let asymmetric = |by: &'static dyn VerificationAlgorithm| {
        PublicKey::Asymmetric(*algorithm, UnparsedPublicKey::new(by, bytes.to_vec()))
    };
    Ok(Box::new(match algorithm {
        Algorithm::ES256 => asymmetric(&algorithms::ECDSA_P256_SHA256_FIXED),
        Algorithm::EdDSA => asymmetric(&algorithms::ED25519),
        Algorithm::HS256 => PublicKey::Hs256(hmac::Key::new(hmac::HMAC_SHA256, bytes)),
        _ => return Err(ErrorKind::InvalidAlgorithm.into()),
    }))
}
