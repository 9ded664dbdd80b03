//! What the SDK's errors mean to the platform.

use std::error::Error;

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::{adapters::aws, ports::StoreError};

pub(super) const SERVICE: &str = "DynamoDB";

/// Codes of DynamoDB that ask to come back later.
const OVERLOADED: [&str; 6] = [
    "InternalServerError",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionInProgressException",
];

/// Another request works on the same item at this moment; the next try may succeed.
const CONFLICT: &str = "TransactionConflictException";

/// Sorts an error into "try later" and "must not happen".
pub(super) fn store_error<E>(error: SdkError<E, HttpResponse>) -> StoreError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    if error.as_service_error().and_then(ProvideErrorMetadata::code) == Some(CONFLICT) {
        return StoreError::Contended { service: SERVICE };
    }
    aws::store_error(SERVICE, &OVERLOADED, &error)
}

/// A stored item that is not what we store.
pub(super) fn corrupt(source: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Fault { service: SERVICE, source: source.into() }
}
