//! Password hashes: argon2id for what is made, bcrypt too for what is checked.

use std::sync::{Arc, Mutex, PoisonError};

use argon2::{Algorithm, Argon2, Block, Params, Version, password_hash::phc};
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
    idle: Arc<Mutex<Vec<Memory>>>,
}

/// What a hash fills while it is made. It is kept for the next one: given back, the C library would not find a place for it
/// again and take more and more.
type Memory = Vec<Block>;

impl Argon2id {
    /// Runs at most `lanes` hashes at a time; more wait their turn.
    pub fn new(system: Arc<dyn System>, lanes: usize) -> Self {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("the constants are in argon2's range");
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        Self { argon2, system, lanes: Arc::new(Semaphore::new(lanes.max(1))), idle: Arc::default() }
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Argon2<'static>, &mut Memory) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let fault = |source: Box<dyn std::error::Error + Send + Sync>| StoreError::Fault { service: "hashing", source };
        let _lane = self.lanes.clone().acquire_owned().await.map_err(|closed| fault(closed.into()))?;
        let argon2 = self.argon2.clone();
        let idle = self.idle.clone();
        let hashing = move || {
            let lock = || idle.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = lock().pop().unwrap_or_default();
            let outcome = work(&argon2, &mut memory);
            lock().push(memory);
            outcome
        };
        task::spawn_blocking(hashing).await.map_err(|panic| fault(panic.into()))?
    }
}

fn make(
    argon2: &Argon2<'_>,
    memory: &mut Memory,
    password: &Password,
    salt: &[u8],
) -> Result<PasswordHash, StoreError> {
    let fault = |error: String| StoreError::Fault { service: "hashing", source: error.into() };
    let hash = output(argon2, memory, password, salt).map_err(|error| fault(error.to_string()))?;
    let hash = phc::PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: argon2.params().try_into().map_err(|error: argon2::password_hash::Error| fault(error.to_string()))?,
        salt: Some(phc::Salt::new(salt).map_err(|error| fault(error.to_string()))?),
        hash: Some(hash),
    };
    Ok(PasswordHash(hash.to_string()))
}

fn output(argon2: &Argon2<'_>, memory: &mut Memory, password: &Password, salt: &[u8]) -> argon2::Result<phc::Output> {
    memory.resize(memory.len().max(argon2.params().block_count()), Block::new());
    let mut output = [0; Params::DEFAULT_OUTPUT_LEN];
    argon2.hash_password_into_with_memory(password.expose().as_bytes(), salt, &mut output, memory)?;
    phc::Output::new(&output).map_err(|_| argon2::Error::OutputTooLong)
}

/// Whether `password` has the argon2 hash `hash`, whatever the parameters that it was made with.
fn matches(memory: &mut Memory, password: &Password, hash: &phc::PasswordHash) -> Option<bool> {
    let version = hash.version.map(Version::try_from).transpose().ok()?.unwrap_or_default();
    let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
    let argon2 = Argon2::new(algorithm, version, Params::try_from(hash).ok()?);
    // Outputs compare in constant time.
    Some(output(&argon2, memory, password, hash.salt.as_ref()?).ok()? == *hash.hash.as_ref()?)
}

fn check(memory: &mut Memory, password: &Password, hash: &PasswordHash) -> Verdict {
    if hash.0.starts_with("$2") {
        return match bcrypt::verify(password.expose(), &hash.0) {
            Ok(true) => Verdict::RightButOutdated,
            Ok(false) | Err(_) => Verdict::Wrong,
        };
    }
    let right = phc::PasswordHash::new(&hash.0).is_ok_and(|hash| matches(memory, password, &hash) == Some(true));
    if right { Verdict::Right } else { Verdict::Wrong }
}

#[async_trait]
impl PasswordHasher for Argon2id {
    async fn hash(&self, password: Password) -> Result<PasswordHash, StoreError> {
        let salt: [u8; 16] = self.system.random();
        self.off_thread(move |argon2, memory| make(argon2, memory, &password, &salt)).await
    }

    async fn verify(&self, password: Password, hash: Option<PasswordHash>) -> Result<Verdict, StoreError> {
        self.off_thread(move |argon2, memory| match hash {
            Some(hash) => Ok(check(memory, &password, &hash)),
            None => make(argon2, memory, &password, &[0; 16]).map(|_| Verdict::Wrong),
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
    async fn the_memory_of_a_hash_is_used_again() {
        let hasher = hasher();
        for _ in 0..5 {
            hasher.hash(Password::claim("x".into())).await.unwrap();
        }
        assert_eq!(hasher.idle.lock().unwrap().len(), 1);
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
