//! How a provider describes itself, and its keys: read once in an hour, kept for a day if the provider is away.

use std::{pin::Pin, sync::Arc, time::Duration};

use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient, DiscoveryError, HttpRequest, HttpResponse, IssuerUrl,
    ProviderMetadata,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use shared::{
    config::is_private,
    domain::Timestamp,
    ports::{StoreError, providers::ProviderError, system::System, web::Web},
};
use tokio::sync::Mutex;

/// Until when a description is used without looking for a newer one.
const FRESH: Duration = Duration::from_secs(3_600);
/// Until when it is used if there is none to be had.
const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// How often at the most somebody's unknown key has the keys read again, and a provider that is away is asked again while what it
/// said before will do.
const PAUSE: Duration = Duration::from_secs(60);

/// What a provider says beyond what `openidconnect` knows.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Further {
    /// Whether `iss` comes back with the browser (RFC 9207, 3).
    pub(super) authorization_response_iss_parameter_supported: Option<bool>,
}

impl AdditionalProviderMetadata for Further {}

pub(super) type Metadata = ProviderMetadata<
    Further,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// What a provider said of itself.
pub(super) struct Document {
    /// Its description and its keys.
    pub(super) metadata: Metadata,
    read_at: Timestamp,
}

/// A client that speaks over TLS, or to this machine, and to nobody else, whatever a description says.
#[derive(Clone)]
pub(super) struct PrivateWeb(pub(super) Arc<dyn Web>);

impl PrivateWeb {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, StoreError> {
        const SERVICE: &str = "an identity provider";
        if !is_private(&request.uri().to_string()) {
            return Err(StoreError::Fault { service: SERVICE, source: "an endpoint is no https:// address".into() });
        }
        let answer = self.0.send(request).await?;
        let status = answer.status();
        if status.is_server_error() || status.as_u16() == 429 {
            let source = format!("it answers {status}").into();
            return Err(StoreError::Unavailable { service: SERVICE, source });
        }
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for PrivateWeb {
    type Error = StoreError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, StoreError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

#[derive(Default)]
struct Known {
    document: Option<Arc<Document>>,
    /// When the provider was last asked, in vain or not.
    asked_at: Option<Timestamp>,
}

/// Reads and remembers one provider's description.
pub(super) struct Discovery {
    issuer: String,
    web: PrivateWeb,
    system: Arc<dyn System>,
    /// Held while somebody reads: the others wait for what they find.
    known: Mutex<Known>,
}

impl Discovery {
    pub(super) fn new(issuer: String, web: PrivateWeb, system: Arc<dyn System>) -> Self {
        Self { issuer, web, system, known: Mutex::default() }
    }

    /// What the provider says of itself.
    ///
    /// # Errors
    /// If it says nothing, or nothing of sense, and said nothing within the last day.
    pub(super) async fn document(&self) -> Result<Arc<Document>, ProviderError> {
        let mut known = self.known.lock().await;
        let now = self.system.now();
        if let Some(document) = &known.document {
            let asked = known.asked_at.is_some_and(|asked| now < asked.plus(PAUSE));
            let usable = now < document.read_at.plus(KEPT);
            if now < document.read_at.plus(FRESH) || (usable && asked) {
                return Ok(document.clone());
            }
        }
        match (self.read(&mut known).await, &known.document) {
            (Err(error), Some(document)) if now < document.read_at.plus(KEPT) => {
                tracing::warn!(issuer = self.issuer, error = error.to_string(), "an older description is used");
                Ok(document.clone())
            }
            (read, _) => read,
        }
    }

    /// A newer description than `seen`; `None` if the last one was read a moment ago.
    ///
    /// # Errors
    /// If there is none to be had.
    pub(super) async fn renewed(&self, seen: &Document) -> Result<Option<Arc<Document>>, ProviderError> {
        let mut known = self.known.lock().await;
        let now = self.system.now();
        if let Some(document) = known.document.as_ref().filter(|document| document.read_at > seen.read_at) {
            return Ok(Some(document.clone()));
        }
        if known.asked_at.is_some_and(|asked| now < asked.plus(PAUSE)) {
            return Ok(None);
        }
        self.read(&mut known).await.map(Some)
    }

    async fn read(&self, known: &mut Known) -> Result<Arc<Document>, ProviderError> {
        let now = self.system.now();
        known.asked_at = Some(now);
        let issuer = IssuerUrl::new(self.issuer.clone()).map_err(|error| ProviderError::Failed(error.into()))?;
        let metadata = Metadata::discover_async(issuer, &self.web).await.map_err(|error| match error {
            DiscoveryError::Request(error) => ProviderError::from(error),
            // What it was is in the error too, and may be a page of HTML.
            DiscoveryError::Response(status, ..) => {
                ProviderError::Failed(format!("the description is no document: {status}").into())
            }
            other => ProviderError::Failed(other.into()),
        })?;
        let document = Arc::new(Document { metadata, read_at: now });
        known.document = Some(document.clone());
        Ok(document)
    }
}

#[cfg(test)]
mod tests;
