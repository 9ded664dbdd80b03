//! What may become of a question to an identity provider.

use std::error::Error;

use super::StoreError;

/// Why a provider did not say who somebody is.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The user said no, or brought a code that the provider does not know, or no more.
    #[error("the provider does not confirm who it is")]
    Denied,
    /// The provider's proof is not of this login, or not good: a signature, an audience, a nonce, a time.
    #[error("the proof is not good")]
    Unproven(#[source] Box<dyn Error + Send + Sync>),
    /// The provider's answer makes no sense.
    #[error("the provider gave an answer that makes no sense")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
    /// The provider did not answer in time, or says itself that it is busy. Worth another try.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

impl ProviderError {
    /// The provider is busy or away.
    pub fn away(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Unavailable(StoreError::Unavailable { service: "an identity provider", source: source.into() })
    }
}
