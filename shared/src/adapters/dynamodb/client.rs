//! The SDK's client for DynamoDB.

use aws_sdk_dynamodb::{
    Client,
    config::{Builder, SharedHttpClient},
};

use super::{Recorder, error::SERVICE};
use crate::adapters::{
    aws::{AwsSettings, sdk_config},
    breaker::BreakerInterceptor,
};

/// Where DynamoDB is and who calls it.
#[derive(Debug, Clone)]
pub struct DynamoSettings(pub AwsSettings);

/// A client over `http` whose every call `recorder` watches.
pub(super) fn client(settings: &DynamoSettings, http: SharedHttpClient, recorder: Recorder) -> Client {
    let breaker = BreakerInterceptor::new(SERVICE);
    Client::from_conf(Builder::from(&sdk_config(&settings.0, http)).interceptor(breaker).interceptor(recorder).build())
}
