//! What the SDK's clients have in common. They are built by hand: no profile files, no metadata service, one TLS stack, a
//! handful of roots.

use std::{error::Error, fmt, time::Duration};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    behavior_version::BehaviorVersion, http::SharedHttpClient, orchestrator::HttpResponse, result::SdkError,
};
use aws_smithy_types::{
    error::{display::DisplayErrorContext, metadata::ProvideErrorMetadata},
    retry::RetryConfig,
    timeout::TimeoutConfig,
};
use aws_types::{SdkConfig, region::Region};

use super::{breaker::is_open, http1::Http1, tls::AMAZON_ROOTS};
use crate::ports::StoreError;

/// A region's name, such as `eu-central-1`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsRegion(pub String);

/// Whose name requests are signed in. The secrets never show in `Debug`.
#[derive(Clone)]
pub struct AwsCredentials {
    /// The key's id.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// The session's token, where the key is a role's.
    pub session_token: Option<String>,
}

impl fmt::Debug for AwsCredentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsCredentials(…)")
    }
}

/// Where a service is and who calls it.
#[derive(Debug, Clone)]
pub struct AwsSettings {
    /// The region.
    pub region: AwsRegion,
    /// Who calls.
    pub credentials: AwsCredentials,
    /// Another address than AWS's own.
    pub endpoint: Option<String>,
    /// How long calls may take.
    pub timeouts: Timeouts,
}

/// How long a client waits before it gives up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the answer to an attempt. What a late attempt did is done again by the next.
    pub attempt: Duration,
    /// For all attempts of a call, and the pauses between them.
    pub operation: Duration,
}

/// All shorter than a function's own time-out of 10 seconds, so that a stuck backend ends in an answer.
impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_millis(800),
            attempt: Duration::from_millis(1_500),
            operation: Duration::from_secs(4),
        }
    }
}

const ATTEMPTS: u32 = 3;

/// The HTTP client beneath all clients of AWS; its clones share their connections.
pub fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(Http1::trusting(AMAZON_ROOTS))
}

/// What any service's client is configured by.
pub fn sdk_config(settings: &AwsSettings, http: SharedHttpClient) -> SdkConfig {
    let AwsCredentials { access_key_id, secret_access_key, session_token } = settings.credentials.clone();
    let credentials = Credentials::new(access_key_id, secret_access_key, session_token, None, "environment");
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(settings.timeouts.connect)
        .operation_attempt_timeout(settings.timeouts.attempt)
        .operation_timeout(settings.timeouts.operation)
        .build();
    let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::from_millis(50));
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.0.clone()))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(retries);
    config.set_endpoint_url(settings.endpoint.clone());
    config.build()
}

/// What an error of `service` means to the platform: "try later" if it is the network's, a 5xx, or one of the codes
/// `overloaded`; otherwise "must not happen".
pub(super) fn store_error<E>(
    service: &'static str,
    overloaded: &[&str],
    error: &SdkError<E, HttpResponse>,
) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let unavailable = match error {
        SdkError::ServiceError(answer) => {
            let code = answer.err().code().unwrap_or_default();
            overloaded.contains(&code) || answer.raw().status().is_server_error()
        }
        // A call that is not to be made; the breaker's reason passes.
        SdkError::ConstructionFailure(_) => is_open(error),
        _ => true,
    };
    // The SDK's own `Display` keeps the causes to itself.
    let source = DisplayErrorContext(error).to_string().into();
    if unavailable { StoreError::Unavailable { service, source } } else { StoreError::Fault { service, source } }
}
