//! Builds the SDK's client by hand: no profile files, no metadata service, one TLS stack, a handful of roots.

use std::{fmt, time::Duration};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, Config, Region, SharedHttpClient, retry::RetryConfig, timeout::TimeoutConfig,
};

use super::Recorder;
use crate::adapters::{http1::Http1, tls::AMAZON_ROOTS};

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

/// Where DynamoDB is and who calls it.
#[derive(Debug, Clone)]
pub struct DynamoSettings {
    /// The region.
    pub region: AwsRegion,
    /// Who calls.
    pub credentials: AwsCredentials,
    /// Another address than AWS's own.
    pub endpoint: Option<String>,
}

/// Time-outs, all shorter than a function's own of 10 seconds, so that a stuck backend ends in an answer.
const CONNECT: Duration = Duration::from_millis(800);
const ATTEMPT: Duration = Duration::from_millis(1_500);
const OPERATION: Duration = Duration::from_secs(4);
const ATTEMPTS: u32 = 3;

/// The HTTP client beneath all clients of DynamoDB; its clones share their connections.
pub fn http_client() -> SharedHttpClient {
    SharedHttpClient::new(Http1::trusting(AMAZON_ROOTS))
}

/// The configuration of one client.
pub(super) fn sdk_config(settings: &DynamoSettings, http: SharedHttpClient, recorder: Recorder) -> Config {
    let AwsCredentials { access_key_id, secret_access_key, session_token } = settings.credentials.clone();
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build();
    let mut config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(settings.region.0.clone()))
        .credentials_provider(Credentials::new(access_key_id, secret_access_key, session_token, None, "environment"))
        .http_client(http)
        .timeout_config(timeouts)
        .retry_config(
            RetryConfig::standard().with_max_attempts(ATTEMPTS).with_initial_backoff(Duration::from_millis(50)),
        )
        .interceptor(recorder);
    config.set_endpoint_url(settings.endpoint.clone());
    config.build()
}
