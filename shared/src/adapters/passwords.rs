//! Password hashes: argon2id for what is made, bcrypt too for what is checked.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc},
};
use async_trait::async_trait;
use tokio::{sync::Semaphore, task};

use crate::{
    domain::password::{Password, PasswordHash},
    ports::{
        StoreError,
        passwords::{PasswordHasher, Verdict},
        system::System,
    },
};

/// Memory in KiB, passes and lanes: the smallest that OWASP's Password Storage Cheat Sheet recommends for argon2id.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// argon2id on blocking threads, at most `lanes` hashes at a time: each holds 19 MiB while it runs.
pub struct Argon2id {
    argon2: Argon2<'static>,
    system: Arc<dyn System>,
    lanes: Arc<Semaphore>,
}

impl Argon2id {
    /// Runs at most `lanes` hashes at a time; more wait their turn.
    pub fn new(system: Arc<dyn System>, lanes: usize) -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants are in argon2's range");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self { argon2, system, lanes: Arc::new(Semaphore::new(lanes.max(1))) }
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let fault = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Fault { service: "hashing", source };
        let _lane = self.lanes.clone().acquire_owned().await.map_err(|closed| fault(closed.into()))?;
        let argon2 = self.argon2.clone();
        task::spawn_blocking(move || work(&argon2)).await.map_err(|panic| fault(panic.into()))?
    }
}

fn make(argon2: &Argon2<'static>, password: &Password, salt: &[u8]) -> Result<PasswordHash, StoreError> {
    let hash: phc::PasswordHash = argon2
        .hash_password_with_salt(password.expose().as_bytes(), salt)
        .map_err(|error| StoreError::Fault { service: "hashing", source: error.to_string().into() })?;
    Ok(PasswordHash(hash.to_string()))
}

fn check(argon2: &Argon2<'static>, password: &Password, hash: &PasswordHash) -> Verdict {
    if hash.0.starts_with("$2") {
        return match bcrypt::verify(password.expose(), &hash.0) {
            Ok(true) => Verdict::RightButOutdated,
            Ok(false) | Err(_) => Verdict::Wrong,
        };
    }
    let right = phc::PasswordHash::new(&hash.0)
        .is_ok_and(|hash| argon2.verify_password(password.expose().as_bytes(), &hash).is_ok());
    if right { Verdict::Right } else { Verdict::Wrong }
}

#[async_trait]
impl PasswordHasher for Argon2id {
    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError> {
        let salt: [u8; 16] = self.system.random();
        self.off_thread(move |argon2| make(argon2, &password, &salt)).await
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<Verdict, StoreError> {
        self.off_thread(move |argon2| match hash {
            Some(hash) => Ok(check(argon2, &password, &hash)),
            None => make(argon2, &password, &[0; 16]).map(|_| Verdict::Wrong),
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapters::system::OperatingSystem;

    fn hasher() -> Argon2id {
        Argon2id::new(Arc::new(OperatingSystem::default()), 2)
    }

    #[tokio::test]
    async fn hashes_are_argon2id_with_the_promised_cost_and_a_salt_of_their_own() {
        let (one, two) =
            (hasher().hash(Password::claim("x".into())).await, hasher().hash(Password::claim("x".into())).await);
        let (one, two) = (one.unwrap().0, two.unwrap().0);
        assert!(one.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{one}");
        assert_ne!(one, two);
    }

    #[tokio::test]
    async fn every_character_of_a_long_password_counts() {
        let (one, two) = ("密".repeat(63) + "码", "密".repeat(64));
        let hash = hasher().hash(Password::claim(one.clone())).await.unwrap();
        assert_eq!(hasher().verify(Password::claim(one), Some(hash.clone())).await.unwrap(), Verdict::Right);
        assert_eq!(hasher().verify(Password::claim(two), Some(hash)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn an_imported_bcrypt_hash_verifies_as_outdated() {
        let hash = PasswordHash(bcrypt::hash("correct horse", 4).unwrap());
        assert_eq!(
            hasher().verify(Password::claim("correct horse".into()), Some(hash.clone())).await.unwrap(),
            Verdict::RightButOutdated
        );
        assert_eq!(hasher().verify(Password::claim("wrong".into()), Some(hash)).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn a_hash_that_is_none_lets_nobody_in() {
        for hash in [None, Some(PasswordHash(String::new())), Some(PasswordHash("$2b$".into()))] {
            assert_eq!(hasher().verify(Password::claim(String::new()), hash).await.unwrap(), Verdict::Wrong);
        }
    }
}
