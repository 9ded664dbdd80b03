//! Remembers which tokens were verified, so that a signature is checked once in a process and not with each request.

use quick_cache::sync::Cache;
use ring::digest::{SHA256, digest};

use crate::{
    domain::{Timestamp, session::Access},
    ports::tokens::TokenVerifier,
};

/// Tokens that are remembered at the most, about 100 bytes each.
const CAPACITY: usize = 10_000;

/// A verifier that asks another one about each token once. What is no good is not remembered: anyone can make that up.
pub struct RememberedTokens<V> {
    verifier: V,
    /// By the token's SHA-256: a copy of the process's memory holds no tokens.
    verified: Cache<[u8; 32], Access>,
}

impl<V: TokenVerifier> RememberedTokens<V> {
    /// Remembers what `verifier` says.
    pub fn new(verifier: V) -> Self {
        Self { verifier, verified: Cache::new(CAPACITY) }
    }
}

impl<V: TokenVerifier> TokenVerifier for RememberedTokens<V> {
    fn verify(&self, token: &str, now: Timestamp) -> Option<Access> {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
        if let Some(access) = self.verified.get(&hash) {
            return (now < access.good_until).then_some(access);
        }
        let access = self.verifier.verify(token, now)?;
        self.verified.insert(hash, access);
        Some(access)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::domain::{SessionId, UserId, session::Identity};

    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl TokenVerifier for Counting {
        fn verify(&self, token: &str, _: Timestamp) -> Option<Access> {
            self.0.fetch_add(1, Ordering::Relaxed);
            let at = Timestamp::from_millis(0);
            let identity = Identity { user_id: UserId::new(at, [1; 10]), session_id: SessionId::new(at, [2; 10]) };
            let until = Timestamp::from_millis(1_000);
            let access = Access { identity, issued_at: at, expires_at: until, good_until: until };
            (token == "good").then_some(access)
        }
    }

    #[test]
    fn a_good_token_is_verified_once_and_only_until_it_expires() {
        let tokens = RememberedTokens::new(Counting::default());
        for millis in [0, 500, 999] {
            assert!(tokens.verify("good", Timestamp::from_millis(millis)).is_some());
        }
        assert_eq!(tokens.verifier.0.load(Ordering::Relaxed), 1);
        assert!(tokens.verify("good", Timestamp::from_millis(1_000)).is_none());
    }

    #[test]
    fn a_bad_token_is_not_remembered() {
        let tokens = RememberedTokens::new(Counting::default());
        for _ in 0..3 {
            assert!(tokens.verify("bad", Timestamp::from_millis(0)).is_none());
        }
        assert_eq!(tokens.verifier.0.load(Ordering::Relaxed), 3);
        assert_eq!(tokens.verified.iter().count(), 0);
    }
}
